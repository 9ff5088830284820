// What cannot be true of a result, whoever computed it. The admin API refuses to store such a result: it
// would be shown as the truth. Words of newer releases are left alone.
import type { Experiment } from './experiment.ts'
import { isOfShares } from './goal-metric.ts'
import type { FieldProblem } from './problem.ts'
import type { StoredResult } from './stored-result.ts'

/** Sums of rounded probabilities may miss 1 by this much. */
const probabilitySumTolerance = 0.01

type Variation = StoredResult['variations'][number]
type Checks = readonly (FieldProblem | undefined | false)[]

export function resultProblems(
  result: StoredResult,
  { goalKeys, baselineVariationId, design }: Pick<Experiment, 'goalKeys' | 'baselineVariationId' | 'design'>,
): FieldProblem[] {
  const { goalKey, variations } = result
  const checks: Checks = [
    !goalKeys.includes(goalKey) && problem('goalKey', 'is not a goal of the experiment'),
    result.baselineVariationId !== baselineVariationId &&
      problem('baselineVariationId', 'is not the baseline of the experiment'),
    !variations.some(({ variationId }) => variationId === baselineVariationId) &&
      problem('variations', 'lack the baseline'),
    new Set(variations.map(({ variationId }) => variationId)).size < variations.length &&
      problem('variations', 'name one twice'),
    ...variations.flatMap((variation, i) => variationProblems(variation, i, result.metric)),
    probabilitySumProblem(variations),
    result.window.to > result.computedAt && problem('window.to', 'is later than computedAt'),
    design?.aa &&
      armVerdicts.includes(result.verdict.kind) &&
      problem('verdict.kind', 'names an outcome of an A/A test'),
    !design?.aa && aaVerdicts.includes(result.verdict.kind) && problem('verdict.kind', 'is of an A/A test'),
    result.metric?.definition.kind === 'value-per-converter' &&
      armVerdicts.includes(result.verdict.kind) &&
      problem('verdict.kind', 'names an outcome of what is no randomised comparison'),
    !result.prior &&
      (!result.metric || isOfShares(result.metric.definition)) &&
      problem('prior', 'is missing'),
    'expectedLoss' in result.verdict &&
      Number(result.verdict.expectedLoss) > 1 &&
      (!result.metric || isOfShares(result.metric.definition)) &&
      problem('verdict.expectedLoss', 'is more than 1'),
    ...healthProblems(result),
    ...verdictProblems(result),
    ...guardrailProblems(result, design),
  ]
  return checks.filter((check) => typeof check === 'object')
}

function variationProblems(
  { users, conversions, rate, value, ...figures }: Variation,
  i: number,
  metric: StoredResult['metric'],
): Checks {
  const at = (field: string) => `variations.${i}.${field}`
  const { probabilityBest, probabilityBeatsBaseline, expectedLoss } = figures
  const isMeasured = [rate, probabilityBest, probabilityBeatsBaseline, expectedLoss].every((x) => x !== null)
  const posterior = value?.posterior
  const isOfValues = metric !== undefined && !isOfShares(metric.definition)
  return [
    conversions > users && problem(at('conversions'), 'more conversions than users'),
    rate !== null && !isMeasured && problem(at('rate'), 'comes without the other figures'),
    rate !== null &&
      !(rate.q025 <= rate.median && rate.median <= rate.q975) &&
      problem(at('rate'), 'has quantiles out of order'),
    rate !== null && isOfValues && problem(at('rate'), 'is of a goal whose metric is no conversion'),
    value && !isOfValues && problem(at('value'), 'is of a goal without such a metric'),
    value && value.sums.units > users && problem(at('value.sums.units'), 'more units than users'),
    !isOfValues && expectedLoss !== null && expectedLoss > 1 && problem(at('expectedLoss'), 'is more than 1'),
    isOfValues && probabilityBest !== null && !posterior && problem(at('value'), 'lacks its posterior'),
    posterior &&
      !(posterior.q025 <= posterior.median && posterior.median <= posterior.q975) &&
      problem(at('value.posterior'), 'has quantiles out of order'),
    figures.uplift !== null &&
      !(figures.uplift.q025 <= figures.uplift.q975) &&
      problem(at('uplift'), 'has quantiles out of order'),
  ].filter((check) => typeof check === 'object' && check !== null)
}

function probabilitySumProblem(variations: readonly Variation[]) {
  const best = variations.flatMap(({ probabilityBest }) =>
    probabilityBest === null ? [] : [probabilityBest],
  )
  const sum = best.reduce((total, probability) => total + probability, 0)
  // Not `> tolerance`: a comparison with NaN is false, and would pass.
  const isOne = Math.abs(sum - 1) <= probabilitySumTolerance
  return (
    best.length > 0 &&
    !isOne &&
    problem('variations', 'have probabilities of being best that do not sum to 1')
  )
}

function healthProblems({ health: { status, checks } }: StoredResult): Checks {
  const hasFailed = checks.some((check) => check.status === 'failed')
  return [
    status === 'green' && hasFailed && problem('health.status', 'is green although a check failed'),
    status === 'amber' && hasFailed && problem('health.status', 'is amber although a check failed'),
  ]
}

/** Verdicts that name or exclude an arm, which nothing does while health is red. */
const armVerdicts = ['winner', 'winners', 'keep-baseline', 'practically-equal', 'guardrail-broken']
const aaVerdicts = ['sound', 'unsound']
const namingVerdicts = [...armVerdicts, ...aaVerdicts, 'secondary', 'guardrail']

function verdictProblems({ health, verdict, variations, comparisons }: StoredResult): Checks {
  if (health.status === 'red' && namingVerdicts.includes(verdict.kind))
    return [problem('verdict.kind', 'names an outcome although health is red')]
  const named = 'variationIds' in verdict ? verdict.variationIds : [verdict.variationId]
  if (verdict.kind !== 'winner' && verdict.kind !== 'winners') return []
  return (named as string[]).flatMap((id): Checks => {
    const variation = variations.find(({ variationId }) => variationId === id)
    const comparison = comparisons?.find(({ variationId }) => variationId === id)
    const others = variations.filter((one) => one !== variation)
    return [
      !variation?.users && problem('verdict', `names ${id}, which has no users`),
      others.every(({ users }) => users === 0) &&
        problem('verdict', `names ${id}, which is compared to nobody`),
      comparisons &&
        comparison?.outcome !== 'better' &&
        problem('verdict', `names ${id}, whose comparison is not better`),
      verdict.kind === 'winner' &&
        variation !== undefined &&
        verdict['probabilityBest'] !== variation.probabilityBest &&
        problem('verdict.probabilityBest', 'differs from that of the variation'),
    ]
  })
}

/** An arm is shipped only if each of the design's guardrails is shown to hold for it. */
function guardrailProblems({ verdict, guardrails }: StoredResult, design: Experiment['design']): Checks {
  if (verdict.kind !== 'winner' && verdict.kind !== 'winners') return []
  const named = ('variationIds' in verdict ? verdict.variationIds : [verdict.variationId]) as string[]
  return (design?.guardrails ?? []).flatMap(({ goalKey }) =>
    named
      .filter((id) =>
        (guardrails ?? []).every(
          (one) => one.goalKey !== goalKey || one.variationId !== id || one.outcome !== 'kept',
        ),
      )
      .map((id) => problem('verdict', `names ${id}, which is not shown to keep the guardrail ${goalKey}`)),
  )
}

const problem = (path: string, message: string): FieldProblem => ({ path, message })
