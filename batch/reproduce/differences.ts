// What differs between a stored result and the same computed again, field by field.
import type { ExperimentResult } from '../../core/model/experiment-result.ts'

const differencesMax = 20

export interface Reproduction {
  readonly computedAt: number
  readonly inputHash: string
  /** What differs if the stored facts are computed again, and if they are counted again. */
  readonly fromFacts: readonly string[]
  readonly fromLake: readonly string[]
  /** Why differences are to be expected. */
  readonly remarks: readonly string[]
}

/** Of the figures: `variations.0.users: 600, now 601`. Equal to the last digit, or it is a difference. */
export function differencesOf(stored: ExperimentResult, again: ExperimentResult): string[] {
  const found: string[] = []
  compare(asJson(stored), asJson(again), '', found)
  const more = found.length - differencesMax
  return more > 0 ? [...found.slice(0, differencesMax), `and ${more} more`] : found
}

const asJson = (result: ExperimentResult): unknown => JSON.parse(JSON.stringify(result))

function compare(stored: unknown, again: unknown, path: string, found: string[]): void {
  if (Object.is(stored, again)) return
  if (isObject(stored) && isObject(again)) {
    for (const key of new Set([...Object.keys(stored), ...Object.keys(again)]))
      compare(stored[key], again[key], path === '' ? key : `${path}.${key}`, found)
    return
  }
  found.push(`${path}: ${JSON.stringify(stored)}, now ${JSON.stringify(again)}`)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
