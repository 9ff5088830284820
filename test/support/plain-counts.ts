// What the queries of analytics/sql count, as plain loops over records: the oracle of their property tests.
import type { EventRecord } from '../../analytics/records.ts'

type OfKind<Kind> = Extract<EventRecord, { kind: Kind }>
type Exposure = OfKind<'exposure'>
type Tracking = OfKind<'tracking'>
export type Counts = 'all' | 'verified' | 'server'

export const sameWithinMs = 3
export const copyHorizonMs = 2
export const clockSkewMaxMs = 2
export const requestDelayMaxMs = 1
/** An event counts no later than it was received. */
export const counted = (record: EventRecord): EventRecord => ({
  ...record,
  at: Math.min(record.at, record.receivedAt),
})
const clockOf = ({ protocol, sdk, at: when, receivedAt }: EventRecord) =>
  protocol === 'flagship-io'
    ? 'queue time'
    : protocol === 'ofrep' && when === receivedAt
      ? ''
      : `${protocol} ${sdk}`

/** How much the goal may seem to precede the exposure. */
export function tolerance(goal: EventRecord, exposure: EventRecord): number {
  const clocks = [clockOf(goal), clockOf(exposure)]
  if (clocks[0] === clocks[1] && clocks[0] !== 'queue time') return 0
  if (clocks.some((clock) => clock !== '' && clock !== 'queue time')) return clockSkewMaxMs
  return goal.receivedAt === exposure.receivedAt ? 0 : requestDelayMaxMs
}
const compare = <T>(a: T, b: T) => (a < b ? -1 : a > b ? 1 : 0)

export const isVerified = (record: EventRecord) =>
  record.v === 2 && (record.keyKind === 'server' || (record.kind === 'exposure' && record.verified))
const isUnverified = (record: EventRecord) => record.v === 2 && !isVerified(record)
export const sourceOf = (record: EventRecord) =>
  record.v === 1 || record.keyKind === 'server' ? '' : record.source
export const mayCount = (record: EventRecord, counts: Counts) =>
  counts === 'all' ||
  (record.v === 2 && record.keyKind === 'server') ||
  (counts === 'verified' && (record.kind === 'tracking' || isVerified(record)))
export const inOrder = (a: EventRecord, b: EventRecord) =>
  a.at - b.at || a.receivedAt - b.receivedAt || compare(a.id, b.id)

/** Half-open, in the time at which events count. */
export interface PlainWindow {
  readonly from: number
  readonly to: number
}

/**
 * Who counts as one: an anonymous id counts as the known one of its first link in the window that closes no
 * circle.
 */
export function personsOf(
  all: readonly EventRecord[],
  { from, to }: PlainWindow,
): (record: EventRecord) => string {
  const knownBy = new Map<string, string>()
  const personOf = (key: string): string => {
    const known = knownBy.get(key)
    return known === undefined ? key : personOf(known)
  }
  const aliases = all
    .map(counted)
    .filter((record): record is OfKind<'alias'> => record.kind === 'alias')
    .filter(({ at }) => from <= at && at < to)
    .filter(({ targetingKey, previousKey }) => targetingKey && previousKey && targetingKey !== previousKey)
  const inTime = aliases.toSorted(
    (a, b) => a.at - b.at || compare(a.previousKey, b.previousKey) || inOrder(a, b),
  )
  for (const { previousKey, targetingKey } of inTime)
    if (!knownBy.has(previousKey) && personOf(targetingKey) !== previousKey)
      knownBy.set(previousKey, targetingKey)
  return ({ targetingKey }) => personOf(targetingKey)
}

/**
 * Of records whose times are counted ones, without the copies of goals: what has the name and id, or the name
 * and content at about the same time, of what came before with as good a key. A question sees copies of its
 * window, and of some time before it.
 */
export function withoutCopies(
  all: readonly EventRecord[],
  { from, to }: PlainWindow,
  personOf: (record: EventRecord) => string,
): EventRecord[] {
  const goals = all.filter(
    (record): record is Tracking =>
      record.kind === 'tracking' && record.at >= from - copyHorizonMs && record.at < to,
  )
  const textOf = (...parts: unknown[]) => JSON.stringify(parts)
  const ofIds = Map.groupBy(goals, (each) => textOf(each.targetingKey, each.event, each.id))
  const ofContents = Map.groupBy(
    goals.filter(({ content }) => content),
    (each) => textOf(personOf(each), each.event, each.content),
  )
  const runs = [...ofContents.values()].flatMap((equal) => {
    const inTime = equal.toSorted((a, b) => a.at - b.at)
    const starts = inTime.flatMap((each, i) => (i && each.at - inTime[i - 1]!.at <= sameWithinMs ? [] : [i]))
    return starts.map((start, i) => inTime.slice(start, starts[i + 1]))
  })
  const isClients = (record: EventRecord) => Number(!(record.v === 2 && record.keyKind === 'server'))
  const byReceipt = (a: Tracking, b: Tracking) =>
    isClients(a) - isClients(b) || a.receivedAt - b.receivedAt || a.at - b.at || compare(a.id, b.id)
  const copies = new Set<EventRecord>(
    [...ofIds.values(), ...runs].flatMap((same) => same.toSorted(byReceipt).slice(1)),
  )
  return all.filter((record) => !copies.has(record))
}

/** `nameOf` names who is counted: a user, or a unit. */
function usersOf(
  all: readonly EventRecord[],
  isOfQuestion: (exposure: Exposure) => boolean,
  counts: Counts,
  nameOf: (record: EventRecord) => string,
) {
  const relevant = all.filter(
    (record) =>
      record.targetingKey !== '' &&
      (record.kind === 'exposure'
        ? isOfQuestion(record)
        : record.kind === 'tracking' && record.event === 'bought' && mayCount(record, counts)),
  )
  return [...Map.groupBy(relevant, nameOf)].flatMap(([name, own]) => {
    const seen = own.filter((record) => record.kind === 'exposure').toSorted(inOrder)
    const exposures = seen.filter((record) => mayCount(record, counts))
    const first = exposures[0] ?? seen[0]
    if (!first) return []
    const goals = own.filter(
      (record): record is Tracking =>
        record.kind === 'tracking' && record.at >= first.at - tolerance(record, first),
    )
    return [{ name, first, exposures, goals, isCounted: exposures.length > 0 }]
  })
}

/** What conversions are counted from: all but values. */
export const plainExperiment = (
  raw: readonly EventRecord[],
  counts: Counts,
  unitAttribute: string,
  window: PlainWindow,
) =>
  plainFigures(raw, counts, unitAttribute, window).map(
    ({ valueSum: _, valueSumOfSquares: __, ...row }) => row,
  )

/** Of the question `checkout`, `split`, `bought`. */
export function plainFigures(
  raw: readonly EventRecord[],
  counts: Counts,
  unitAttribute: string,
  window: PlainWindow,
) {
  const { from, to } = window
  const personOf = personsOf(raw, { from: from - copyHorizonMs, to })
  const once = withoutCopies(raw.map(counted), window, personOf)
  const inside = once.filter((record) => record.at >= from && record.at < to)
  const isOfQuestion = ({ flagKey, ruleId }: Exposure) => flagKey === 'checkout' && ruleId === 'split'
  const unitOf = (record: EventRecord) =>
    record.v === 2 && record.kind === 'exposure' && record.unitAttribute === unitAttribute ? record.unit : ''
  const unitOfUser = new Map<string, string>()
  for (const record of inside.toSorted(inOrder))
    if (record.kind === 'exposure' && isOfQuestion(record) && unitOf(record) !== '')
      unitOfUser.set(personOf(record), unitOfUser.get(personOf(record)) ?? unitOf(record))
  const nameOf = (record: EventRecord) =>
    unitAttribute === ''
      ? personOf(record)
      : unitOf(record) || (unitOfUser.get(personOf(record)) ?? `without ${personOf(record)}`)
  const users = usersOf(inside, isOfQuestion, counts, nameOf).map((user) => {
    const hasNoUnit = user.name.startsWith('without ')
    return { ...user, hasNoUnit, isCounted: user.isCounted && !hasNoUnit }
  })
  return ['off', 'on'].flatMap((variationId) => {
    const all = users.filter(({ first }) => first.variationId === variationId)
    if (!all.some((user) => user.isCounted || user.hasNoUnit || isUnverified(user.first))) return []
    const own = all.filter(({ isCounted }) => isCounted)
    const values = own.map(({ goals }) => goals.reduce((sum, { value }) => sum + value, 0))
    const converted = (some: typeof all) => some.filter(({ goals }) => goals.length > 0).length
    const verified = own.filter(({ first }) => isVerified(first))
    const unverified = all.filter(({ first, hasNoUnit }) => isUnverified(first) && !hasNoUnit)
    const bySource = Map.groupBy(
      own.filter(({ first }) => sourceOf(first) !== ''),
      ({ first }) => sourceOf(first),
    )
    return [
      {
        variationId,
        users: own.length,
        conversions: converted(own),
        valueSum: values.reduce((sum, value) => sum + value, 0),
        valueSumOfSquares: values.reduce((sum, value) => sum + value ** 2, 0),
        usersInTwoVariations: own.filter(
          ({ exposures }) => new Set(exposures.map((e) => e.variationId)).size > 1,
        ).length,
        verifiedUsers: verified.length,
        verifiedConversions: converted(verified),
        unverifiedUsers: unverified.length,
        unverifiedConversions: converted(unverified),
        sourceUsers: Math.max(0, ...[...bySource.values()].map(({ length }) => length)),
        usersWithoutUnit: all.filter(({ hasNoUnit }) => hasNoUnit).length,
      },
    ]
  })
}
