// A choice as ordered rules: the first that holds decides. A branch that follows a rule is decided under
// "not that rule" anyway, so `if A then x else y` becomes `if not A then y else x` where that is shorter.
import type { Clause } from '../../../../core/model/clause.ts'
import {
  clausesPerGroupMax,
  groupsPerRuleMax,
  rulesMax,
  valuesPerClauseMax,
} from '../../../../core/model/limits.ts'
import type { Choice, Condition, Outcome } from './condition.ts'
import { type Groups, toGroups } from './to-clauses.ts'

export interface DecidingRule {
  readonly anyOf: Groups
  readonly outcome: Outcome
}

export interface Decision {
  readonly rules: readonly DecidingRule[]
  readonly fallback: Outcome
}

/** Limit of intermediate groups, before redundant ones are removed. */
const groupsMax = 20_000
/** Limit of groups of one condition. */
const ofConditionMax = 1_000

class TooLarge extends Error {}

/**
 * Undefined where it takes more rules, groups or clauses than a flag may have. `settled`: the outcome that
 * comes to the same, so that branches that serve alike become one.
 */
export function toDecision(choice: Choice, settled: (outcome: Outcome) => Outcome): Decision | undefined {
  try {
    return tidied(entriesOf(choice, { groups: 0, settled }))
  } catch (error) {
    if (error instanceof TooLarge) return undefined
    throw error
  }
}

interface Work {
  readonly settled: (outcome: Outcome) => Outcome
  groups: number
}

function count(work: Work, groups: number): void {
  work.groups += groups
  if (work.groups > groupsMax) throw new TooLarge()
}

/** Rules of which the last holds for everybody. */
function entriesOf(choice: Choice, work: Work): DecidingRule[] {
  if (choice.kind === 'serve') {
    count(work, 1)
    return [{ anyOf: [[]], outcome: work.settled(choice.outcome) }]
  }
  const { by, yes, no } = choice
  const when = groupsOf(by, true, work)
  const unless = groupsOf(by, false, work)
  const isUnlessShorter =
    when === undefined || (unless !== undefined && isTooMany(when) && !isTooMany(unless))
  if (isUnlessShorter && unless) return [...under(unless, entriesOf(no, work), work), ...entriesOf(yes, work)]
  if (when) return [...under(when, entriesOf(yes, work), work), ...entriesOf(no, work)]
  return entriesOf(split(by, yes, no), work)
}

const isTooMany = (groups: Groups) => groups.length > groupsPerRuleMax

/** Splits off the first part of a condition. Never called with a leaf. */
function split(by: Condition, yes: Choice, no: Choice): Choice {
  if (by.kind === 'not') return { kind: 'choose', by: by.of, yes: no, no: yes }
  if (by.kind === 'leaf') throw new TooLarge()
  const [first, ...others] = by.of
  if (!first) throw new TooLarge()
  if (others.length === 0) return { kind: 'choose', by: first, yes, no }
  const rest: Choice = { kind: 'choose', by: { kind: by.kind, of: others }, yes, no }
  return by.kind === 'all'
    ? { kind: 'choose', by: first, yes: rest, no }
    : { kind: 'choose', by: first, yes, no: rest }
}

function under(groups: Groups, entries: readonly DecidingRule[], work: Work): DecidingRule[] {
  return entries.flatMap(({ anyOf, outcome }) => {
    count(work, groups.length * anyOf.length)
    const both = product(groups, anyOf)
    return both.length === 0 ? [] : [{ anyOf: both, outcome }]
  })
}

/** Undefined where it takes too many. */
function groupsOf(condition: Condition, expected: boolean, work: Work): Groups | undefined {
  count(work, 1)
  if (condition.kind === 'leaf') return toGroups(condition, expected)
  if (condition.kind === 'not') return groupsOf(condition.of, !expected, work)
  const parts: Groups[] = []
  for (const each of condition.of) {
    const part = groupsOf(each, expected, work)
    if (!part) return undefined
    parts.push(part)
  }
  if ((condition.kind === 'any') === expected) return shorter(parts.flat())
  let all: Groups = [[]]
  for (const part of parts) {
    if (all.length * part.length > ofConditionMax) return undefined
    all = product(all, part)
  }
  return all
}

const product = (a: Groups, b: Groups): Groups =>
  shorter(a.flatMap((left) => b.map((right) => distinct([...left, ...right]))))

const nameOf = ({ attribute, operator, values, compareAs, negated }: Clause) =>
  JSON.stringify([attribute, operator, values, compareAs, negated])

/** Clauses that hold if any of their values does; negated, if none does. */
const mergeable: ReadonlySet<string> = new Set(['equals', 'starts-with', 'ends-with', 'contains', 'matches'])
const takesAny = ({ operator, negated }: Clause) => !negated && mergeable.has(operator)
const takesNone = ({ operator, negated }: Clause) =>
  negated ? mergeable.has(operator) : operator === 'not-equals' || operator === 'not-contains'

/** Both clauses, which differ in their values alone, as one; undefined where it would have too many. */
function joined(known: Clause | undefined, clause: Clause): Clause | undefined {
  const values = [...new Set([...(known?.values ?? []), ...clause.values])]
  return values.length > valuesPerClauseMax ? undefined : { ...clause, values }
}

function distinct(group: readonly Clause[]): readonly Clause[] {
  const kept = new Map<string, Clause>()
  for (const clause of group) {
    const name = `${clause.operator} ${clause.attribute}`
    const both = takesNone(clause) ? joined(kept.get(name), clause) : undefined
    kept.set(both ? name : nameOf(clause), both ?? clause)
  }
  return [...kept.values()]
}

/** Groups of one clause about one attribute become one group; so do groups that are there twice. */
function shorter(groups: Groups): Groups {
  if (groups.some((group) => group.length === 0)) return [[]]
  const kept = new Map<string, readonly Clause[]>()
  for (const group of groups) {
    const [clause] = group
    const isAlone = group.length === 1 && clause !== undefined && takesAny(clause)
    const name = isAlone
      ? `${clause.operator} ${clause.attribute}`
      : JSON.stringify(group.map(nameOf).toSorted())
    const known = isAlone ? kept.get(name)?.[0] : undefined
    if (!known || !clause) kept.set(name, group)
    else {
      const both = joined(known, clause)
      kept.set(both ? name : `${name} ${kept.size}`, [both ?? clause])
    }
  }
  return [...kept.values()]
}

/** Without what decides nothing: after everybody is decided, and what the rest would decide alike. */
function tidied(entries: readonly DecidingRule[]): Decision | undefined {
  const end = entries.findIndex(({ anyOf }) => anyOf.some((group) => group.length === 0))
  const { outcome: fallback } = entries[end]!
  const merged: DecidingRule[] = []
  for (const entry of entries.slice(0, end)) {
    const last = merged.at(-1)
    if (last && isSame(last.outcome, entry.outcome))
      merged[merged.length - 1] = { ...last, anyOf: absorbed(shorter([...last.anyOf, ...entry.anyOf])) }
    else merged.push(entry)
  }
  while (merged.length > 0 && isSame(merged.at(-1)!.outcome, fallback)) merged.pop()
  const rules = merged.flatMap(({ anyOf, outcome }) =>
    chunked(anyOf).map((groups) => ({ anyOf: groups, outcome })),
  )
  const fits = rules.every(({ anyOf }) => anyOf.every(({ length }) => length <= clausesPerGroupMax))
  return rules.length <= rulesMax && fits ? { rules, fallback } : undefined
}

const isSame = (a: Outcome, b: Outcome): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Above this, groups are not compared, because that takes quadratic time. */
const comparedMax = 200

/** Removes groups that contain all clauses of another group. */
function absorbed(groups: Groups): Groups {
  if (groups.length > comparedMax) return groups
  const names = groups.map((group) => new Set(group.map(nameOf)))
  return groups.filter((_, i) =>
    names.every(
      (other, j) =>
        i === j || other.size >= names[i]!.size || ![...other].every((name) => names[i]!.has(name)),
    ),
  )
}

function chunked(groups: Groups): Groups[] {
  const chunks: Groups[] = []
  for (let at = 0; at < groups.length; at += groupsPerRuleMax)
    chunks.push(groups.slice(at, at + groupsPerRuleMax))
  return chunks
}
