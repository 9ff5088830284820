// Rules in which a percentage falls through: who is outside the percentage of a rule goes on to the next one.
// Here a rule decides once and for all, so each combination of conditions becomes a rule with all its shares.
// As in the original, all percentages of one attribute put a user at the same place.
import { type Groups, both } from './conditions.ts'

export interface ForeignRule {
  readonly groups: Groups
  readonly variation: string
  /** 100: everybody. */
  readonly percentage: number
  /** By which users are put into the percentage. */
  readonly attribute: string
}

export interface Share {
  readonly variation: string
  /** Percent of all users. */
  readonly percent: number
}

/** The first whose groups hold decides; the last holds always. */
export interface DecidingRule {
  readonly groups: Groups
  readonly shares: readonly Share[]
}

/** More than a flag may have. */
const rulesMax = 200
export class TooManyRules extends Error {}

/** `fallback` gets who no rule serves. */
export const decide = (rules: readonly ForeignRule[], fallback: string): DecidingRule[] =>
  withoutRepeats(from(rules, new Map(), 1, fallback))

/**
 * What the rules decide for users of whom, by attribute, the places below a percentage are served already.
 * `left`: the part of all users that this is about.
 */
function from(
  rules: readonly ForeignRule[],
  served: ReadonlyMap<string, number>,
  left: number,
  fallback: string,
): DecidingRule[] {
  const [rule, ...others] = rules
  if (!rule) return [{ groups: [[]], shares: [{ variation: fallback, percent: left * 100 }] }]
  const { groups, variation, percentage, attribute } = rule
  const below = served.get(attribute) ?? 0
  if (groups.length === 0 || percentage <= below) return from(others, served, left, fallback)
  const isAll = percentage >= 100
  const part = isAll ? left : (left * (percentage - below)) / (100 - below)
  const share = { variation, percent: part * 100 }
  const inside = isAll
    ? [{ groups: [[]] as Groups, shares: [] }]
    : from(others, new Map([...served, [attribute, percentage]]), left - part, fallback)
  const entered = inside.map((each) => ({
    groups: both(groups, each.groups),
    shares: [share, ...each.shares],
  }))
  const passed = groups.some((group) => group.length === 0) ? [] : from(others, served, left, fallback)
  if (entered.length + passed.length > rulesMax) throw new TooManyRules()
  return [...entered, ...passed]
}

/** Without what can never be reached. */
function withoutRepeats(rules: readonly DecidingRule[]): DecidingRule[] {
  const end = rules.findIndex(({ groups }) => groups.some((group) => group.length === 0))
  return rules.slice(0, end + 1)
}
