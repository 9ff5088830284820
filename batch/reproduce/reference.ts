// How a command line names a stored result: EXPERIMENT/GOAL, the newest one, or EXPERIMENT/GOAL@TIME with the
// time at which it was computed, in epoch milliseconds or as a date.
import { type Failure, fail } from '../failure.ts'
import { ok, type Result } from '../../core/model/problem.ts'

export interface ResultReference {
  readonly experimentId: string
  readonly goalKey: string
  /** Epoch milliseconds; undefined: the newest. */
  readonly computedAt: number | undefined
}

export function readReference(text: string): Result<ResultReference, Failure> {
  // Neither a slash nor an at sign is in the key of a goal.
  const parts = /^(.+)\/([^/@]+)(?:@(.+))?$/.exec(text)
  const [, experimentId = '', goalKey = '', time] = parts ?? []
  const computedAt = time === undefined ? undefined : /^\d+$/.test(time) ? Number(time) : Date.parse(time)
  if (!parts || Number.isNaN(computedAt))
    return fail('usage', `A result is EXPERIMENT/GOAL or EXPERIMENT/GOAL@TIME, not '${text}'.`)
  return ok({ experimentId, goalKey, computedAt })
}
