// When an environment next changes by itself.
import type { EnvironmentState } from './environment-state.ts'
import { isOpen } from './schedule.ts'

/** Epoch milliseconds; undefined if it does not. */
export function nextChangeAt({
  schedule,
  progressiveRollout,
  holdout,
}: EnvironmentState): number | undefined {
  let next: number | undefined
  const consider = (at: number | undefined) => {
    if (at !== undefined && (next === undefined || at < next)) next = at
  }
  for (const each of schedule.values()) if (isOpen(each)) consider(each.at)
  for (const { status, at } of progressiveRollout.values())
    if (status === 'waiting' || status === 'running') consider(at)
  for (const { at } of holdout.values()) consider(at)
  return next
}
