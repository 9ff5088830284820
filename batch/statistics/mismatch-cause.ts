// Where a sample ratio mismatch comes from: users are split by what their first exposures say of them (day,
// SDK, revision, declared attributes), and each part is put to the test that all users failed. A part
// explains the mismatch if it fails, and all others together are far likelier by the promised shares than by
// those that were found.
import type { SegmentCounts } from '../../core/model/breakdown.ts'
import { type Cell, mismatchFactor, sampleRatio } from './sample-ratio.ts'

/** Looked at beside the attributes of the design. The SDK's name holds its version. */
export const searchedAttributes = [
  'exposure.day',
  'exposure.sdk',
  'exposure.protocol',
  'exposure.revision',
  'exposure.verified',
] as const
const dayAttribute = 'exposure.day'

/** Users of one value, or from one day on; `value` null: of all values that are not listed. */
export interface Part {
  readonly attribute: string
  readonly value: string | null
  readonly isSince: boolean
  readonly users: number
  /** The natural logarithm of its factor (sample-ratio.ts). */
  readonly logFactor: number
}

export type MismatchCause =
  /** Without any one of them the shares are as promised. The strongest first. */
  | {
      readonly kind: 'explained'
      readonly by: readonly Part[]
      readonly looked: number
      readonly users: number
    }
  /** Some fail themselves, and the others do as well. The strongest first. */
  | { readonly kind: 'worst'; readonly in: readonly Part[]; readonly looked: number; readonly users: number }
  | { readonly kind: 'spread'; readonly looked: number; readonly users: number }

type Users = ReadonlyMap<string, number>

/**
 * Undefined if all users together are as promised, or nothing is known of them. `weights`: the share of each
 * variation; only the proportions count. A part fails at `mismatchFactor` times the number of parts, so at
 * one look some healthy part is blamed with a probability of at most one in a hundred; the same factor says
 * that the rest is healthy.
 */
export function mismatchCause(
  segments: readonly SegmentCounts[],
  weights: ReadonlyMap<string, number>,
): MismatchCause | undefined {
  const byAttribute = Map.groupBy(segments, ({ attribute }) => attribute)
  const parts = [...byAttribute].flatMap(([attribute, cells]) => partsOf(attribute, cells))
  const [first] = byAttribute.values()
  const all = usersOf(first ?? [])
  const total = sumOf(all)
  if (!(factorOf(all, weights) >= red)) return undefined
  const needed = red + Math.log(parts.length)
  const tested = parts.map(({ users, ...named }) => {
    const rest = without(all, users)
    const isRestRed = factorOf(rest, weights) >= red
    return {
      part: { ...named, users: sumOf(users), logFactor: factorOf(users, weights) },
      explains: !isRestRed && logHealthy(rest, all, weights) >= needed,
    }
  })
  const failing = tested
    .filter(({ part }) => part.logFactor >= needed)
    .toSorted((a, b) => b.part.logFactor - a.part.logFactor || a.part.users - b.part.users)
  const explaining = failing.filter(({ explains }) => explains)
  const common = { looked: parts.length, users: total }
  if (explaining.length > 0)
    return { kind: 'explained', by: explaining.slice(0, namedMax).map(({ part }) => part), ...common }
  return failing.length > 0
    ? { kind: 'worst', in: failing.slice(0, namedMax).map(({ part }) => part), ...common }
    : { kind: 'spread', ...common }
}

const red = Math.log(mismatchFactor)
const namedMax = 3

/** An attribute with one value tells nothing apart. */
function partsOf(attribute: string, cells: readonly SegmentCounts[]) {
  const byValue = [...Map.groupBy(cells, ({ value }) => value)].map(([value, own]) => ({
    attribute,
    value,
    isSince: false,
    users: usersOf(own),
  }))
  if (byValue.length < 2) return []
  if (attribute !== dayAttribute || byValue.some(({ value }) => value === null)) return byValue
  const days = byValue.map(({ value }) => value!).toSorted()
  // From the first day on are all users; from the last one on are those of that day.
  const since = days.slice(1, -1).map((day) => ({
    attribute,
    value: day,
    isSince: true,
    users: usersOf(cells.filter(({ value }) => value! >= day)),
  }))
  return [...byValue, ...since]
}

function usersOf(cells: readonly SegmentCounts[]): Users {
  const users = new Map<string, number>()
  for (const cell of cells) users.set(cell.variationId, (users.get(cell.variationId) ?? 0) + cell.users)
  return users
}

const sumOf = (users: Users) => [...users.values()].reduce((sum, count) => sum + count, 0)

const without = (all: Users, part: Users): Users =>
  new Map([...all].map(([variationId, users]) => [variationId, users - (part.get(variationId) ?? 0)]))

function factorOf(users: Users, weights: ReadonlyMap<string, number>): number {
  const cells = [...weights].map(([variationId, expectedWeight]): Cell => ({
    users: users.get(variationId) ?? 0,
    expectedWeight,
  }))
  const ratio = sampleRatio([cells])
  return ratio.kind === 'tested' ? ratio.logFactor : -Infinity
}

/**
 * The natural logarithm of how much likelier the users are by the promised shares than by those of all users.
 */
function logHealthy(rest: Users, all: Users, weights: ReadonlyMap<string, number>): number {
  const [total, promised] = [sumOf(all), sumOf(weights)]
  let logarithm = 0
  for (const [variationId, users] of rest) {
    const share = (weights.get(variationId) ?? 0) / promised
    const seen = (all.get(variationId) ?? 0) / total
    if (users > 0 && share > 0) logarithm += users * Math.log(share / seen)
  }
  return logarithm
}

/** One sentence for a person. */
export function causeSentence(cause: MismatchCause): string {
  const { looked, users } = cause
  const named = (part: Part) => `${nameOf(part)} (${part.users} of ${users} users)`
  switch (cause.kind) {
    case 'explained': {
      const [first, ...others] = cause.by
      const also = others.length > 0 ? ` So it does without ${others.map(nameOf).join(', or ')}.` : ''
      return `All of it comes from ${named(first!)}: without it, the rest has its shares.${also}`
    }
    case 'worst':
      return `It is strongest in ${cause.in.map(named).join(', ')}, but no single one of ${looked} parts explains it.`
    case 'spread':
      return `None of ${looked} parts of the users explains it: it is everywhere alike, or in what exposures do not tell.`
  }
}

const labels: Readonly<Record<string, string>> = {
  'exposure.sdk': 'SDK',
  'exposure.protocol': 'protocol',
  'exposure.revision': 'revision',
}

function nameOf({ attribute, value, isSince }: Part): string {
  if (attribute === dayAttribute && value !== null)
    return isSince ? `the days since ${value}` : `the day ${value}`
  if (attribute === 'exposure.verified' && value !== null)
    return value === 'true' ? 'verified exposures' : 'exposures that are not verified'
  const label = labels[attribute] ?? attribute
  if (value === null) return `all other values of ${label}`
  return value === '' ? `users without ${label}` : `${label} ${value}`
}
