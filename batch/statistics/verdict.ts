// The verdict on a result, in plain words: per arm against the baseline, then overall. It reads only
// comparisons and health. A red health withholds it; a check that cannot judge yet does not.
import {
  type Comparison,
  type Decision,
  type Health,
  type VariationResult,
  type Verdict,
} from '../../core/model/experiment-result.ts'
import type { GoalRole } from '../../core/model/experiment.ts'
import type { GuardrailReport } from '../../core/model/guardrail.ts'
import { guardedBy, guardrailVerdict, pending, unshippable } from './guardrail-verdict.ts'
import { be, days, listed, percent, signed } from './words.ts'

const dayMs = 86_400_000

export interface VerdictInput {
  readonly role: GoalRole
  /** The variations are equal, so what differs is a fault. */
  readonly isAa: boolean
  readonly baselineVariationId: string
  readonly variations: readonly VariationResult[]
  readonly comparisons: readonly Comparison[]
  /** Of a primary goal: all guardrails of all arms. Of a guardrail: its own. */
  readonly guardrails: readonly GuardrailReport[]
  readonly decision: Decision
  readonly health: Health
  readonly equivalence: number
  /** Until the minimum duration is over; 0 after it. */
  readonly daysToMinimum: number
  /** Whether no more users come. */
  readonly isOver: boolean
  /** Epoch milliseconds. */
  readonly countedUntil: number
  /** Why a primary goal like this decides nothing; a sentence. */
  readonly caveat?: string | undefined
  /** Of several arms that beat the baseline, the one that also beats all others of them. */
  readonly bestOf: (better: readonly string[]) => string | undefined
}

export function verdictOf(input: VerdictInput): Verdict {
  const { health, role, variations, comparisons, baselineVariationId: baseline } = input
  if (health.status === 'red') {
    const failures = health.checks.filter(({ status }) => status === 'failed')
    const reason = failures.map(({ detail }) => detail).join(' ')
    return { kind: 'withheld', reason: reason || 'A health check failed.' }
  }
  if (variations.length < 2) return { kind: 'undecided', reason: 'There is only one variation.' }
  const having = (outcome: Comparison['outcome']) =>
    comparisons.filter((one) => one.outcome === outcome).map(({ variationId }) => variationId)
  const [better, worse] = [having('better'), having('worse')]
  if (input.isAa && better.length + worse.length > 0) return unsound(role, baseline, [...better, ...worse])
  if (role === 'secondary') return secondary(baseline, better, worse)
  if (role === 'guardrail') return guardrailVerdict(input.guardrails)
  if (input.caveat !== undefined) return { kind: 'undecided', reason: input.caveat }
  const unread = comparisons.filter(({ outcome }) => outcome === 'not-measured')
  if (unread.length === comparisons.length) {
    const reason = [...new Set(unread.map(({ reason: why }) => why ?? ''))].join(' ')
    const now = input.isOver ? 'It is over, and there is nothing to read.' : 'Do not read it yet.'
    return { kind: 'too-early', reason: `${now} ${reason}`.trim() }
  }
  if (input.isAa) return sound(input)
  const { verdict, said } = decided(input, better, worse)
  const { notes } = guardedBy(input.guardrails)
  return said || notes === '' ? verdict : { ...verdict, reason: `${verdict.reason} ${notes}` }
}

/** `said`: whether it tells of the guardrails already. */
function decided(input: VerdictInput, better: string[], worse: string[]) {
  const { comparisons, baselineVariationId: baseline } = input
  const { broken, unproven } = guardedBy(input.guardrails)
  const silent = (verdict: Verdict) => ({ verdict, said: false })
  if (input.daysToMinimum > 0) {
    const seen = seenSoFar(input, better, worse, broken)
    if (seen !== undefined) return silent(waiting(input, seen))
  }
  const whole = better.filter((id) => !broken.includes(id))
  const shippable = whole.filter((id) => !unproven.includes(id))
  if (shippable.length > 0) return silent(winning(input, shippable))
  if (whole.length > 0) return { verdict: pending(input, whole), said: true }
  const isOut = ({ variationId, outcome }: Comparison) => outcome === 'worse' || broken.includes(variationId)
  const other = comparisons.filter((one) => !isOut(one))
  const mayWin = !input.isOver && other.some(({ outcome }) => outcome !== 'equal')
  if (better.length > 0) return { verdict: unshippable(input, better, mayWin), said: true }
  if (other.length === 0) {
    const broke = broken.filter((id) => !worse.includes(id))
    const reasons = [
      ...(worse.length > 0 ? [`${listed(worse)} ${be(worse)} worse`] : []),
      ...(broke.length > 0 ? [`${listed(broke)} ${broke.length > 1 ? 'break' : 'breaks'} a guardrail`] : []),
    ]
    const reason = `Keep ${baseline}: ${reasons.join(', and ')}.`
    return silent({ kind: 'keep-baseline', variationId: baseline, reason })
  }
  if (other.every(({ outcome }) => outcome === 'equal')) return silent(equal(input, worse))
  return silent(open(input, other))
}

function unsound(role: VerdictInput['role'], baseline: string, differing: string[]): Verdict {
  const goal = role === 'secondary' ? 'any of its secondary goals' : 'its primary goal'
  const reason =
    `${listed(differing)} and ${baseline} are equal, and yet they differ: trust no result before that is ` +
    `explained. A sound pipeline says so of ${goal} in at most one of twenty A/A tests.`
  return { kind: 'unsound', reason }
}

function sound({ isOver, variations }: VerdictInput): Verdict {
  const users = variations.reduce((sum, variation) => sum + variation.users, 0)
  return isOver
    ? { kind: 'sound', reason: `No difference is shown where there is none, with ${users} users.` }
    : { kind: 'undecided', reason: 'Keep running: so far the equal variations do not differ.' }
}

function secondary(baseline: string, better: string[], worse: string[]): Verdict {
  const parts = [
    ...(better.length > 0 ? [`${listed(better)} ${be(better)} better than ${baseline}`] : []),
    ...(worse.length > 0 ? [`${listed(worse)} ${be(worse)} worse than ${baseline}`] : []),
  ]
  const shown = parts.length > 0 ? `${parts.join(', and ')}.` : `No difference to ${baseline} is shown.`
  return { kind: 'secondary', better, worse, reason: `${shown} A secondary goal does not decide.` }
}

/** What would be said after the minimum duration; undefined if nothing is decided. */
function seenSoFar(
  { baselineVariationId: baseline, comparisons }: VerdictInput,
  better: string[],
  worse: string[],
  broken: readonly string[],
): string | undefined {
  if (better.length > 0) return `${listed(better)} ${be(better)} ahead of ${baseline}`
  if (worse.length > 0) return `${listed(worse)} ${be(worse)} behind ${baseline}`
  if (broken.length > 0) return 'A guardrail is broken'
  return comparisons.every(({ outcome }) => outcome === 'equal')
    ? `${listed(comparisons.map(({ variationId }) => variationId))} and ${baseline} are practically equal`
    : undefined
}

/** The minimum duration holds for whatever is decided, and an end before it decides nothing. */
function waiting({ daysToMinimum, isOver }: VerdictInput, seen: string): Verdict {
  const moreDays = Math.ceil(daysToMinimum)
  if (isOver) {
    const reason = `${seen}, but it ended when the minimum duration had ${days(moreDays)} to go: nothing is decided.`
    return { kind: 'undecided', reason }
  }
  const reason = `${seen}, but the minimum duration is not over: wait ${days(moreDays)} more.`
  return { kind: 'undecided', reason: `Keep running. ${reason}`, moreDays }
}

function winning(input: VerdictInput, better: string[]): Verdict {
  const { baselineVariationId: baseline, comparisons, variations, guardrails } = input
  const chosen = better.length === 1 ? better[0]! : input.bestOf(better)
  const kept = guardrails.length > 0 ? ' All guardrails hold.' : ''
  if (chosen === undefined) {
    const others = better.length === 2 ? 'both beat' : 'all beat'
    const reason = `${listed(better)} ${others} ${baseline}, and none of them beats the others: ship any of them.${kept}`
    return { kind: 'winners', variationIds: better, reason }
  }
  const result = variations.find(({ variationId }) => variationId === chosen)
  const { relative, difference } = comparisons.find(({ variationId }) => variationId === chosen)!
  const by = relative
    ? ` by ${signed(relative.estimate)} (${range(relative)})`
    : difference
      ? absolute(difference)
      : ''
  const also = better.length > 1 ? ' It also beats the other arms that do.' : ''
  return {
    kind: 'winner',
    variationId: chosen,
    probabilityBest: result?.probabilityBest ?? 0,
    expectedLoss: result?.expectedLoss ?? 0,
    reason: `Ship ${chosen}: it beats ${baseline}${by}.${also}${kept}`,
  }
}

function equal({ baselineVariationId: baseline, comparisons, equivalence }: VerdictInput, worse: string[]) {
  const alike = comparisons.filter(({ outcome }) => outcome === 'equal').map(({ variationId }) => variationId)
  const rest = worse.length > 0 ? ` ${listed(worse)} ${be(worse)} worse.` : ''
  const reason =
    `${listed(alike)} and ${baseline} are practically equal: they differ by less than ` +
    `${percent(equivalence)}.${rest}`
  return { kind: 'practically-equal' as const, reason }
}

/** `arms` are those that may still be shipped. */
function open(
  { baselineVariationId: baseline, decision, isOver, countedUntil, daysToMinimum }: VerdictInput,
  arms: readonly Comparison[],
): Verdict {
  if (decision.kind === 'fixed-horizon' && decision.ended)
    return {
      kind: 'keep-baseline',
      variationId: baseline,
      reason: `No arm is named at the planned end: keep ${baseline}. What comes later can name none either.`,
    }
  if (isOver)
    return {
      kind: 'undecided',
      reason: `The experiment is over, and shows no difference to ${baseline}: nothing speaks for a change.`,
    }
  const open = arms.filter(({ outcome }) => outcome === 'open' || outcome === 'not-measured')
  const known = open.flatMap(({ moreDays }) => (moreDays === null ? [] : [moreDays]))
  const leader = open.reduce((a, b) => (evidenceOf(b) > evidenceOf(a) ? b : a))
  const interval = leader.relative
    ? `; against ${baseline}, ${leader.variationId} is ${words(leader.relative)}`
    : ''
  if (decision.kind === 'fixed-horizon') {
    const moreDays = Math.ceil(Math.max(0, decision.endAt - countedUntil) / dayMs)
    return {
      kind: 'undecided',
      moreDays,
      reason: `Keep running: the planned end is in ${days(moreDays)}${interval}.`,
    }
  }
  if (known.length === 0)
    return { kind: 'undecided', reason: `Keep running: no answer is near at this traffic${interval}.` }
  const moreDays = Math.max(Math.min(...known), Math.ceil(daysToMinimum))
  const reason = `Keep running: about ${days(moreDays)} more at this traffic${interval}.`
  return { kind: 'undecided', moreDays, reason }
}

/** What is not measured has none. */
const evidenceOf = ({ evidence }: Comparison) => evidence ?? -Infinity

type Relative = NonNullable<Comparison['relative']>

const words = (relative: Relative) => `at ${signed(relative.estimate)} (${range(relative)})`

const range = ({ low, high }: Relative) =>
  `${signed(low)} to ${high === null ? 'no upper bound' : signed(high)}`

const absolute = ({ estimate, low, high }: Relative) =>
  ` by ${rounded(estimate)} (${rounded(low)} to ${high === null ? 'no upper bound' : rounded(high)})`

const rounded = (value: number) => Number(value.toPrecision(3))
