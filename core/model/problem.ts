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

/** Rules that the shape of a field cannot say, by name. Those that it can are named as zod names them: `too-big`, `invalid-type`. */
export type FieldRule =
  | 'duplicate'
  | 'unknown-variation'
  | 'unknown-flag'
  | 'unknown-segment'
  | 'unknown-goal'
  | 'unknown-rollout'
  | 'cycle'
  | 'taken'
  | 'value-of-type'
  | 'value-depth'
  | 'bundle-is-object'
  | 'whole-percents'
  | 'weights-sum'
  | 'clause-attribute'
  | 'clause-values'
  | 'clause-case'
  | 'clause-pattern'
  | 'order-of-time'

export interface FieldProblem {
  /** Dotted path to the field, as in the request: `rules.0.strategy.shares.1.weight`. */
  readonly path: string
  /** Name of the rule that is broken, for programs: a FieldRule, or zod's code with hyphens. */
  readonly rule?: string
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

/** As zod tells it. Rules of our own come as `params.rule`. */
export interface SchemaIssue {
  readonly code?: string | undefined
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly params?: Readonly<Record<string, unknown>> | undefined
}

export function toFieldProblem({ code = 'custom', path, message, params }: SchemaIssue): FieldProblem {
  const own = params?.['rule']
  const rule = typeof own === 'string' ? own : code.replaceAll('_', '-')
  return { path: path.map(String).join('.'), rule, message }
}

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })

export const refuse = (
  code: ProblemCode,
  message: string,
  more: Omit<Problem, 'code' | 'message'> = {},
): { ok: false; problem: Problem } => ({
  ok: false,
  problem: { code, message, ...more },
})
