// Reports as people read them. Pure: a report in, lines out.
import type {
  EngineReport,
  ExperimentResult,
  VariationResult,
  Verdict,
} from '../core/model/experiment-result.ts'
import type { Operation, OperationFacts } from '../core/model/operation.ts'
import type { Report } from './run-event.ts'

export function toText(report: Report): string {
  switch (report.kind) {
    case 'engine': {
      const why = report.passedOver.map((sentence) => ` (${sentence})`).join('')
      return `Engine: ${report.engine}.${why}`
    }
    case 'idle':
      return report.work === 'experiments'
        ? `${report.environmentId}: no experiment is running, nothing to conclude.`
        : `${report.environmentId}: no operation is active, nothing to apply.`
    case 'not-started':
      return `${report.environmentId}/${report.experiment.id}: starts at ${minute(report.experiment.startAt)}.`
    case 'settled':
      return `${report.environmentId}/${report.experiment.id}: stopped, and its rollout is gone; the last result stands.`
    case 'no-events':
      return `${report.environmentId}/${report.experiment.id}/${report.goalKey}: no user was exposed yet, nothing to conclude.`
    case 'concluded':
      return block(`${report.environmentId}/${report.experiment.id}/${report.goalKey}`, report.result)
    case 'watched':
      return `${aboutOperation(report.environmentId, report.operation, report.facts)}: not due.`
    case 'applied': {
      const what = report.changed ? 'flag turned off' : 'was applied already'
      return `${aboutOperation(report.environmentId, report.operation, report.facts)}: due, ${what}, revision ${report.revision}.`
    }
    case 'failed':
      return `FAILED ${report.subject}${report.subject && ': '}${report.failure.message}`
    default:
      return report satisfies never
  }
}

/** One line of JSON per report, for machines. */
export const toJsonLine = (report: Report) => JSON.stringify(report)

function block(subject: string, result: ExperimentResult): string {
  const { window, variations, baselineVariationId, verdict, engine, health } = result
  const users = variations.reduce((sum, variation) => sum + variation.users, 0)
  const checks = health.checks.map(({ name, status, detail }) => `${name} ${status}: ${detail}`)
  const indent = `\n${' '.repeat(12)}`
  return [
    `${subject}  ${minute(window.from)} to ${minute(window.to)}, ${integer(users)} users`,
    ...table(variations, baselineVariationId).map((line) => `  ${line}`),
    `  verdict   ${aloud(verdict)}`,
    `  engine    ${engineLine(engine)}`,
    `  health    ${health.status}${checks.map((check) => indent + check).join('')}`,
    '',
  ].join('\n')
}

const heading = ['variation', 'users', 'conversions', 'rate (95 %)', 'P(best)', 'uplift (95 %)']

function table(variations: readonly VariationResult[], baselineVariationId: string): string[] {
  const rows = variations.map(({ variationId, users, conversions, rate, probabilityBest, uplift }) => [
    variationId,
    integer(users),
    integer(conversions),
    `${percent(rate.mean)} (${percent(rate.q025)} to ${percent(rate.q975)})`,
    probability(probabilityBest),
    variationId === baselineVariationId || !uplift
      ? 'baseline'
      : `${uplift.mean === null ? 'no mean' : signed(uplift.mean)} (${signed(uplift.q025)} to ${signed(uplift.q975)})`,
  ])
  const lines = [heading, ...rows]
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const isNumber = (column: number) => column === 1 || column === 2 || column === 4
  return lines.map((line) =>
    line
      .map((cell, column) =>
        isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}

function aloud(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'winner':
      return `winner: ${verdict.variationId}, best with probability ${probability(verdict.probabilityBest)}, expected loss ${percent(verdict.expectedLoss)}`
    case 'undecided':
    case 'withheld':
      return `${verdict.kind}: ${verdict.reason}`
    default:
      return verdict satisfies never
  }
}

function engineLine(engine: EngineReport): string {
  if (engine.kind === 'exact') return `exact (${engine.method})`
  const { kind, stanVersion, model, seed, chains, draws, rhatMax, essBulkMin, essTailMin, divergences } =
    engine
  return (
    `${kind} ${stanVersion}, model ${model}, seed ${seed}, ${chains} chains of ${draws} draws; R-hat at most ${rhatMax.toFixed(4)}, ` +
    `ESS at least ${Math.floor(essBulkMin)} (bulk) and ${Math.floor(essTailMin)} (tails), ${divergences} divergences`
  )
}

function aboutOperation(
  environmentId: string,
  operation: Operation,
  { exposedUsers, goalUsers }: OperationFacts,
): string {
  const { id, flagKey, variationId, goalKey, comparison, threshold, minimumUsers } = operation
  const rate = exposedUsers > 0 ? ` (${percent(goalUsers / exposedUsers)})` : ''
  return (
    `${environmentId}/${id}: ${flagKey} ${variationId}, ${integer(goalUsers)} of ${integer(exposedUsers)} users reached ${goalKey}${rate}; ` +
    `fires ${comparison.replace('-', ' ')} ${percent(threshold)} of ${integer(minimumUsers)} users or more`
  )
}

const minute = (epochMs: number) => `${new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
const integer = (value: number) => value.toLocaleString('en-US').replaceAll(',', ' ')
const probability = (value: number) => value.toFixed(3)

/** Three significant digits, so that rare conversions are not all 0.0 %. */
function percent(share: number): string {
  const value = share * 100
  return `${value === 0 ? '0' : Math.abs(value) >= 10 ? value.toFixed(1) : value.toPrecision(3)} %`
}

const signed = (share: number) => `${share > 0 ? '+' : ''}${percent(share)}`
