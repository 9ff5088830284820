// The live view in Analytics Engine: sampled, kept for three months. Results are computed from R2, never from
// it. Columns are positions: their meaning never changes.
import type { EventRecord } from './records.ts'

/**
 * Cloudflare's limit of writeDataPoint calls per invocation, which is a batch of ingest. Source:
 * https://developers.cloudflare.com/analytics/analytics-engine/limits/
 */
export const pointsPerInvocationMax = 250

export interface LivePoint {
  /** index1 */ readonly environmentId: string
  /** blob1 */ readonly kind: EventRecord['kind']
  /** blob2 */ readonly protocol: string
  /** blob3: flag key or event name; empty if points were merged */ readonly name: string
  /** blob4 */ readonly variationId: string
  /** blob5: SDK name and version of an sdk-report; else empty */ readonly sdk: string
  /** double1 */ readonly count: number
  /** double2 */ readonly value: number
}

/**
 * One point per environment, kind, protocol, name and variation. Beyond the limit, the smallest are summed
 * per environment.
 */
export function livePoints(records: readonly EventRecord[], max = pointsPerInvocationMax): LivePoint[] {
  const points = sum(records.map(toPoint)).toSorted((a, b) => b.count - a.count)
  if (points.length <= max) return points
  const kept = Math.max(0, max - new Set(points.map(({ environmentId }) => environmentId)).size)
  const rest = points.slice(kept).map((point) => ({
    ...point,
    kind: 'sdk-report' as const,
    protocol: '',
    name: '',
    variationId: '',
    sdk: '',
  }))
  return [...points.slice(0, kept), ...sum(rest)].slice(0, max)
}

function toPoint(record: EventRecord): LivePoint {
  const { environmentId, kind, protocol } = record
  return kind === 'exposure'
    ? {
        environmentId,
        kind,
        protocol,
        name: record.flagKey,
        variationId: record.variationId,
        sdk: '',
        count: 1,
        value: 0,
      }
    : {
        environmentId,
        kind,
        protocol,
        name: 'event' in record ? record.event : '',
        variationId: '',
        sdk: kind === 'sdk-report' ? record.sdk : '',
        count: 1,
        value: 'value' in record ? record.value : 0,
      }
}

function sum(points: readonly LivePoint[]): LivePoint[] {
  const groups = Map.groupBy(points, ({ count: _, value: __, ...identity }) => JSON.stringify(identity))
  return [...groups.values()].map((group) =>
    group.reduce((total, point) => ({
      ...total,
      count: total.count + point.count,
      value: total.value + point.value,
    })),
  )
}

/** The argument of Analytics Engine's writeDataPoint. */
export function toDataPoint({
  environmentId,
  kind,
  protocol,
  name,
  variationId,
  sdk,
  count,
  value,
}: LivePoint) {
  return {
    indexes: [environmentId],
    blobs: [kind, protocol, name, variationId, sdk],
    doubles: [count, value],
  }
}
