// One closed vocabulary of refusals. Each protocol owns a total table from these codes to its own form.

export type ProblemCode =
  | 'INVALID'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'IN_USE'
  | 'FORBIDDEN'
  | 'UNAUTHENTICATED'
  | 'TOO_LARGE'
  | 'RATE_LIMITED'
  | 'UNAVAILABLE'

export interface FieldProblem {
  /** Dotted path to the field, as in the request: `rules.0.strategy.shares.1.weight`. */
  readonly path: string
  readonly message: string
}

export interface Problem {
  readonly code: ProblemCode
  /** One sentence for a person. */
  readonly message: string
  readonly fields?: readonly FieldProblem[]
  /** What is stored now, when a stale edit is refused. */
  readonly current?: unknown
  /** What the stale edit asked for. */
  readonly yours?: unknown
  /** Who stands in the way, when what is in use would go away. */
  readonly users?: readonly { readonly kind: string; readonly id: string }[]
}

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })

export const refuse = (
  code: ProblemCode,
  message: string,
  more: Omit<Problem, 'code' | 'message'> = {},
): { ok: false; problem: Problem } => ({
  ok: false,
  problem: { code, message, ...more },
})
