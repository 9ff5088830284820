// What the environment's object remembers of a revision that is committed and could not be published, and
// when it tries again. Stored, so that neither a restart nor a question shortens the wait.

/** After a crash, the alarm publishes the newest revision within this time. Also the first wait. */
export const repairAfterMs = 2_000
/** Each failure doubles the wait, up to this. */
const repairAfterMsMax = 5 * 60_000

export interface Unpublished {
  /** The newest revision that could not be published. */
  readonly revision: number
  /** Epoch milliseconds: when the first attempt failed since the last publication. */
  readonly since: number
  readonly attempts: number
  /** Epoch milliseconds. */
  readonly retryAt: number
}

/** How long to wait after so many failures in a row. */
export const repairDelayMs = (attempts: number): number =>
  Math.min(repairAfterMs * 2 ** Math.max(0, attempts - 1), repairAfterMsMax)

export function afterFailure(before: Unpublished | undefined, revision: number, now: number): Unpublished {
  const attempts = (before?.attempts ?? 0) + 1
  return { revision, since: before?.since ?? now, attempts, retryAt: now + repairDelayMs(attempts) }
}
