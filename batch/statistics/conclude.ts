// Computes the result of one experiment and one goal from its counts. The engine is the only effect; time and
// seed are arguments.
import { createHash } from 'node:crypto'
import {
  type Decision,
  type ExperimentResult,
  type Prior,
  type ResultWindow,
  type Trust,
  type VariationPosterior,
} from '../../core/model/experiment-result.ts'
import type { Breakdown, SegmentCounts } from '../../core/model/breakdown.ts'
import type { GuardrailReport } from '../../core/model/guardrail.ts'
import type { OverlapCounts } from '../../core/model/interaction.ts'
import { isOfShares } from '../../core/model/goal-metric.ts'
import { ok, refuse, type Result } from '../../core/model/problem.ts'
import { breakdownsBy, breakdownsOf } from './breakdown.ts'
import { compareArms, factorOf, measureAlways } from './compare.ts'
import { type ArmCounts, isServed } from './comparison.ts'
import { ruleOf, type Rule } from './design.ts'
import type { Engine } from './fit.ts'
import { type MeasuredMetric, metricReport, notRandomised } from './measure-metric.ts'
import { pairOf, unreadable } from './pair.ts'
import { sensitivityOf } from './sensitivity.ts'
import { healthOf, type LakeDamage } from './health.ts'
import { interactionOf } from './interaction.ts'
import { mismatchCause } from './mismatch-cause.ts'
import { sampleRatio, type Cell } from './sample-ratio.ts'
import { type FittedValues, fitValues } from './value-model.ts'
import { verdictOf } from './verdict.ts'

/** The largest int in Stan. */
export const usersMax = 2_147_483_647
/** The largest seed that CmdStan takes. */
export const seedMax = 4_294_967_295
/**
 * Changes with every change of these files that changes a figure or a decision, so that a stored result says
 * what computed it.
 */
export const statisticsRelease = '6'

/** The expected weight is the share of users that a variation should have, in any unit. */
export type VariationCounts = ArmCounts

export interface Evidence {
  readonly goalKey: string
  readonly baselineVariationId: string
  readonly window: ResultWindow
  readonly counts: readonly VariationCounts[]
  /**
   * If there was more than one phase: the users who were new in each, in order, the last phase included.
   * Without, the sample ratio is that of `counts`.
   */
  readonly phases?: readonly (readonly Cell[])[] | undefined
  readonly usersInTwoVariations: number
  readonly damage: LakeDamage
  readonly now: number
  readonly seed: number
  readonly prior: Prior
  /** Absent: nothing is known of the events' origin. */
  readonly trust?: Trust | undefined
  readonly sharedAddress?: boolean
  /** Of a goal with a metric; then `counts` are those it was measured with. */
  readonly metric?: MeasuredMetric | undefined
  /** All who were exposed, if `counts` are fewer: health is about them. */
  readonly exposed?: readonly VariationCounts[] | undefined
  /** How it is decided; without, by the defaults of a primary goal. */
  readonly rule?: Rule | undefined
  /** Of a secondary goal: the arms that e-BH over all secondary goals lets be named. */
  readonly discovered?: ReadonlySet<string> | undefined
  /** Of a primary goal: all guardrails of all arms. Of a guardrail: its own. */
  readonly guardrails?: readonly GuardrailReport[] | undefined
  /** By the attributes of the design. */
  readonly segments?: readonly SegmentCounts[] | undefined
  /** All who were exposed, by where a sample ratio mismatch may come from. */
  readonly search?: readonly SegmentCounts[] | undefined
  /** Of a primary goal: the users of other experiments among its own. */
  readonly overlaps?: readonly OverlapCounts[] | undefined
  /** The newest stored result of the experiment and goal: what was red stays red, what was named named. */
  readonly before?: EarlierLook | undefined
}

type EarlierLook = Partial<Omit<ExperimentResult, 'health'>> & {
  readonly health?: { readonly status: string }
}

/** Equal evidence gives an equal result: the engine gets the variations sorted by id. */
export async function conclude(evidence: Evidence, engine: Engine): Promise<Result<ExperimentResult>> {
  const counts = [...evidence.counts].sort((a, b) => (a.variationId < b.variationId ? -1 : 1))
  const invalid = validate({ ...evidence, counts })
  if (invalid) return invalid

  const { goalKey, baselineVariationId, window, usersInTwoVariations, before, trust } = evidence
  const rule = evidence.rule ?? ruleOf({}, goalKey, goalKey, window, Infinity)
  const { metric } = evidence
  const isValue = metric !== undefined && !isOfShares(metric.definition)
  const fit = isValue
    ? ok(await fitValues({ ...metric, counts }, evidence, rule.direction, engine.values))
    : await fitOf(evidence, counts, rule.direction, engine)
  if (!fit.ok) return fit
  const { engine: report, model } = fit.value
  const fitted = withUsers(counts.filter(comparedOf(evidence)))
  const variations = fit.value.variations.map((one) => ({ ...one, ...stepsOf(metric, one.variationId) }))

  const isSamePhase = before?.window?.from === window.from
  const exposed = evidence.exposed ?? counts
  const ratio = sampleRatio(evidence.phases ?? [exposed], before?.sampleRatio?.highestLogFactor ?? -Infinity)
  const interactions = (evidence.overlaps ?? []).map((one) => interactionOf(one, baselineVariationId))
  const health = healthOf({
    damage: evidence.damage,
    cells: exposed,
    ratio,
    cause:
      evidence.search &&
      mismatchCause(
        evidence.search,
        new Map(exposed.map(({ variationId, expectedWeight }) => [variationId, expectedWeight])),
      ),
    usersInTwoVariations,
    engine: report,
    trust: trust && {
      trust,
      baselineVariationId,
      users: new Map(exposed.map(({ variationId, users }) => [variationId, users])),
      sharedAddress: evidence.sharedAddress === true,
    },
    interactions,
  })
  const { decision, direction, role, equivalence } = rule
  const { guardrails = [] } = evidence
  const compared = compareArms({
    counts,
    baselineVariationId,
    decision,
    direction,
    equivalence,
    window,
    discovered: evidence.discovered,
    isRed: health.status === 'red',
    before: isSamePhase && before?.decision ? lookOf(before, before.decision) : undefined,
  })
  // Without further users, no traffic brings an answer nearer.
  const isFrozen = window.exposuresUntil !== undefined && decision.kind === 'always-valid'
  const comparisons = isFrozen ? compared.map((one) => ({ ...one, moreDays: null })) : compared
  return ok({
    goalKey,
    baselineVariationId,
    computedAt: evidence.now,
    window,
    inputHash: inputHash(evidence),
    ...(!isValue && {
      prior: evidence.prior,
      sensitivity: sensitivityOf(fitted, baselineVariationId, evidence.prior, rule.direction),
    }),
    engine: report,
    statistics: statisticsRelease,
    role,
    direction,
    ...(metric && { metric: metricReport(metric, model) }),
    decision,
    variations,
    comparisons,
    ...(evidence.segments && { breakdowns: await breakdowns(evidence, evidence.segments, engine) }),
    ...(interactions.length > 0 && { interactions }),
    ...(guardrails.length > 0 && { guardrails: [...guardrails] }),
    ...('logFactor' in ratio && {
      sampleRatio: { logFactor: ratio.logFactor, highestLogFactor: ratio.highestLogFactor },
    }),
    health,
    verdict: verdictOf({
      role,
      baselineVariationId,
      variations: variations.filter(comparedOf(evidence)),
      comparisons: comparisons.filter(comparedOf(evidence)),
      decision,
      guardrails,
      health,
      isAa: rule.isAa === true,
      equivalence,
      daysToMinimum: rule.daysToMinimum,
      isOver: rule.isOver,
      countedUntil: window.to,
      caveat: metric?.definition.kind === 'value-per-converter' ? notRandomised : undefined,
      bestOf: (better) => bestOf(better, counts, decision, direction === 'increase' ? 1 : -1),
    }),
    ...(trust && { trust }),
  })
}

/**
 * Of several arms that may be shipped, the one that also beats all others of them, by e-values of its own:
 * asked only after all of them are named.
 */
function bestOf(
  named: readonly string[],
  counts: readonly VariationCounts[],
  { alpha, ...decision }: Decision,
  sign: 1 | -1,
): string | undefined {
  const better = counts.filter(({ variationId }) => named.includes(variationId))
  const usersPlanned = decision.kind === 'always-valid' ? decision.usersPlanned : null
  const beats = (arm: VariationCounts, other: VariationCounts) => {
    if (unreadable(other, arm, { kind: 'always-valid' }) !== undefined) return false
    const { evidence } = measureAlways(other, arm, counts, { alpha, usersPlanned })
    return pairOf(other, arm).effect.estimate * sign > 0 && factorOf(evidence) >= (better.length - 1) / alpha
  }
  return better.find((arm) => better.every((other) => other === arm || beats(arm, other)))?.variationId
}

/** Tells the variations that are compared: a stray user of another one would make that the likely best. */
function comparedOf({ counts, baselineVariationId }: Pick<Evidence, 'counts' | 'baselineVariationId'>) {
  const ids = new Set(counts.filter(isServed).map(({ variationId }) => variationId)).add(baselineVariationId)
  return ({ variationId }: { readonly variationId: string }) => ids.has(variationId)
}

const lookOf = ({ comparisons = [], health }: EarlierLook, decision: Decision) => ({
  decision,
  comparisons,
  isRed: health?.status === 'red',
})

const breakdowns = (
  { baselineVariationId, seed }: Evidence,
  segments: readonly SegmentCounts[],
  { pool }: Engine,
): Promise<Breakdown[]> =>
  pool
    ? breakdownsBy(pool, segments, baselineVariationId, seed)
    : Promise.resolve(breakdownsOf(segments, baselineVariationId))

const stepsOf = (metric: MeasuredMetric | undefined, variationId: string) => {
  const steps = metric?.byVariation.get(variationId)?.stepUsers ?? []
  return steps.length > 0 ? { steps: [...steps] } : {}
}

/** Posteriors of the variations that have users and a share of them. Others have none. */
async function fitOf(
  { baselineVariationId, prior, seed }: Evidence,
  counts: readonly VariationCounts[],
  direction: Rule['direction'],
  engine: Engine,
): Promise<Result<FittedValues>> {
  const seen = withUsers(counts.filter(comparedOf({ counts, baselineVariationId })))
  const hasBaseline = seen.some(({ variationId }) => variationId === baselineVariationId)
  const posteriors = new Map<string, VariationPosterior>()
  // Nothing can be compared without the baseline, and nobody gains from rates without a comparison.
  let report: ExperimentResult['engine'] = { kind: 'exact', method: 'nothing to fit' }
  if (hasBaseline) {
    const fit = await engine.fit({ variations: seen, baselineVariationId, prior, direction, seed })
    if (!fit.ok) return fit
    const odd = fit.value.variations.find((posterior) => !isSound(posterior))
    if (odd) return refuse('UNAVAILABLE', `The engine gave no finite figures for ${odd.variationId}.`)
    report = fit.value.engine
    for (const posterior of fit.value.variations) posteriors.set(posterior.variationId, posterior)
  }
  return ok({
    engine: report,
    model: undefined,
    variations: counts.map(({ variationId, users, conversions }) => {
      const posterior = posteriors.get(variationId) ?? withoutUsers
      return { ...posterior, variationId, users, conversions }
    }),
  })
}

const withUsers = (counts: readonly VariationCounts[]) =>
  counts
    .filter(({ users }) => users > 0)
    .map(({ variationId, users, conversions }) => ({ variationId, users, conversions }))

const withoutUsers = {
  rate: null,
  probabilityBest: null,
  probabilityBeatsBaseline: null,
  expectedLoss: null,
  uplift: null,
}

const isSound = ({
  rate,
  probabilityBest,
  probabilityBeatsBaseline,
  expectedLoss,
  uplift,
}: VariationPosterior) =>
  [
    ...Object.values(rate),
    probabilityBest,
    probabilityBeatsBaseline,
    expectedLoss,
    ...Object.values(uplift ?? {}).filter((value) => value !== null),
  ].every(Number.isFinite)

/**
 * SHA-256 of everything that the figures depend on besides the engine: JSON with sorted keys and variations.
 */
export function inputHash(evidence: Omit<Evidence, 'goalKey' | 'window' | 'now'>): string {
  const { baselineVariationId, counts, exposed, damage, discovered, phases, prior, rule, seed } = evidence
  const { guardrails, metric, trust, usersInTwoVariations } = evidence
  const isDamaged = damage.missingObjects > 0 || damage.doubtfulObjects > 0
  const canonical = {
    baselineVariationId,
    counts: hashedCounts(counts),
    // What is absent here was unknown to earlier releases, whose hashes stay as they were.
    ...(isDamaged ? { damage } : {}),
    ...(discovered ? { discovered: [...discovered].toSorted() } : {}),
    ...(exposed ? { exposed: hashedCounts(exposed) } : {}),
    ...(guardrails && guardrails.length > 0 ? { guardrails: guardrails.map(hashedGuardrail) } : {}),
    ...(metric ? { metric: hashedMetric(metric) } : {}),
    ...(evidence.overlaps ? { overlaps: evidence.overlaps } : {}),
    ...(phases ? { phases } : {}),
    prior: { alpha: prior.alpha, beta: prior.beta },
    ...(rule ? { rule: { ...rule, daysToMinimum: rule.daysToMinimum > 0 } } : {}),
    ...(evidence.search ? { search: evidence.search.map((cell) => Object.values(cell)) } : {}),
    seed,
    ...(evidence.segments ? { segments: evidence.segments.map((cell) => Object.values(cell)) } : {}),
    ...(trust ? { sharedAddress: evidence.sharedAddress === true, trust } : {}),
    usersInTwoVariations,
  }
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex')
}

const hashedCounts = (counts: readonly VariationCounts[]) =>
  counts
    .map(({ variationId, conversions, expectedWeight, users }) => ({
      conversions,
      expectedWeight,
      users,
      variationId,
    }))
    .sort((a, b) => (a.variationId < b.variationId ? -1 : 1))

/** What time alone changes is left out. */
const hashedGuardrail = ({ goalKey, variationId, outcome, margin, estimate, worst }: GuardrailReport) => ({
  estimate,
  goalKey,
  margin,
  outcome,
  variationId,
  worst,
})

const hashedMetric = ({ definition, event, byVariation, high }: MeasuredMetric) => ({
  definition: Object.entries(definition).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  event,
  high,
  sums: [...byVariation]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, { stepUsers, logs, ...sums }]) => [
      id,
      // Earlier releases knew no steps, and no logarithms.
      Object.entries({ ...sums, ...(stepUsers.length > 0 && { stepUsers }), ...logs }).map(
        ([name, value]) => [name, String(value)],
      ),
    ]),
})

/** The first thing that is wrong with the evidence; undefined if nothing is. Expects counts sorted by id. */
function validate({ counts, baselineVariationId, usersInTwoVariations, prior, seed, window }: Evidence) {
  if (counts.length === 0) return refuse('INVALID', 'There is no variation to count.')
  if (!counts.some(({ variationId }) => variationId === baselineVariationId)) {
    return refuse('INVALID', `The baseline ${baselineVariationId} is not among the variations.`)
  }
  for (const [k, { variationId, users, conversions, expectedWeight }] of counts.entries()) {
    if (counts[k + 1]?.variationId === variationId)
      return refuse('INVALID', `Variation ${variationId} is counted twice.`)
    if (!isCount(users) || !isCount(conversions)) {
      return refuse(
        'INVALID',
        `Variation ${variationId} has counts that are not integers from 0 to ${usersMax}.`,
      )
    }
    if (conversions > users) return conversionsExceedUsers(variationId, conversions, users)
    if (!(expectedWeight >= 0 && Number.isFinite(expectedWeight))) {
      return refuse('INVALID', `Variation ${variationId} has a weight that is not a number from 0.`)
    }
  }
  if (!isCount(usersInTwoVariations)) return refuse('INVALID', 'usersInTwoVariations is not a count.')
  if (!(isPositive(prior.alpha) && isPositive(prior.beta)))
    return refuse('INVALID', 'The prior needs a positive alpha and beta.')
  if (!(Number.isInteger(seed) && seed >= 0 && seed <= seedMax)) {
    return refuse('INVALID', `The seed is not an integer from 0 to ${seedMax}.`)
  }
  if (!(window.from <= window.to)) return refuse('INVALID', 'The window ends before it starts.')
  return undefined
}

/**
 * The counting is wrong: a user converts at most once, so a posterior of such counts would be meaningless.
 */
export const conversionsExceedUsers = (variationId: string, conversions: number, users: number) =>
  refuse('INVALID', `Variation ${variationId} has ${conversions} conversions but only ${users} users.`, {
    fields: [{ path: `counts.${variationId}.conversions`, message: 'more conversions than users' }],
  })

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= usersMax

const isPositive = (value: number): boolean => value > 0 && Number.isFinite(value)
