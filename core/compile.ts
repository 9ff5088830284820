// Once per revision and isolate: a snapshot with every operand parsed, every answer made, and flags in the order they depend on each other.
import type { AnyOf, Clause } from './clause.ts'
import type { EvaluationContext } from './context.ts'
import type { Cause, DecidedVariation, ErrorCode, Evaluation, Reason } from './evaluation.ts'
import type { Flag, Strategy } from './flag.ts'
import { parseValue } from './value.ts'
import { compileAttributeClause } from './match.ts'
import type { Segment } from './segment.ts'
import { type Snapshot, type SnapshotKey, dependenciesOf } from './snapshot.ts'

/** What was decided so far in this request, by the flags' place in the snapshot. */
export type Decided = readonly (Evaluation | undefined)[]
type Test = (context: EvaluationContext, decided: Decided) => boolean

export type CompiledStrategy =
  | { readonly kind: 'fixed'; readonly evaluation: Evaluation }
  | {
      readonly kind: 'rollout'
      readonly ruleId: string
      readonly weights: readonly number[]
      readonly evaluations: readonly Evaluation[]
      /** For the untracked remainder. */
      readonly untracked: Evaluation
      readonly audience: { readonly percentage: number; readonly evaluation: Evaluation } | undefined
    }

export interface CompiledFlag {
  readonly index: number
  readonly flag: Flag
  /** Places of all flags this one depends on, transitively, in an order in which they can be decided. */
  readonly dependencies: readonly number[]
  /** Set where the flag can never be decided: a cycle, or a dependency that is missing. */
  readonly broken: Evaluation | undefined
  readonly prerequisites: readonly { readonly index: number; readonly variationId: string }[]
  readonly targets: ReadonlyMap<string, Evaluation>
  readonly rules: readonly { readonly matches: Test; readonly strategy: CompiledStrategy }[]
  readonly defaultStrategy: CompiledStrategy
  readonly off: Evaluation
  readonly prerequisiteFailed: Evaluation
  readonly targetingKeyMissing: Evaluation
}

export interface CompiledSnapshot {
  readonly snapshot: Snapshot
  readonly environmentId: string
  readonly revision: number
  readonly flags: readonly CompiledFlag[]
  readonly byKey: ReadonlyMap<string, CompiledFlag>
  /** The same flags, each after those it depends on. */
  readonly inOrder: readonly CompiledFlag[]
  /** SDK keys by the SHA-256 of their text. */
  readonly sdkKeys: ReadonlyMap<string, SnapshotKey>
}

export function compile(snapshot: Snapshot): CompiledSnapshot {
  const places = new Map(snapshot.flags.map(({ key }, index) => [key, index]))
  const orders = snapshot.flags.map((flag) => orderOf(flag, snapshot.flags, places))
  const segments = compileSegments(snapshot.segments)
  const flags = snapshot.flags.map((flag, index) =>
    compileFlag(flag, index, orders[index]!, places, segments),
  )
  const placed = new Set<number>()
  for (const { index, dependencies } of flags) for (const each of [...dependencies, index]) placed.add(each)
  return {
    snapshot,
    environmentId: snapshot.environmentId,
    revision: snapshot.revision,
    flags,
    byKey: new Map(flags.map((compiled) => [compiled.flag.key, compiled])),
    inOrder: [...placed].map((index) => flags[index]!),
    sdkKeys: new Map(snapshot.sdkKeys.map((key) => [key.sha256, key])),
  }
}

type Order =
  | { readonly ok: true; readonly dependencies: readonly number[] }
  | { readonly ok: false; readonly message: string }

/** Depth first through what the flag depends on. A cycle or a gap anywhere below is this flag's own error. */
function orderOf(flag: Flag, flags: readonly Flag[], places: ReadonlyMap<string, number>): Order {
  const done = new Set<string>()
  const open = new Set<string>()
  const ordered: number[] = []
  const visit = (at: Flag): string | undefined => {
    if (open.has(at.key)) return `depends on itself through ${at.key}`
    if (done.has(at.key)) return undefined
    open.add(at.key)
    for (const key of dependenciesOf(at)) {
      const place = places.get(key)
      if (place === undefined) return `depends on the flag ${key}, which is not there`
      const message = visit(flags[place]!)
      if (message !== undefined) return message
    }
    open.delete(at.key)
    done.add(at.key)
    if (at !== flag) ordered.push(places.get(at.key)!)
    return undefined
  }
  const message = visit(flag)
  return message === undefined ? { ok: true, dependencies: ordered } : { ok: false, message }
}

function compileFlag(
  flag: Flag,
  index: number,
  order: Order,
  places: ReadonlyMap<string, number>,
  segments: ReadonlyMap<string, Test>,
): CompiledFlag {
  const variations = new Map(
    flag.variations.map((variation): [string, DecidedVariation] => [
      variation.id,
      { ...variation, typed: parseValue(flag.type, variation.value) ?? variation.value },
    ]),
  )
  const answer = (cause: Cause, reason: Reason, variationId: string | undefined): Evaluation => {
    const variation = variationId === undefined ? undefined : variations.get(variationId)
    return { flagKey: flag.key, flag, reason, cause, variation, error: undefined }
  }
  const strategy = (
    cause: Cause & { ruleId: string },
    chosen: Strategy,
    fixedReason: Reason,
  ): CompiledStrategy => {
    if (chosen.kind === 'fixed')
      return { kind: 'fixed', evaluation: answer(cause, fixedReason, chosen.variationId) }
    return {
      kind: 'rollout',
      ruleId: cause.ruleId,
      weights: chosen.shares.map(({ weight }) => weight),
      evaluations: chosen.shares.map(({ variationId }) => answer(cause, 'SPLIT', variationId)),
      untracked: answer(cause, 'SPLIT', undefined),
      audience: chosen.audience && {
        percentage: chosen.audience.percentage,
        evaluation: answer(cause, 'SPLIT', chosen.audience.defaultVariationId),
      },
    }
  }
  const hasTargeting = flag.rules.length + flag.targets.length + flag.prerequisites.length > 0
  return {
    index,
    flag,
    dependencies: order.ok ? order.dependencies : [],
    broken: order.ok ? undefined : failure(flag.key, flag, 'GENERAL', order.message),
    prerequisites: flag.prerequisites.map(({ flagKey, variationId }) => ({
      index: places.get(flagKey) ?? -1,
      variationId,
    })),
    // Bucketeer: targets are read in order, so the first entry that lists a user wins.
    targets: new Map(
      flag.targets
        .flatMap(({ variationId, targetingKeys }) => {
          const evaluation = answer({ kind: 'target' }, 'TARGETING_MATCH', variationId)
          return targetingKeys.map((targetingKey): [string, Evaluation] => [targetingKey, evaluation])
        })
        .toReversed(),
    ),
    rules: flag.rules.map((rule) => ({
      matches: anyGroup(rule.anyOf, places, segments),
      strategy: strategy({ kind: 'rule', ruleId: rule.id }, rule.strategy, 'TARGETING_MATCH'),
    })),
    defaultStrategy: strategy(
      { kind: 'default', ruleId: flag.defaultStrategy.id },
      flag.defaultStrategy.strategy,
      hasTargeting ? 'DEFAULT' : 'STATIC',
    ),
    off: answer({ kind: 'off' }, 'DISABLED', flag.offVariationId),
    prerequisiteFailed: answer({ kind: 'prerequisite' }, 'PREREQUISITE_FAILED', flag.offVariationId),
    targetingKeyMissing: failure(
      flag.key,
      flag,
      'TARGETING_KEY_MISSING',
      'this flag is split by targeting key, and the context has none',
    ),
  }
}

export function failure(
  flagKey: string,
  flag: Flag | undefined,
  code: ErrorCode,
  message: string,
): Evaluation {
  return {
    flagKey,
    flag,
    reason: 'ERROR',
    cause: { kind: 'error' },
    variation: undefined,
    error: { code, message },
  }
}

function compileSegments(segments: readonly Segment[]): ReadonlyMap<string, Test> {
  return new Map(
    segments.map((segment): [string, Test] => {
      const included = new Set(segment.included)
      const matches = anyGroup(segment.anyOf, new Map(), new Map())
      return [
        segment.key,
        (context, decided) =>
          (context.targetingKey !== undefined && included.has(context.targetingKey)) ||
          matches(context, decided),
      ]
    }),
  )
}

function anyGroup(
  anyOf: AnyOf,
  places: ReadonlyMap<string, number>,
  segments: ReadonlyMap<string, Test>,
): Test {
  const groups = anyOf.map((group) => group.map((clause) => compileClause(clause, places, segments)))
  return (context, decided) => groups.some((tests) => tests.every((test) => test(context, decided)))
}

function compileClause(
  clause: Clause,
  places: ReadonlyMap<string, number>,
  segments: ReadonlyMap<string, Test>,
): Test {
  switch (clause.operator) {
    case 'in-segment': {
      const tests = clause.values.flatMap((key) => segments.get(key) ?? []) // an unknown segment has no members
      return (context, decided) => tests.some((test) => test(context, decided))
    }
    case 'flag-is': {
      const place = places.get(clause.attribute) ?? -1
      const wanted = new Set(clause.values)
      return (_, decided) => wanted.has(decided[place]?.variation?.id ?? '')
    }
    default:
      return compileAttributeClause({ ...clause, operator: clause.operator })
  }
}
