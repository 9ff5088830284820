// What edge tells the Durable Object that counts an environment's intake, without the class behind it.
import type { IntakeCounts } from '../../analytics/intake.ts'

export interface IntakeTotals {
  /** Events of the environment that were taken in this minute (UTC), as far as isolates have reported. */
  readonly acceptedThisMinute: number
  /** When this isolate should report next. */
  readonly nextInMs: number
}

export interface IntakeMeter {
  report(counts: IntakeCounts): IntakeTotals | Promise<IntakeTotals>
}
