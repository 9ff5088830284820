// What a batch of records adds to the live counts, by environment. Pure.
import type { IntakeCounts } from '../../analytics/intake.ts'
import type { EventEnvelope } from '../../analytics/records.ts'
import type { VariationCount } from '../contracts/live-contract.ts'
import type { RevisionCount } from '../contracts/propagation-contract.ts'
import { UserSketch } from './user-sketch.ts'

/** Attributes, and values of each, that one batch adds for one environment. */
const namesMax = 100
const valuesMax = 20
/** A longer value is no choice that somebody would look for in a list. */
const valueLengthMax = 100

const hourMs = 3_600_000

export interface LiveBatch {
  readonly variations: readonly VariationCount[]
  /** Of tracking events, as if the event were a flag that has one variation without a name. */
  readonly events: readonly VariationCount[]
  readonly counts: IntakeCounts
  readonly attributes: readonly (readonly [name: string, values: readonly string[]])[]
  readonly exposed: readonly RevisionCount[]
}

/** `now` is in epoch milliseconds. */
export function liveBatches(records: readonly EventEnvelope[], now: number): Map<string, LiveBatch> {
  const byEnvironment = Map.groupBy(records, ({ environmentId }) => environmentId)
  return new Map(
    [...byEnvironment].map(([environmentId, own]) => [
      environmentId,
      {
        variations: hoursOf(
          own.filter(({ kind }) => kind === 'exposure'),
          ({ flagKey = '', variationId = '' }) => [flagKey, variationId],
        ),
        // They say nothing of when a flag was last used.
        events: hoursOf(
          own.filter(({ kind }) => kind === 'tracking'),
          ({ event = '' }) => [event, ''],
        ).map((count) => ({ ...count, lastSeenAt: 0 })),
        counts: countsOf(own, now),
        attributes: attributesOf(own),
        exposed: revisionsOf(own),
      },
    ]),
  )
}

function countsOf(records: readonly EventEnvelope[], now: number): IntakeCounts {
  const lagMs = records.reduce((sum, { receivedAt }) => sum + Math.max(0, now - receivedAt), 0)
  return { stored: records.length, 'lag-seconds': lagMs / 1_000 }
}

function hoursOf(
  records: readonly EventEnvelope[],
  namesOf: (record: EventEnvelope) => readonly [flagKey: string, variationId: string],
): VariationCount[] {
  const groups = Map.groupBy(records, (record) =>
    JSON.stringify([namesOf(record), Math.floor(record.receivedAt / hourMs)]),
  )
  return [...groups.values()].map((group) => {
    const [flagKey, variationId] = namesOf(group[0]!)
    const { receivedAt } = group[0]!
    const users = new UserSketch()
    for (const { targetingKey } of group) users.add(targetingKey)
    return {
      flagKey,
      variationId,
      hour: Math.floor(receivedAt / hourMs),
      evaluations: group.length,
      users: users.encode(),
      lastSeenAt: group.reduce((newest, record) => Math.max(newest, record.receivedAt), 0),
    }
  })
}

/** Of exposures that edge found to be decisions of a revision: those of others name none. */
function revisionsOf(records: readonly EventEnvelope[]): RevisionCount[] {
  const groups = Map.groupBy(
    records.filter(({ kind, revision = 0 }) => kind === 'exposure' && revision > 0),
    ({ receivedAt, revision }) => `${Math.floor(receivedAt / 1_000)} ${revision}`,
  )
  return [...groups.values()].map((group) => {
    const { receivedAt, revision = 0 } = group[0]!
    const firstAt = group.reduce((first, record) => Math.min(first, record.receivedAt), receivedAt)
    return { second: Math.floor(receivedAt / 1_000), revision, exposures: group.length, firstAt }
  })
}

function attributesOf(records: readonly EventEnvelope[]): [string, string[]][] {
  const all = new Map<string, Set<string>>()
  for (const { attributes } of records)
    for (const [name, value] of Object.entries(attributes)) {
      let values = all.get(name)
      if (!values) {
        if (all.size === namesMax) continue
        all.set(name, (values = new Set()))
      }
      if (values.size < valuesMax && value.length <= valueLengthMax) values.add(value)
    }
  return [...all].map(([name, values]) => [name, [...values]])
}
