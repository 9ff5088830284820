// The reasons for which a request can be refused. Each protocol maps every code to its own form.

export type ProblemCode =
  | 'INVALID'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'IN_USE'
  | 'EXPERIMENT_RUNNING'
  | 'FORBIDDEN'
  | 'UNAUTHENTICATED'
  | 'TOO_LARGE'
  | 'UNSUPPORTED_ENCODING'
  | 'RATE_LIMITED'
  | 'UNAVAILABLE'

/**
 * The rules for fields that a schema cannot express. Broken schema rules use zod's code: `too-big`,
 * `invalid-type`.
 */
export type FieldRule =
  | 'duplicate'
  | 'unknown-variation'
  | 'unknown-flag'
  | 'unknown-segment'
  | 'unknown-goal'
  | 'unknown-operation'
  | 'unknown-rollout'
  | 'cycle'
  | 'taken'
  | 'value-of-type'
  | 'value-depth'
  | 'value-of-schema'
  | 'schema'
  | 'bundle-is-object'
  | 'whole-percents'
  | 'weights-sum'
  | 'clause-attribute'
  | 'clause-values'
  | 'clause-case'
  | 'clause-comparison'
  | 'clause-pattern'
  | 'order-of-time'
  | 'moves-users'
  | 'metadata-name'
  | 'depth'
  | 'bucket-by'
  | 'time-zone'
  | 'contrary'

export interface FieldProblem {
  /** Dotted path to the field, as in the request: `rules.0.strategy.shares.1.weight`. */
  readonly path: string
  /** The broken rule, for programs: a FieldRule, or zod's code with hyphens. */
  readonly rule?: string
  /** Where in the field, as a JSON pointer (RFC 6901): in a JSON value, or in a JSON Schema. */
  readonly pointer?: string
  readonly message: string
}

export interface Problem {
  readonly code: ProblemCode
  /** One sentence for a person. */
  readonly message: string
  readonly fields?: readonly FieldProblem[]
  /** What is stored and stands in the way: with `yours`, a newer version; else it may be another entity. */
  readonly current?: unknown
  /** The edit, with its version, if it was based on an older one. No other refusal has it. */
  readonly yours?: unknown
  /** The entities that still depend on one that should be deleted or archived. */
  readonly dependents?: readonly { readonly kind: string; readonly id: string }[]
  /** When a refused client may try again; absent: in a second. */
  readonly retryAfterSeconds?: number
}

/** A value, or why there is none. `E` is the kind of failure, where a room has its own. */
export type Result<T, E = Problem> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: E }

/** An issue as zod reports it. Our own rules are in `params.rule`. */
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

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value })

export const refuse = (
  code: ProblemCode,
  message: string,
  more: Omit<Problem, 'code' | 'message'> = {},
): { ok: false; problem: Problem } => ({
  ok: false,
  problem: { code, message, ...more },
})
