// Whether a stored result was computed again to the digit, as lines.
import type { RunEvent } from './run-event.ts'

export function reproductionText(event: Extract<RunEvent, { kind: 'reproduced' }>): string {
  const { environmentId, experimentId, goalKey, computedAt, inputHash, fromFacts, fromLake, remarks } = event
  const found = (differences: readonly string[]) =>
    differences.length === 0 ? 'identical to the digit' : `DIFFERENT\n    ${differences.join('\n    ')}`
  return [
    `${environmentId}/${experimentId}/${goalKey} of ${new Date(computedAt).toISOString()}, input ${inputHash.slice(0, 12)}:`,
    `  from its stored facts: ${found(fromFacts)}`,
    `  counted from the lake: ${found(fromLake)}`,
    ...remarks.map((remark) => `  ${remark}`),
    ...(fromLake.length > 0 ? [`  ${why}`] : []),
  ].join('\n')
}

const why =
  'Records that were received by then and stored later, or removed since, are counted differently now.'
