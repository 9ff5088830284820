// The events of a run as people read them. Pure: an event in, lines out.
import type { EngineReport } from '../core/model/engine-report.ts'
import type { ExperimentResult, Comparison, Verdict } from '../core/model/experiment-result.ts'
import { isOfShares } from '../core/model/goal-metric.ts'
import { breakdownLines } from './print-breakdown.ts'
import { interactionLines } from './print-interactions.ts'
import { integer, lakeLine } from './print-lake.ts'
import { metricLines, metricRows } from './print-metric.ts'
import { percent, probability, signed } from './print-numbers.ts'
import { allocationText, operationText, rolloutText } from './print-operation.ts'
import { priorLines } from './print-prior.ts'
import { reproductionText } from './print-reproduction.ts'
import type { RunEvent } from './run-event.ts'

export function toText(event: RunEvent): string {
  switch (event.kind) {
    case 'engine': {
      const why = event.passedOver.map((sentence) => ` (${sentence})`).join('')
      return `Engine: ${event.engine}.${why}`
    }
    case 'archived':
      return `${event.environmentId}: archived, left out.`
    case 'unpublished':
      return (
        `${event.environmentId}: revision ${event.revision} is not published since ${minute(event.since)}, ` +
        `after ${event.attempts} attempts; edge decides by an older one.`
      )
    case 'idle':
      return event.work === 'experiments'
        ? `${event.environmentId}: no experiment is running, nothing to conclude.`
        : `${event.environmentId}: no operation is active, nothing to apply.`
    case 'advanced': {
      const { status, startAt, stopAt } = event.experiment
      return status === 'running'
        ? `${experimentPath(event)}: has started, as planned for ${minute(startAt)}.`
        : `${experimentPath(event)}: has ended, as planned for ${minute(stopAt)}.`
    }
    case 'not-started':
      return `${experimentPath(event)}: starts at ${minute(event.experiment.startAt)}.`
    case 'settled':
      return `${experimentPath(event)}: stopped, and its rollout is gone or its goals were edited since; the last result stands.`
    case 'no-events':
      return `${experimentPath(event)}/${event.goalKey}: no user was exposed yet, nothing to conclude.`
    case 'concluded':
      return resultBlock(`${experimentPath(event)}/${event.goalKey}`, event.result)
    case 'leased':
      return `${event.environmentId}: ${event.holder} works on its operations, until ${minute(event.until)} at least.`
    case 'confirmed':
      return rolloutText(event)
    case 'moved':
    case 'not-moved':
      return allocationText(event)
    case 'skipped':
      return `${event.environmentId}/${event.id}: skipped, ${event.reason}.`
    case 'damaged': {
      const { key, reason, records, isCounted } = event.object
      const lost = records === undefined ? 'its records are' : `its ${integer(records)} records are`
      return `DAMAGED ${key}: ${reason}; ${isCounted ? 'it is counted all the same' : `${lost} not counted`}.`
    }
    case 'recounted': {
      const { environmentId, questions, differing } = event
      const found =
        differing === 0 ? 'the counts kept were right' : `${differing} had been counted WRONGLY before`
      return `${environmentId}: all ${questions} questions counted anew; ${found}.`
    }
    case 'reproduced':
      return reproductionText(event)
    case 'bundled':
      return `${event.environmentId}: ${event.file}, ${integer(event.bytes)} bytes.`
    case 'replayed':
      return `${event.key}: ${integer(event.records)} records are in the lake now.`
    case 'nothing-to-replay':
      return 'There are no dead letters, nothing to replay.'
    case 'job': {
      const { job, startedAt, durationMs, failures, everyMs, nextAt, runner } = event.job
      const ended = failures.length === 0 ? 'done' : `${failures.length} failures`
      const often = everyMs === undefined ? 'by hand or by cron' : `every ${everyMs / 1_000} s`
      return (
        `${event.environmentId}/${job}: ${ended} in ${(durationMs / 1_000).toFixed(1)} s, begun ` +
        `${minute(startedAt)}, ${often}${nextAt === null ? '' : `, next ${minute(nextAt)}`}, on ${runner}.`
      )
    }
    case 'never-run':
      return `${event.environmentId}: no runner has told of a job yet.`
    case 'watched':
    case 'armed':
    case 'applied':
      return operationText(event)
    case 'failed':
      return `FAILED ${event.subject}${event.subject && ': '}${event.failure.message}`
    default:
      return lakeLine(event)
  }
}

/** One line of JSON per event, for machines. */
export const toJsonLine = (event: RunEvent) => JSON.stringify(event)

const experimentPath = ({ environmentId, experiment }: Extract<RunEvent, { experiment: unknown }>) =>
  `${environmentId}/${experiment.id}`

function resultBlock(subject: string, result: ExperimentResult): string {
  const { window, variations, verdict, engine, health } = result
  const users = variations.reduce((sum, variation) => sum + variation.users, 0)
  const checks = health.checks.map(
    ({ name, status, detail }) => `${name} ${status.replaceAll('-', ' ')}: ${detail}`,
  )
  const indent = `\n${' '.repeat(12)}`
  return [
    `${subject}  ${minute(window.from)} to ${minute(window.to)}, ${integer(users)} users${frozenText(window)}`,
    ...table(result).map((line) => `  ${line}`),
    ...(result.metric ? metricLines(result.metric) : []).map((line) => `  ${line}`),
    ...funnelLines(result).map((line) => `  ${line}`),
    ...trustLines(result).map((line) => `  ${line}`),
    ...priorLines(result).map((line) => `  ${line}`),
    ...breakdownLines(result).map((line) => `  ${line}`),
    ...interactionLines(result).map((line) => `  ${line}`),
    ...(result.guardrails ?? []).map(({ outcome, reason }) => `  guardrail ${outcome}: ${reason}`),
    `  verdict   ${verdictText(verdict, result.metric)}`,
    `  engine    ${engineText(engine)}`,
    `  health    ${health.status}${checks.map((check) => indent + check).join('')}`,
    '',
  ].join('\n')
}

const frozenText = ({ exposuresUntil }: ExperimentResult['window']) =>
  exposuresUntil === undefined ? '' : ` who came until ${minute(exposuresUntil)}`

/** How many users reached each step, and which share of the step before. */
const funnelLines = ({ variations, metric }: ExperimentResult): string[] =>
  metric?.definition.kind !== 'funnel'
    ? []
    : variations.flatMap(({ variationId, users, steps = [] }) => {
        const names = [...(metric.definition.kind === 'funnel' ? metric.definition.steps : []), metric.event]
        const each = steps.map((reached, k) => {
          const before = k === 0 ? users : steps[k - 1]!
          return `${names[k]} ${integer(reached)}${before > 0 ? ` (${percent(reached / before)})` : ''}`
        })
        return each.length > 0
          ? [`funnel    ${variationId}: ${integer(users)} users, ${each.join(', ')}`]
          : []
      })

/** Whom the figures are of, and how many of them edge verified. */
function trustLines({ trust }: ExperimentResult): string[] {
  if (!trust) return []
  const { counts, unitAttribute, usersWithoutUnit, variations } = trust
  const known = variations.filter((each) => each.verifiedUsers + each.unverifiedUsers > 0)
  const each = known.map(
    ({ variationId, verifiedUsers, unverifiedUsers }) =>
      `${variationId} ${integer(verifiedUsers)} verified, ${integer(unverifiedUsers)} not`,
  )
  const without = usersWithoutUnit > 0 ? `; ${integer(usersWithoutUnit)} users without one are left out` : ''
  return [
    ...(unitAttribute === '' ? [] : [`unit      ${unitAttribute}, not users${without}`]),
    ...(counts === 'all' ? [] : [`counts    ${countsText[counts]}`]),
    ...(each.length > 0 ? [`trust     ${each.join('; ')}`] : []),
  ]
}

const countsText = {
  verified: 'verified exposures and those with a server key',
  server: 'events with a server key',
}

const heading = ['variation', 'users', 'conversions', 'rate (95 %)', 'P(best)', 'lift (95 % at all looks)']

function table(result: ExperimentResult): string[] {
  const { metric } = result
  if (metric && !isOfShares(metric.definition)) {
    const { lines, numbers } = metricRows(result, metric)
    return aligned(lines, numbers)
  }
  return aligned([heading, ...rateRows(result)], [1, 2, 4])
}

const rateRows = ({ variations, baselineVariationId, comparisons }: ExperimentResult): string[][] =>
  variations.map(({ variationId, users, conversions, rate, probabilityBest }) => [
    variationId,
    integer(users),
    integer(conversions),
    rate ? `${percent(rate.mean)} (${percent(rate.q025)} to ${percent(rate.q975)})` : 'no users yet',
    probabilityBest === null ? '' : probability(probabilityBest),
    variationId === baselineVariationId
      ? 'baseline'
      : liftText(comparisons?.find((one) => one.variationId === variationId)),
  ])

function aligned(lines: readonly (readonly string[])[], numbers: readonly number[]): string[] {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  return lines.map((line) =>
    line
      .map((cell, column) =>
        numbers.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}

function liftText(comparison: Comparison | undefined): string {
  if (!comparison?.relative) return 'not measured'
  const { estimate, low, high } = comparison.relative
  const range = `${signed(low)} to ${high === null ? 'no bound' : signed(high)}`
  return `${signed(estimate)} (${range}), ${comparison.outcome}`
}

function verdictText(verdict: Verdict, metric: ExperimentResult['metric']): string {
  if (verdict.kind !== 'winner') return `${verdict.kind}: ${verdict.reason}`
  const { variationId, probabilityBest, expectedLoss, reason } = verdict
  const isShare = !metric || isOfShares(metric.definition)
  const loss = isShare ? percent(expectedLoss) : Number(expectedLoss.toPrecision(3))
  const figures = `probability ${probability(probabilityBest)}, expected loss ${loss}`
  return `winner: ${variationId}, best with ${figures}${reason ? `. ${reason}` : ''}`
}

function engineText(engine: EngineReport): string {
  if (engine.kind === 'exact') return `exact (${engine.method})`
  const { kind, stanVersion, model, seed, chains, draws, rhatMax, essBulkMin, essTailMin, divergences } =
    engine
  return (
    `${kind} ${stanVersion}, model ${model}, seed ${seed}, ${chains} chains of ${draws} draws; ` +
    `R-hat at most ${rhatMax.toFixed(4)}, ESS at least ${Math.floor(essBulkMin)} (bulk) ` +
    `and ${Math.floor(essTailMin)} (tails), ${divergences} divergences`
  )
}

const minute = (epochMs: number) => `${new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
