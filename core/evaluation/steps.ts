// Bounds the work of one request. A pattern, `contains`, and any clause about a list take time that grows
// with the attribute times the clause's values, and with the number of flags that have such clauses. What
// they take is counted in steps; when a request has none left, each flag that needs more is an error of its
// own. The same request on the same snapshot always ends in the same place. Nothing else is counted, so flags
// without such clauses pay nothing and are always answered.
import { evaluationStepsMax } from '../model/limits.ts'
import type { Steps } from '../text/regex.ts'

export type { Steps } from '../text/regex.ts'

export const makeSteps = (): Steps => ({ left: evaluationStepsMax })

export const stepsUsedUpMessage =
  `the attributes take too long to compare: this request has used up its ${evaluationStepsMax} steps. ` +
  'Send shorter attributes, or use fewer patterns'

/** Thrown where the steps end and caught where a flag is decided, so that all others need no checks. */
export const stepsUsedUp = new Error(stepsUsedUpMessage)

export function spend(steps: Steps, count: number): void {
  if ((steps.left -= count) < 0) throw stepsUsedUp
}
