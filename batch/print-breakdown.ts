// What a result says of segments, as lines.
import type { Breakdown } from '../core/model/breakdown.ts'
import type { EngineReport } from '../core/model/engine-report.ts'
import type { ExperimentResult } from '../core/model/experiment-result.ts'
import { integer } from './print-lake.ts'
import { percent, signed } from './print-numbers.ts'

/** Of each attribute, in lines; the rest is in the result itself. */
const segmentsShown = 5

export const breakdownLines = ({ breakdowns = [], baselineVariationId }: ExperimentResult): string[] =>
  breakdowns.flatMap(({ attribute, segments, engine }) => {
    const more = segments.length - segmentsShown
    return [
      `by        ${attribute}${engine ? `, by ${engineText(engine)}` : ''}`,
      ...segments.slice(0, segmentsShown).map((segment) => segmentLine(segment, baselineVariationId)),
      ...(more > 0 ? [`          and ${more} more`] : []),
    ]
  })

const engineText = (engine: EngineReport) =>
  engine.kind === 'exact' ? engine.method : `${engine.kind} ${engine.stanVersion}, model ${engine.model}`

function segmentLine(
  { value, variations, comparisons }: Breakdown['segments'][number],
  baselineVariationId: string,
): string {
  const name = value === null ? 'all others' : value === '' ? 'not told' : value
  const arms = variations.map(({ variationId, users, conversions }) => {
    const share = users > 0 ? ` (${percent(conversions / users)})` : ''
    const figures = `${variationId} ${integer(conversions)} of ${integer(users)}${share}`
    const lift = comparisons.find((one) => one.variationId === variationId)?.pooled
    return variationId === baselineVariationId || !lift
      ? figures
      : `${figures}, pooled ${signed(lift.estimate)} (${signed(lift.low)} to ${signed(lift.high)})`
  })
  return `          ${name}: ${arms.join('; ')}`
}
