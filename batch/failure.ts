// One closed vocabulary of what can keep the runner from its work. Each kind owns an exit code, and says
// whether trying again can help.

export const failureKinds = {
  usage: { exitCode: 2, retry: false },
  'chdb-missing': { exitCode: 3, retry: false },
  'stan-missing': { exitCode: 4, retry: false },
  'api-unreachable': { exitCode: 5, retry: true },
  'api-refused': { exitCode: 6, retry: false },
  'lake-unreachable': { exitCode: 7, retry: true },
  /** One experiment or operation cannot be done; the others were. */
  job: { exitCode: 8, retry: false },
} as const
/** No failure, yet nothing concluded: experiments run, and nobody was exposed to any of them so far. */
export const noEventsExitCode = 9

export type FailureKind = keyof typeof failureKinds

export interface Failure {
  readonly kind: FailureKind
  /** Sentences for a person: what is wrong, and what to do about it where we know. */
  readonly message: string
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure }

export const done = <T>(value: T): Outcome<T> => ({ ok: true, value })

export const fail = (kind: FailureKind, message: string): { ok: false; failure: Failure } => ({
  ok: false,
  failure: { kind, message },
})

/**
 * A kind that stopped everything speaks for the run; where something was done, or kinds differ, "some jobs
 * failed" does.
 */
export function exitCodeOf(failures: readonly Failure[], anythingDone: boolean): number {
  const [first] = failures
  if (!first) return 0
  const isCommon = !anythingDone && failures.every(({ kind }) => kind === first.kind)
  return failureKinds[isCommon ? first.kind : 'job'].exitCode
}

/** Of an error that came from a library or the platform: fetch and Node hide the reason in `cause`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message
}
