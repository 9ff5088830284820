// The goals of an experiment as rows of one table with one axis, and the line of a goal over time. Pure.
import { isOfShares } from '../../../core/model/goal-metric.ts'
import type { ExperimentDesign } from '../../../core/model/experiment.ts'
import type { StoredResult } from '../../../core/model/stored-result.ts'
import type { Line, Mark } from '../charts/marks.ts'
import { type Domain, domainOf, ticksOf } from '../charts/scale.ts'
import { figure, rate, signedFigure, signedPercent, signedPoints } from '../messages/figures.ts'
import { results as words } from '../messages/results.ts'
import type { State } from '../ui/state.ts'
import type { Names } from './names.ts'

type Comparison = NonNullable<StoredResult['comparisons']>[number]

export interface Change {
  readonly variationId: string
  readonly name: string
  readonly colour: number
  /** Relative; why there is none, if there is none. */
  readonly relative: string
  /** In points, or in the unit of the values. */
  readonly absolute: string
}

export interface GoalRow {
  readonly key: string
  readonly name: string
  readonly role: 'primary' | 'secondary' | 'guardrail'
  readonly isLowerBetter: boolean
  readonly noLongerAsked: boolean
  readonly baseline: string
  readonly unit: string
  readonly marks: readonly Mark[]
  readonly changes: readonly Change[]
  /** Of a guardrail: beyond it, it is broken. */
  readonly limit: { readonly at: number; readonly worse: 'above' | 'below' } | undefined
  readonly call: { readonly mark: State; readonly text: string }
}

/** Whether a result is about means or ratios, and not about shares of users. */
export const isOfValues = ({ metric }: StoredResult): boolean =>
  metric !== undefined && !isOfShares(metric.definition)

/** The primary goal first. */
export const goalRows = (
  results: readonly StoredResult[],
  design: ExperimentDesign | undefined,
  names: Names,
): GoalRow[] =>
  results
    .map((result) => goalRow(result, design, names))
    .toSorted((a, b) => order.indexOf(a.role) - order.indexOf(b.role))

const order = ['primary', 'guardrail', 'secondary']

function goalRow(result: StoredResult, design: ExperimentDesign | undefined, names: Names): GoalRow {
  const { goalKey, direction, variations, baselineVariationId } = result
  const isLowerBetter = direction === 'decrease'
  const role = result.role === 'guardrail' || result.role === 'secondary' ? result.role : 'primary'
  const comparisons = comparisonsOf(result)
  const baseline = variations.find(({ variationId }) => variationId === baselineVariationId)
  const margin = design?.guardrails?.find((guardrail) => guardrail.goalKey === goalKey)?.margin
  const limit =
    role === 'guardrail' && margin && 'relative' in margin
      ? ({
          at: isLowerBetter ? margin.relative : -margin.relative,
          worse: isLowerBetter ? 'above' : 'below',
        } as const)
      : undefined
  return {
    key: goalKey,
    name: names.goal(goalKey),
    role,
    isLowerBetter,
    noLongerAsked: result['noLongerAsked'] === true,
    baseline: isOfValues(result)
      ? (baseline?.value && figure(baseline.value.observed)) || '–'
      : baseline?.rate
        ? rate(baseline.rate.mean)
        : '–',
    unit: unitOf(result),
    marks: comparisons.flatMap((comparison) => markOf(result, comparison, names)),
    changes: comparisons.map((comparison) => changeOf(result, comparison, names)),
    limit,
    call: callOf(result, comparisons),
  }
}

/** Results of earlier releases have no comparisons: they say what they have, which decides nothing. */
function comparisonsOf({
  comparisons,
  variations,
  baselineVariationId,
}: StoredResult): readonly Comparison[] {
  if (comparisons) return comparisons
  return variations
    .filter(({ variationId }) => variationId !== baselineVariationId)
    .map(({ variationId, uplift }) => ({
      variationId,
      outcome: uplift ? 'open' : 'not-measured',
      difference: null,
      relative:
        uplift && uplift.mean !== null
          ? { estimate: uplift.mean, low: uplift.q025, high: uplift.q975 }
          : null,
      cautious: null,
      evidence: null,
      moreDays: null,
    }))
}

function unitOf(result: StoredResult): string {
  if (!isOfValues(result)) return words.ofUsers
  switch (result.metric?.definition.kind) {
    case 'ratio':
      return words.ratioUnit
    case 'value-per-converter':
      return words.perConverter
    default:
      return words.perUser
  }
}

function markOf({ variations }: StoredResult, { variationId, relative }: Comparison, names: Names): Mark[] {
  if (!relative) return []
  const uplift = variations.find((each) => each.variationId === variationId)?.uplift
  return [
    {
      key: variationId,
      colour: names.colour(variationId),
      estimate: relative.estimate,
      low: relative.low,
      high: relative.high ?? Infinity,
      ...(uplift && { inner: { low: uplift.q025, high: uplift.q975 } }),
    },
  ]
}

function changeOf(result: StoredResult, comparison: Comparison, names: Names): Change {
  const { variationId, relative, difference, outcome, reason } = comparison
  const without = outcome === 'not-measured' ? names.inWords(reason ?? words.notMeasured) : words.noRelative
  return {
    variationId,
    name: names.variation(variationId),
    colour: names.colour(variationId),
    relative: relative ? signedPercent(relative.estimate) : without,
    absolute: difference ? absoluteText(result, difference.estimate) : '',
  }
}

export const absoluteText = (result: StoredResult, value: number): string =>
  isOfValues(result) ? signedFigure(value) : `${signedPoints(value)} ${words.points}`

const callMarks: Record<string, State> = {
  better: 'healthy',
  kept: 'healthy',
  equal: 'healthy',
  worse: 'failed',
  broken: 'failed',
  mixed: 'warning',
}

/** What is called of a goal; of several variations, what is true of all, or else that they differ. */
function callOf(
  { health, role, goalKey, guardrails = [] }: StoredResult,
  comparisons: readonly Comparison[],
): GoalRow['call'] {
  if (health.status === 'red') return { mark: 'failed', text: words.calls.withheld }
  const guarded = guardrails.filter((guardrail) => guardrail.goalKey === goalKey)
  const outcomes = role === 'guardrail' && guarded.length > 0 ? guarded : comparisons
  const calls = new Set<string>(outcomes.map(({ outcome }) => outcome))
  const [only = 'open'] = calls
  const isBad = calls.has('worse') || calls.has('broken')
  const best = ['better', 'open', 'not-measured'].find((each) => calls.has(each)) ?? only
  const call = calls.size === 1 ? only : isBad ? 'mixed' : best
  const text = Object.hasOwn(words.calls, call) ? words.calls[call as keyof typeof words.calls] : call
  return { mark: callMarks[call] ?? 'planned', text }
}

/**
 * One axis for all goals. A goal with few data must not make the primary goal, the first row, unreadable: it
 * is cut off.
 */
export function axisOf(rows: readonly GoalRow[]): { domain: Domain; ticks: number[] } {
  const reachOf = ({ marks }: GoalRow) =>
    Math.max(0, ...marks.flatMap(({ low, high }) => [low, high].map(Math.abs)).filter(Number.isFinite))
  const reaches = rows.map(reachOf)
  const most = reachFactor * (reaches[0] || Math.max(leastReach, ...reaches))
  const values = rows
    .flatMap(({ marks, limit }) => [
      ...marks.flatMap(({ low, high }) => [low, high]),
      ...(limit ? [limit.at] : []),
    ])
    .map((value) => Math.max(-most, Math.min(most, value)))
  const domain = domainOf(values, leastReach)
  return { domain, ticks: ticksOf(domain, 8) }
}

const leastReach = 0.02
const reachFactor = 2.5

/** A goal over time: one line per variation that was measured, of the newest phase. Results newest first. */
export function linesOf(results: readonly StoredResult[], names: Names): Line[] {
  const [newest] = results
  if (!newest) return []
  const phase = results.filter(({ window }) => window.from === newest.window.from).toReversed()
  return comparisonsOf(newest).flatMap(({ variationId }) => {
    const points = phase.flatMap((result) => {
      const relative = comparisonsOf(result).find((each) => each.variationId === variationId)?.relative
      if (!relative) return []
      return [
        {
          at: result.window.to,
          value: relative.estimate,
          low: relative.low,
          high: relative.high ?? Infinity,
        },
      ]
    })
    return points.length === 0
      ? []
      : [{ key: variationId, name: names.variation(variationId), colour: names.colour(variationId), points }]
  })
}

/** The heights of lines: bands of the first days are wide and are cut off. */
export function heightOf(lines: readonly Line[]): Domain {
  const values = lines.flatMap(({ points }) => {
    const late = points.slice(Math.floor(points.length / 4))
    return [...late.flatMap(({ low, high }) => [low, high]), ...points.map(({ value }) => value)]
  })
  return domainOf(values, leastReach)
}
