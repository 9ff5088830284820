// Decides. No clock, no I/O, no throw: unknown flags and cycles are answers, and one bad flag never costs the others theirs. Nothing is
// allocated per flag: every answer was made when the snapshot was compiled.
import { fineBucket } from './bucket.ts'
import {
  type CompiledFlag,
  type CompiledSegment,
  type CompiledSnapshot,
  type CompiledStrategy,
  failure,
  type HashInput,
  type Test,
  type TestGroups,
} from './compile.ts'
import type { EvaluationContext } from './context.ts'
import type { Evaluation } from './evaluation.ts'
import { percentAfter, percentOfBlocks } from './hash/murmur3-x86-32.ts'
import { holds } from './match.ts'
import { isMember } from './members.ts'
import { begin, blocksOf, type Reader } from './reader.ts'

/** What was decided so far in this request, by the flags' place in the snapshot. */
export type Decided = readonly (Evaluation | undefined)[]
const nothingDecided: Decided = []

/** Decides one flag, and before it those it depends on. */
export function evaluate(
  compiled: CompiledSnapshot,
  flagKey: string,
  context: EvaluationContext,
): Evaluation {
  const asked = compiled.byKey.get(flagKey)
  if (!asked || asked.flag.archived)
    return failure(flagKey, undefined, 'FLAG_NOT_FOUND', `there is no flag ${flagKey}`)
  const { reader } = compiled
  begin(reader, context)
  const decided = decideDependencies(compiled, asked, reader)
  return decide(asked, reader, decided, 'one')
}

/** Decides what the flag stands on, in an order in which that can be done. */
export function decideDependencies(
  compiled: CompiledSnapshot,
  { dependencies }: CompiledFlag,
  reader: Reader,
): Decided {
  if (dependencies.length === 0) return nothingDecided
  const decided: (Evaluation | undefined)[] = []
  for (const index of dependencies) decided[index] = decide(compiled.flags[index]!, reader, decided, 'one')
  return decided
}

/** Decides every live flag, or those with a tag, in the snapshot's order. */
export function evaluateAll(
  compiled: CompiledSnapshot,
  context: EvaluationContext,
  tag?: string,
): Evaluation[] {
  const { flags, inOrder, reader } = compiled
  begin(reader, context)
  const decided: Evaluation[] = new Array(flags.length)
  for (let i = 0; i < inOrder.length; i++) {
    const flag = inOrder[i]!
    decided[flag.index] = decide(flag, reader, decided, 'all')
  }
  const answered = answeredOf(compiled, tag)
  if (answered.length === flags.length) return decided
  const chosen: Evaluation[] = new Array(answered.length)
  for (let i = 0; i < answered.length; i++) chosen[i] = decided[answered[i]!]!
  return chosen
}

/** Archived flags are decided, since others may depend on them, and not answered. */
function answeredOf({ flags, answered }: CompiledSnapshot, tag: string | undefined): readonly number[] {
  const known = answered.get(tag)
  if (known) return known
  const places = flags
    .filter(({ flag }) => !flag.archived && (tag === undefined || flag.tags.includes(tag)))
    .map(({ index }) => index)
  if (answered.size < tagsRememberedMax) answered.set(tag, places)
  return places
}
/** Tags come from clients: what is remembered of them has to have an end. */
const tagsRememberedMax = 1_000

/** Whether this request hashes its targeting key after one prefix or after many. */
type Breadth = 'one' | 'all'

/** The order of Bucketeer's server; a flag without off variation answers "use your default" where it is off. */
function decide(compiled: CompiledFlag, reader: Reader, decided: Decided, breadth: Breadth): Evaluation {
  if (compiled.constant) return compiled.constant
  const { prerequisites, targets, rules } = compiled
  for (let i = 0; i < prerequisites.length; i++) {
    const { index, variationId } = prerequisites[i]!
    if (decided[index]?.variation?.id !== variationId) return compiled.prerequisiteFailed
  }
  if (!compiled.isEnabled) return compiled.off
  const { targetingKey } = reader.context
  if (targets && targetingKey !== undefined) {
    const evaluation = targets.get(targetingKey)
    if (evaluation) return evaluation
  }
  for (let i = 0; i < rules.length; i++) {
    const { anyOf, strategy } = rules[i]!
    if (anyGroupHolds(anyOf, reader, decided)) return allot(compiled, strategy, targetingKey, reader, breadth)
  }
  return allot(compiled, compiled.defaultStrategy, targetingKey, reader, breadth)
}

function anyGroupHolds(anyOf: TestGroups, reader: Reader, decided: Decided): boolean {
  for (let i = 0; i < anyOf.length; i++) if (allHold(anyOf[i]!, reader, decided)) return true
  return false
}

function allHold(tests: readonly Test[], reader: Reader, decided: Decided): boolean {
  for (let i = 0; i < tests.length; i++) {
    const test = tests[i]!
    if (test.attribute ? !holds(test.attribute, reader) : !holdsOutside(test, reader, decided)) return false
  }
  return true
}

/** Clauses that look beyond the context: at segments, or at what another flag answered. */
export function holdsOutside(
  { segments, flagIndex, clause }: Test,
  reader: Reader,
  decided: Decided,
): boolean {
  if (segments) return segments.some((segment) => isInSegment(segment, reader, decided))
  const variation = decided[flagIndex]?.variation
  return variation !== undefined && clause.values.includes(variation.id)
}

export function isInSegment(
  { included, members, anyOf }: CompiledSegment,
  reader: Reader,
  decided: Decided,
): boolean {
  const { targetingKey } = reader.context
  if (targetingKey !== undefined) {
    if (included.has(targetingKey)) return true
    if (members && isMember(members, targetingKey)) return true
  }
  return anyGroupHolds(anyOf, reader, decided)
}

function allot(
  compiled: CompiledFlag,
  strategy: CompiledStrategy,
  targetingKey: string | undefined,
  reader: Reader,
  breadth: Breadth,
): Evaluation {
  const { rollout, otherwise } = strategy
  if (!rollout) return otherwise
  if (targetingKey === undefined) return compiled.targetingKeyMissing
  const { audience, cuts, evaluations, input } = rollout
  if (audience && bucketOf(audience.input, targetingKey, reader, breadth) >= audience.cut)
    return audience.evaluation
  const bucket = bucketOf(input, targetingKey, reader, breadth)
  for (let i = 0; i < cuts.length; i++) if (bucket < cuts[i]!) return evaluations[i]!
  // Weights that sum to the whole leave no remainder: the last share closes the interval, also for a fraction that rounds to 1.
  return rollout.isWhole ? evaluations.at(-1)! : otherwise
}

export function bucketOf(
  { prefix, before, after }: HashInput,
  targetingKey: string,
  reader: Reader,
  breadth: Breadth,
): number {
  if (!prefix) return fineBucket(before, targetingKey, after)
  return breadth === 'one'
    ? percentAfter(prefix, targetingKey)
    : percentOfBlocks(prefix, blocksOf(reader, targetingKey))
}
