// What can keep the runner from its work: a closed vocabulary with an exit code for each kind. README.md says
// which of them are worth another try.

export const exitCodes = {
  /** The message has its stack. Of a whole run, Node prints it and ends with the same code. */
  bug: 1,
  usage: 2,
  'chdb-missing': 3,
  'stan-missing': 4,
  'api-unreachable': 5,
  'api-refused': 6,
  'lake-unreachable': 7,
  /** One experiment or operation cannot be done; the others were. */
  job: 8,
  /** 9 is taken: exit-code.ts. */
  'clickhouse-unreachable': 10,
  'clickhouse-refused': 11,
} as const

export type FailureKind = keyof typeof exitCodes

export interface Failure {
  readonly kind: FailureKind
  /** Sentences for a person: what is wrong, and what to do about it where that is known. */
  readonly message: string
}

export const fail = (
  kind: FailureKind,
  message: string,
): { readonly ok: false; readonly problem: Failure } => ({ ok: false, problem: { kind, message } })

/** The message of an error from a library or the platform. fetch and Node put the real one into `cause`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message
}
