// Once per revision and isolate: a snapshot with every operand parsed, every answer made, and flags in the order they depend on each other.
import type { AnyOf, Clause } from './clause.ts'
import type { Cause, DecidedVariation, ErrorCode, Evaluation, Reason } from './evaluation.ts'
import type { Allocation, Flag, Strategy, Variation } from './flag.ts'
import { type Prefix, prefixOf } from './hash/murmur3-x86-32.ts'
import { weightPerPercent, weightTotal } from './limits.ts'
import { type AttributeTest, compileAttributeClause } from './match.ts'
import type { Members } from './members.ts'
import { type Order, orderOf } from './order.ts'
import { makeReader, type Reader } from './reader.ts'
import type { Segment } from './segment.ts'
import type { Snapshot, SnapshotKey } from './snapshot.ts'
import { parseValue } from './value.ts'

/** Exactly one of the three is there: a clause asks for an attribute, for segments, or for another flag's variation. */
export interface Test {
  readonly clause: Clause
  readonly attribute: AttributeTest | undefined
  readonly segments: readonly CompiledSegment[] | undefined
  /** Place of the flag asked for. */
  readonly flagIndex: number
}
export type TestGroups = readonly (readonly Test[])[]

export interface CompiledSegment {
  readonly key: string
  readonly included: ReadonlySet<string>
  readonly members: Members | undefined
  readonly anyOf: TestGroups
}

/** One shape for all: `evaluations` of a fixed strategy has one entry, and `cuts` none. */
export interface CompiledStrategy {
  readonly ruleId: string
  readonly allocation: Allocation
  /** Undefined where the strategy is fixed. */
  readonly rollout: Rollout | undefined
  /** The answer of a fixed strategy, and of a rollout's untracked remainder. */
  readonly otherwise: Evaluation
}

export interface Rollout {
  /** Cumulative weights: a bucket belongs to the first share that it lies below. Of percent allocation in percents. */
  readonly cuts: readonly number[]
  readonly evaluations: readonly Evaluation[]
  /** Whether the weights sum to the whole. */
  readonly isWhole: boolean
  readonly input: HashInput
  readonly audience: Audience | undefined
}

/** What is hashed around the targeting key: `rule id` before it in percent allocation, `flag key-` and `-seed` in fine allocation. */
export interface HashInput {
  readonly before: string
  readonly after: string
  /** Of percent allocation: the state of the hash after `before`. */
  readonly prefix: Prefix | undefined
}

export interface Audience {
  /** Below it, a targeting key takes part; in the unit of `cuts`. */
  readonly cut: number
  readonly input: HashInput
  readonly evaluation: Evaluation
}

export interface CompiledFlag {
  readonly index: number
  readonly flag: Flag
  /** Places of all flags this one depends on, transitively, in an order in which they can be decided. */
  readonly dependencies: readonly number[]
  /** Set where the flag answers everybody the same: it is broken, off, or fixed without any targeting. */
  readonly constant: Evaluation | undefined
  readonly isEnabled: boolean
  /** Set where the flag can never be decided: a cycle, or a dependency that is missing. */
  readonly broken: Evaluation | undefined
  readonly prerequisites: readonly { readonly index: number; readonly variationId: string }[]
  /** Undefined where nobody is targeted. */
  readonly targets: ReadonlyMap<string, Evaluation> | undefined
  readonly rules: readonly { readonly anyOf: TestGroups; readonly strategy: CompiledStrategy }[]
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
  /** Places of the flags that are answered, per tag; filled when first asked for. `undefined` is the key for all. */
  readonly answered: Map<string | undefined, readonly number[]>
  /** SDK keys by the SHA-256 of their text. */
  readonly sdkKeys: ReadonlyMap<string, SnapshotKey>
  readonly reader: Reader
}

const noTests: TestGroups = []
const noPrerequisites: CompiledFlag['prerequisites'] = []

/** `members` holds the segments whose members lie apart from the snapshot, by key. */
export function compile(
  snapshot: Snapshot,
  members: ReadonlyMap<string, Members> = new Map(),
): CompiledSnapshot {
  const places = new Map<string, number>()
  snapshot.flags.forEach(({ key }, index) => places.set(key, index))
  const world: World = { places, slots: new Map(), segments: new Map() }
  for (const segment of snapshot.segments)
    world.segments.set(segment.key, compileSegment(segment, members, world))
  const orders = new Map<number, Order>()
  const flags = snapshot.flags.map((flag, index) =>
    compileFlag(flag, index, orderOf(index, snapshot.flags, places, orders), world),
  )
  const hasDependencies = flags.some(({ dependencies }) => dependencies.length > 0)
  const placed = new Set<number>()
  if (hasDependencies)
    for (const { index, dependencies } of flags) for (const each of [...dependencies, index]) placed.add(each)
  const byKey = new Map<string, CompiledFlag>()
  for (const compiled of flags) byKey.set(compiled.flag.key, compiled)
  return {
    snapshot,
    environmentId: snapshot.environmentId,
    revision: snapshot.revision,
    flags,
    byKey,
    inOrder: hasDependencies ? [...placed].map((index) => flags[index]!) : flags,
    answered: new Map(),
    sdkKeys: new Map(snapshot.sdkKeys.map((key) => [key.sha256, key])),
    reader: makeReader([...world.slots.keys()]),
  }
}

/** What clauses can name, and the slots given out so far to the attributes they ask for. */
interface World {
  readonly places: ReadonlyMap<string, number>
  readonly slots: Map<string, number>
  readonly segments: Map<string, CompiledSegment>
}

function compileFlag(flag: Flag, index: number, order: Order, world: World): CompiledFlag {
  const variations = flag.variations.map((variation) => decidable(flag, variation))
  const answer = (cause: Cause, reason: Reason, variationId: string | undefined): Evaluation => ({
    flagKey: flag.key,
    flag,
    reason,
    cause,
    variation: variationId === undefined ? undefined : variations.find(({ id }) => id === variationId),
    error: undefined,
  })
  const hasTargeting = flag.rules.length + flag.targets.length + flag.prerequisites.length > 0
  const { id, strategy } = flag.defaultStrategy
  const broken = order.message === undefined ? undefined : failure(flag.key, flag, 'GENERAL', order.message)
  const isFree = flag.prerequisites.length === 0
  const whenOff = answer(off, 'DISABLED', flag.offVariationId)
  const byDefault = compileStrategy(
    flag,
    { kind: 'default', ruleId: id },
    strategy,
    hasTargeting ? 'DEFAULT' : 'STATIC',
    answer,
  )
  const always = !isFree
    ? undefined
    : !flag.enabled
      ? whenOff
      : hasTargeting || byDefault.rollout
        ? undefined
        : byDefault.otherwise
  return {
    index,
    flag,
    constant: broken ?? always,
    isEnabled: flag.enabled,
    dependencies: order.dependencies,
    broken,
    prerequisites:
      flag.prerequisites.length === 0
        ? noPrerequisites
        : flag.prerequisites.map(({ flagKey, variationId }) => ({
            index: world.places.get(flagKey) ?? -1,
            variationId,
          })),
    targets: flag.targets.length === 0 ? undefined : targetsOf(flag, answer),
    rules: flag.rules.map((rule) => ({
      anyOf: compileGroups(rule.anyOf, world),
      strategy: compileStrategy(
        flag,
        { kind: 'rule', ruleId: rule.id },
        rule.strategy,
        'TARGETING_MATCH',
        answer,
      ),
    })),
    defaultStrategy: byDefault,
    off: whenOff,
    prerequisiteFailed: answer(prerequisite, 'PREREQUISITE_FAILED', flag.offVariationId),
    targetingKeyMissing: failure(
      flag.key,
      flag,
      'TARGETING_KEY_MISSING',
      'this flag is split by targeting key, and the context has none',
    ),
  }
}

const off: Cause = { kind: 'off' }
const prerequisite: Cause = { kind: 'prerequisite' }
const target: Cause = { kind: 'target' }
const error: Cause = { kind: 'error' }

const decidable = (flag: Flag, variation: Variation): DecidedVariation => ({
  ...variation,
  typed: parseValue(flag.type, variation) ?? variation.value,
})

type Answer = (cause: Cause, reason: Reason, variationId: string | undefined) => Evaluation

/** Bucketeer: targets are read in order, so the first entry that lists a user wins. */
function targetsOf(flag: Flag, answer: Answer): ReadonlyMap<string, Evaluation> {
  const targets = new Map<string, Evaluation>()
  for (const { variationId, targetingKeys } of flag.targets) {
    const evaluation = answer(target, 'TARGETING_MATCH', variationId)
    for (const key of targetingKeys) if (!targets.has(key)) targets.set(key, evaluation)
  }
  return targets
}

function hashInput({ allocation, key, seed }: Flag, ruleId: string, salt: string): HashInput {
  const before = salt + (allocation === 'percent' ? ruleId : `${key}-`)
  return {
    before,
    after: allocation === 'percent' ? '' : `-${seed}`,
    prefix: allocation === 'percent' ? prefixOf(before) : undefined,
  }
}

function compileStrategy(
  flag: Flag,
  cause: Cause & { ruleId: string },
  strategy: Strategy,
  fixedReason: Reason,
  answer: Answer,
): CompiledStrategy {
  const { ruleId } = cause
  const { allocation } = flag
  if (strategy.kind === 'fixed') {
    return {
      ruleId,
      allocation,
      rollout: undefined,
      otherwise: answer(cause, fixedReason, strategy.variationId),
    }
  }
  const unit = allocation === 'percent' ? weightPerPercent : 1
  let cumulative = 0
  const cuts = strategy.shares.map(({ weight }) => (cumulative += weight) / unit)
  const { audience } = strategy
  const isFiltered = audience !== undefined && audience.percentage > 0 && audience.percentage < 100 // Bucketeer: 0 and 100 filter nobody
  return {
    ruleId,
    allocation,
    rollout: {
      cuts,
      isWhole: cumulative >= weightTotal,
      evaluations: strategy.shares.map(({ variationId }) => answer(cause, 'SPLIT', variationId)),
      input: hashInput(flag, ruleId, ''),
      audience: isFiltered
        ? {
            cut: (audience.percentage * weightPerPercent) / unit,
            input: hashInput(flag, ruleId, 'traffic-'),
            evaluation: answer(cause, 'SPLIT', audience.defaultVariationId),
          }
        : undefined,
    },
    otherwise: answer(cause, 'SPLIT', undefined),
  }
}

export function failure(
  flagKey: string,
  flag: Flag | undefined,
  code: ErrorCode,
  message: string,
): Evaluation {
  return { flagKey, flag, reason: 'ERROR', cause: error, variation: undefined, error: { code, message } }
}

function compileSegment(
  segment: Segment,
  members: ReadonlyMap<string, Members>,
  world: World,
): CompiledSegment {
  const { key, included, anyOf } = segment
  return { key, included: new Set(included), members: members.get(key), anyOf: compileGroups(anyOf, world) }
}

function compileGroups(anyOf: AnyOf, world: World): TestGroups {
  return anyOf.length === 0
    ? noTests
    : anyOf.map((group) => group.map((clause) => compileClause(clause, world)))
}

function compileClause(clause: Clause, world: World): Test {
  const { operator, attribute, values } = clause
  if (operator === 'in-segment') {
    const segments = values.flatMap((key) => world.segments.get(key) ?? []) // an unknown segment has no members
    return { clause, attribute: undefined, segments, flagIndex: -1 }
  }
  if (operator === 'flag-is')
    return { clause, attribute: undefined, segments: undefined, flagIndex: world.places.get(attribute) ?? -1 }
  return {
    clause,
    attribute: compileAttributeClause({ ...clause, operator }, slotOf(attribute, world)),
    segments: undefined,
    flagIndex: -1,
  }
}

function slotOf(attribute: string, { slots }: World): number {
  const slot = slots.get(attribute) ?? slots.size
  if (slot === slots.size) slots.set(attribute, slot)
  return slot
}
