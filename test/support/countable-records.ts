// Arbitrary records for the question of plain-counts.ts, and questions that ask for them in every way.
import fc from './build/fast-check.ts'
import type { EventRecord, Exposure, Tracking } from '../../analytics/records.ts'
import type { Question } from '../../batch/counting/question.ts'
import { type Counts, plainExperiment, plainFigures } from './plain-counts.ts'

const common = {
  v: 2,
  keyKind: 'client',
  source: '',
  id: 'e',
  environmentId: 'demo',
  at: 1500,
  receivedAt: 1501,
  protocol: 'ofrep',
  sdk: '',
  targetingKey: 'ann',
  attributes: {},
} as const
export const base: Exposure = {
  ...common,
  kind: 'exposure',
  flagKey: 'checkout',
  flagVersion: 1,
  variationId: 'on',
  ruleId: 'split',
  revision: 1,
  verified: true,
  unitAttribute: '',
  unit: '',
}
export const purchase: Tracking = { ...common, kind: 'tracking', type: 'goal', event: 'bought', value: 0 }

const at = fc.integer({ min: 997, max: 1012 })
const anyone = {
  at,
  receivedAt: at,
  targetingKey: fc.constantFrom('ann', 'ben', 'cat', ''),
  protocol: fc.constantFrom('ofrep' as const, 'bucketeer' as const, 'flagship-io' as const),
  sdk: fc.constantFrom('', 'js'),
  keyKind: fc.constantFrom('client' as const, 'server' as const, '' as const),
  source: fc.constantFrom('', 'here', 'there'),
}
const exposure = fc.record({
  ...anyone,
  flagKey: fc.constantFrom('checkout', 'checkout', 'search'),
  variationId: fc.constantFrom('on', 'off'),
  ruleId: fc.constantFrom('split', 'split', 'staff'),
  verified: fc.boolean(),
  unitAttribute: fc.constantFrom('', 'team', 'team', 'office'),
  unit: fc.constantFrom('', 'red', 'blue', 'ann'),
})
/** Whether version 1 wrote the record, without its new fields. */
const isOld = fc.boolean()
const tracking = fc.record({
  ...anyone,
  event: fc.constantFrom('bought', 'visited'),
  value: fc.integer({ min: -3, max: 9 }),
  content: fc.constantFrom(undefined, '', 'tea', 'milk'),
})
const anyRecords = fc
  .array(
    fc.oneof(
      fc.tuple(exposure, isOld).map(([part, old]) => toVersion({ ...base, ...part }, old)),
      fc.tuple(tracking, isOld).map(([part, old]) => toVersion({ ...purchase, ...part }, old)),
      fc.record({ ...anyone, previousKey: anyone.targetingKey }).map((part): EventRecord => ({
        ...common,
        ...part,
        kind: 'alias',
      })),
    ),
    { maxLength: 40, size: 'max' },
  )
  .chain((all) =>
    fc.array(fc.record({ of: fc.nat(), receivedAt: at, isSentAgain: fc.boolean() }), { maxLength: 9 }).map(
      // As protocols make them: the time stays, or moves with the receipt.
      (copies) => ({ all, copies }),
    ),
  )
  .map(({ all, copies }) => {
    // Ids are unique among the events of one user and kind only.
    const counts = new Map<string, number>()
    const once = all.map((record): EventRecord => {
      const group = `${record.kind} ${record.targetingKey}`
      counts.set(group, (counts.get(group) ?? 0) + 1)
      return { ...record, id: `${counts.get(group)}` }
    })
    const again = copies.flatMap(({ of, receivedAt, isSentAgain }): EventRecord[] => {
      const record = once[of % once.length]
      const moved = record && isSentAgain ? receivedAt - record.receivedAt : 0
      return record ? [{ ...record, receivedAt, at: record.at + moved }] : []
    })
    return [...once, ...again]
  })

/** At the edges of the windows below, in any order of receipt: times run with it, or against it. */
const edge = fc.constantFrom(997, 999, 1001, 1004, 1006, 1009, 1011)
/** What clients and others make of one event of a user: ids and contents are shared or not. One was first. */
const copiesOfOne = fc.uniqueArray(
  fc.record({
    at: edge,
    receivedAt: fc.oneof(edge, fc.constant(1012)),
    id: fc.constantFrom('1', '1', '2'),
    content: fc.constantFrom(undefined, undefined, 'tea', 'milk'),
    event: fc.constantFrom('bought', 'bought', 'bought', 'bought', 'visited'),
    keyKind: fc.constantFrom('client' as const, 'client' as const, 'server' as const),
    protocol: anyone.protocol,
    value: fc.integer({ min: 1, max: 9 }),
  }),
  { minLength: 3, maxLength: 5, selector: ({ receivedAt }) => receivedAt },
)
/** Many users who met the flag in each window, and have nothing but copies. */
const copiedRecords = fc.array(copiesOfOne, { minLength: 25, maxLength: 40 }).map((users) =>
  users.flatMap((copies, i): EventRecord[] => {
    const own = { targetingKey: `copies ${i}`, unitAttribute: 'team', unit: `team ${i % 9}` }
    return [
      ...[998, 1000, 1005].map((time) => ({ ...base, ...own, id: `${time}`, at: time, receivedAt: time })),
      ...copies.map((copy): EventRecord => ({ ...purchase, targetingKey: own.targetingKey, ...copy })),
    ]
  }),
)

export const countableRecords = fc
  .tuple(anyRecords, copiedRecords)
  .map(([some, copied]): readonly EventRecord[] => [...some, ...copied])

/** `checkout`, from 1000 on. */
export const anyQuestion: Question = {
  flagKey: 'checkout',
  rule: '',
  unitAttribute: '',
  counts: 'all',
  start: 1000,
  end: 2000,
  events: [],
}

/** A question, and what plain loops answer. */
export interface PlainQuestion {
  readonly question: Question
  readonly plain: (all: readonly EventRecord[]) => unknown
  /** With sums of values. */
  readonly figures: (all: readonly EventRecord[]) => ReturnType<typeof plainFigures>
}

const modes: readonly Counts[] = ['all', 'verified', 'server']
const asked = { ...anyQuestion, events: ['bought'] }
/** Each has neighbours that began earlier or end later, so a link may be of one and not of the other. */
const windows = [
  { from: 1000, to: 1010 },
  { from: 1005, to: 1012 },
]
export const plainQuestions: readonly PlainQuestion[] = windows.flatMap((window) =>
  modes.flatMap((counts) =>
    ['', 'team'].map((unitAttribute) => ({
      question: {
        ...asked,
        counts,
        unitAttribute,
        rule: 'split',
        start: window.from,
        end: window.to,
      },
      plain: (all: readonly EventRecord[]) => plainExperiment(all, counts, unitAttribute, window),
      figures: (all: readonly EventRecord[]) => plainFigures(all, counts, unitAttribute, window),
    })),
  ),
)

function toVersion(record: Exposure | Tracking, isOld: boolean): EventRecord {
  if (!isOld) return record
  const { keyKind: _, source: __, ...common } = record
  if (common.kind === 'tracking') {
    const { type: ___, ...tracking } = common
    return { ...tracking, v: 1 }
  }
  const { revision: ___, verified: ____, unitAttribute: _____, unit: ______, ...exposure } = common
  return { ...exposure, v: 1 }
}
