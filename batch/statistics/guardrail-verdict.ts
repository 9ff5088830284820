// What guardrails make of a verdict: who beats the baseline is shipped only if all of its guardrails are
// shown to hold.
import type { Verdict } from '../../core/model/experiment-result.ts'
import type { GuardrailReport } from '../../core/model/guardrail.ts'
import { be, days, listed } from './words.ts'

interface Guarded {
  /** Arms that break a guardrail. */
  readonly broken: readonly string[]
  /** Arms with a guardrail that is not shown to hold; also those that break one. */
  readonly unproven: readonly string[]
  /** Of what is broken; empty if nothing is. */
  readonly notes: string
}

export function guardedBy(reports: readonly GuardrailReport[]): Guarded {
  const broken = reports.filter(({ outcome }) => outcome === 'broken')
  const unproven = reports.filter(({ outcome }) => outcome !== 'kept')
  return { broken: idsOf(broken), unproven: idsOf(unproven), notes: sentencesOf(broken) }
}

interface Context {
  readonly baselineVariationId: string
  readonly guardrails: readonly GuardrailReport[]
  readonly isOver: boolean
}

/** These beat the baseline, and some of their guardrails are not decided. */
export function pending({ baselineVariationId, guardrails, isOver }: Context, better: string[]): Verdict {
  const reports = guardrails.filter(
    ({ variationId, outcome }) => better.includes(variationId) && outcome !== 'kept',
  )
  const beats = `${listed(better)} ${better.length > 1 ? 'beat' : 'beats'} ${baselineVariationId}`
  const why = sentencesOf(reports)
  if (isOver) {
    const reason = `${beats}, but nobody can say ship: the experiment is over before all guardrails are shown to hold.`
    return { kind: 'undecided', reason: `${reason} ${why}` }
  }
  const waits = better.map((id) => daysOf(reports.filter(({ variationId }) => variationId === id)))
  const known = waits.filter((wait) => wait !== null)
  const moreDays = known.length > 0 ? Math.min(...known) : undefined
  const about = moreDays === undefined ? '' : `, about ${days(moreDays)} more at this traffic`
  const reason = `Keep running${about}: ${beats}, but not all guardrails are shown to hold yet. ${why}`
  return { kind: 'undecided', reason, ...(moreDays !== undefined && { moreDays }) }
}

/** Until all of them are shown to hold. */
const daysOf = (reports: readonly GuardrailReport[]): number | null =>
  reports.some(({ moreDays }) => moreDays === null)
    ? null
    : Math.max(...reports.map(({ moreDays }) => moreDays!))

/** All that beat the baseline break a guardrail. */
export function unshippable(
  { baselineVariationId, guardrails }: Context,
  better: string[],
  hasOthers: boolean,
): Verdict {
  const broken = guardrails.filter(
    ({ variationId, outcome }) => better.includes(variationId) && outcome === 'broken',
  )
  const next = hasOthers ? 'The other arms are not decided yet.' : `Keep ${baselineVariationId}.`
  const they = better.length > 1 ? 'they beat' : 'it beats'
  const reason =
    `Do not ship ${listed(better)}: ${they} ${baselineVariationId}, at a cost that is not tolerated. ` +
    `${sentencesOf(broken)} ${next}`
  return { kind: 'guardrail-broken', variationIds: better, reason }
}

/** Of the guardrail itself. */
export function guardrailVerdict(reports: readonly GuardrailReport[]): Verdict {
  const having = (wanted: GuardrailReport['outcome']) =>
    idsOf(reports.filter(({ outcome }) => outcome === wanted))
  const [kept, broken, unknown] = [having('kept'), having('broken'), having('not-measured')]
  const open = having('open')
  const parts = [
    ...(broken.length > 0 ? [`${listed(broken)} ${broken.length > 1 ? 'break' : 'breaks'} it`] : []),
    ...(kept.length > 0 ? [`${listed(kept)} ${kept.length > 1 ? 'keep' : 'keeps'} it`] : []),
    ...(open.length > 0 ? [`${listed(open)} ${be(open)} not shown to keep it yet`] : []),
    ...(unknown.length > 0 ? [`it is not measured for ${listed(unknown)}`] : []),
  ]
  return {
    kind: 'guardrail',
    kept,
    broken,
    reason: `A guardrail: ${parts.join('; ')}. ${sentencesOf(reports)}`,
  }
}

const idsOf = (reports: readonly GuardrailReport[]) => [
  ...new Set(reports.map(({ variationId }) => variationId)),
]
const sentencesOf = (reports: readonly GuardrailReport[]) => reports.map(({ reason }) => reason).join(' ')
