import { describe, expect, it } from 'vitest'
import { livePoints, pointsPerInvocationMax, toDataPoint } from './live-points.ts'
import type { EventRecord } from './records.ts'

const common = {
  v: 1,
  id: 'e',
  at: 0,
  receivedAt: 0,
  protocol: 'bucketeer',
  sdk: '',
  targetingKey: 'ann',
  attributes: {},
} as const

const bought = (event: string, value = 1, environmentId = 'demo'): EventRecord => ({
  ...common,
  environmentId,
  kind: 'tracking',
  event,
  value,
})
const saw = (variationId: string): EventRecord => ({
  ...common,
  environmentId: 'demo',
  kind: 'exposure',
  flagKey: 'checkout',
  flagVersion: 1,
  variationId,
  ruleId: 'split',
})

describe('live points', () => {
  it('are one per name and variation, with count and summed value, the most frequent first', () => {
    expect(
      livePoints([saw('on'), bought('tea', 2), bought('tea', 3), bought('tea', 4), saw('on'), saw('off')]),
    ).toMatchObject([
      { kind: 'tracking', name: 'tea', variationId: '', count: 3, value: 9 },
      { kind: 'exposure', name: 'checkout', variationId: 'on', count: 2, value: 0 },
      { kind: 'exposure', name: 'checkout', variationId: 'off', count: 1, value: 0 },
    ])
  })

  it('stay within one invocation, and lose no count', () => {
    const records = Array.from({ length: 1_000 }, (_, i) => bought(`event ${i}`, 1, `environment ${i % 3}`))
    const points = livePoints(records)
    expect(points.length).toBeLessThanOrEqual(pointsPerInvocationMax)
    expect(points.reduce((sum, { count }) => sum + count, 0)).toBe(records.length)
  })

  it('distinguish reports of SDKs by SDK and version, and no other records', () => {
    const reported = (sdk: string): EventRecord => ({
      ...common,
      sdk,
      environmentId: 'demo',
      kind: 'sdk-report',
      event: 'LatencyMetricsEvent/GET_EVALUATIONS',
      value: 0.25,
    })
    const old = 'bucketeer-7/2.6.0'
    const records = [
      reported(old),
      reported(old),
      reported('bucketeer-7/2.6.1'),
      { ...bought('tea'), sdk: old },
    ]
    expect(livePoints(records)).toMatchObject([
      { kind: 'sdk-report', sdk: old, count: 2, value: 0.5 },
      { kind: 'sdk-report', sdk: 'bucketeer-7/2.6.1', count: 1, value: 0.25 },
      { kind: 'tracking', sdk: '', count: 1 },
    ])
  })

  it('put each column in its slot', () => {
    const [point] = livePoints([saw('on')])
    expect(toDataPoint(point!)).toEqual({
      indexes: ['demo'],
      blobs: ['exposure', 'bucketeer', 'checkout', 'on', ''],
      doubles: [1, 0],
    })
  })
})
