// Decisions as `get_evaluations` and `get_evaluation` give them, and the id by which an SDK knows that it has
// them all.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import { evaluateAll } from '../../../core/evaluation/evaluate.ts'
import type { Cause, Evaluation } from '../../../core/evaluation/evaluation.ts'
import { fnv1a64 } from '../../../core/hash/fnv1a-64.ts'
import { segmentsOf } from './local-mode.ts'
import type * as wire from './wire.ts'

export const toContext = ({ id, data }: wire.User): EvaluationContext => ({
  targetingKey: id,
  attributes: data ?? {},
})

export interface Asked {
  readonly compiled: CompiledSnapshot
  readonly context: EvaluationContext
  readonly userId: string
  readonly tag: string
  /** The id that the SDK has. */
  readonly has: string
  /** Epoch milliseconds. */
  readonly now: number
  /** Where flags keep their visitors: what was decided with what is kept. */
  readonly decided?: readonly Evaluation[] | undefined
}

export interface UserEvaluations {
  /** JSON of the message. */
  readonly text: string
  readonly id: string
  /** Flags decided: none where the SDK has them all. */
  readonly decisions: number
}

/** Nothing to whom has it all; else the full set, with force: so no SDK can be left with something stale. */
export function userEvaluations(asked: Asked): UserEvaluations {
  const { compiled, context, userId, tag, has, now } = asked
  const id = userEvaluationsId(compiled, context, tag, asked.decided)
  if (has === id) {
    const text = messageOf({ id: 'no_evaluations', evaluations: '', gone: [], isAll: false, now })
    return { id, decisions: 0, text }
  }
  const decided = asked.decided ?? evaluateAll(compiled, context, tag === '' ? undefined : tag)
  const evaluations = evaluationsText(decided, userId)
  return {
    id,
    decisions: decided.length,
    text: messageOf({ id, evaluations, gone: [], isAll: true, now }),
  }
}

interface Message {
  readonly id: string
  readonly evaluations: string
  readonly gone: readonly string[]
  readonly isAll: boolean
  readonly now: number
}

const messageOf = ({ id, evaluations, gone, isAll, now }: Message) =>
  `{"id":"${id}","evaluations":[${evaluations}],"createdAt":"${Math.floor(now / 1_000)}","archivedFeatureIds":${JSON.stringify(gone)},"forceUpdate":${isAll}}`

/** What a user was told of each flag, without naming the user. */
export type Told = ReadonlyMap<string, NonNullable<Parts>>

export function toldOf({ compiled, context, tag, decided }: Asked): Told {
  const told = new Map<string, NonNullable<Parts>>()
  for (const evaluation of decided ?? evaluateAll(compiled, context, tag === '' ? undefined : tag)) {
    const parts = asWritten(evaluation)
    if (parts) told.set(evaluation.flagKey, parts)
  }
  return told
}

/** What is other than was told; undefined where nothing is. For a stream, which knows what it said. */
export function patchOf(asked: Asked, before: Told): { answer: UserEvaluations; told: Told } | undefined {
  const told = toldOf(asked)
  const inside = insideOf(asked.userId)
  const changed = [...told]
    .filter(([key, parts]) => parts.some((part, i) => part !== before.get(key)?.[i]))
    .map(([, parts]) => parts.join(inside))
  const gone = [...before.keys()].filter((key) => !told.has(key))
  if (changed.length + gone.length === 0) return undefined
  const id = userEvaluationsId(asked.compiled, asked.context, asked.tag, asked.decided)
  const text = messageOf({ id, evaluations: changed.join(), gone, isAll: false, now: asked.now })
  return { answer: { id, decisions: told.size, text }, told }
}

/** JSON of one; undefined where the SDK is to use its default: Bucketeer leaves such flags out. */
export function evaluationText(evaluation: Evaluation, userId: string): string | undefined {
  const parts = asWritten(evaluation)
  return parts?.join(insideOf(userId))
}

function evaluationsText(evaluations: readonly Evaluation[], userId: string): string {
  const inside = insideOf(userId)
  let written = ''
  for (const evaluation of evaluations) {
    const parts = asWritten(evaluation)
    if (parts) written += `${written === '' ? '' : ','}${parts[0]}${inside}${parts[1]}${inside}${parts[2]}`
  }
  return written
}

/** A text as it stands between the quotes of JSON. */
const insideOf = (userId: string) => JSON.stringify(userId).slice(1, -1)

type Parts = readonly [string, string, string] | undefined
const written = new WeakMap<Evaluation, { readonly parts: Parts }>()

/**
 * What stands before, between and behind the two places that name the user. There is one object for each
 * evaluation that a snapshot can give.
 */
function asWritten(evaluation: Evaluation): Parts {
  let form = written.get(evaluation)
  if (!form) {
    form = { parts: partsOf(evaluation) }
    written.set(evaluation, form)
  }
  return form.parts
}

function partsOf({ flag, variation, cause }: Evaluation): Parts {
  if (!flag || !variation) return undefined
  const { id, name } = variation
  const value = variation.json ?? variation.value // of a yaml flag, SDKs of other languages read its JSON
  const behind = JSON.stringify({
    variationId: id,
    variation: { id, value, name, description: '' },
    reason: { type: reasonTypes[cause.kind], ruleId: cause.kind === 'rule' ? cause.ruleId : '' },
    variationValue: value,
    variationName: name,
  } satisfies Omit<wire.Evaluation, 'id' | 'featureId' | 'featureVersion' | 'userId'>)
  const before = `{"id":"${insideOf(flag.key)}:${flag.version}:`
  const between = `","featureId":${JSON.stringify(flag.key)},"featureVersion":${flag.version},"userId":"`
  return [before, between, `",${behind.slice(1)}`]
}

const reasonTypes = {
  off: 'OFF_VARIATION',
  prerequisite: 'PREREQUISITE',
  target: 'TARGET',
  slice: 'DEFAULT',
  rule: 'RULE',
  default: 'DEFAULT',
  error: 'DEFAULT', // never sent: an error has no variation
} as const satisfies Record<Cause['kind'], wire.ReasonType>

/**
 * Bucketeer's UserEvaluationsID, over more than Bucketeer's: user, attributes, tag, and the stamps of what
 * the answer is made of: the tag's flags, the flags these ask for, and the segments, whose edits Bucketeer's
 * own id misses. Opaque to SDKs.
 */
export function userEvaluationsId(
  compiled: CompiledSnapshot,
  { targetingKey = '', attributes }: EvaluationContext,
  tag: string,
  /** With what is kept of the user: nothing in the snapshot tells when that changes. */
  decided?: readonly Evaluation[],
): string {
  const names = Object.keys(attributes)
  if (names.length > 1) names.sort()
  let asked = JSON.stringify([tag, targetingKey])
  for (const name of names) asked += JSON.stringify([name, attributes[name]])
  if (decided) asked += JSON.stringify(decided.map(({ variation }) => variation?.id))
  return fnv1a64(asked + stampOf(compiled, tag))
}

const stamps = new WeakMap<CompiledSnapshot, Map<string, string>>()
/** Tags come from clients: what is remembered of them has to have an end. */
const tagsRememberedMax = 1_000

/**
 * Changes with everything that an answer under this tag is made of, and with nothing else. Made once per
 * snapshot and tag.
 */
function stampOf(compiled: CompiledSnapshot, tag: string): string {
  let known = stamps.get(compiled)
  if (!known) stamps.set(compiled, (known = new Map()))
  let stamp = known.get(tag)
  if (stamp === undefined) {
    stamp = fnv1a64(stampedOf(compiled, tag))
    if (known.size < tagsRememberedMax) known.set(tag, stamp)
  }
  return stamp
}

function stampedOf({ flags, snapshot }: CompiledSnapshot, tag: string): string {
  const places = new Set<number>()
  for (const { index, flag, dependencies = [] } of flags)
    if (!flag.archived && (tag === '' || flag.tags.includes(tag)))
      for (const place of [index, ...dependencies]) places.add(place)
  const needed = [...places].map((place) => flags[place]!.flag)
  const asked = new Set(needed.flatMap(segmentsOf))
  const stamps = [...needed, ...snapshot.segments.filter(({ key }) => asked.has(key))].map(
    ({ key, version, updatedAt }) => `${key}:${version}:${updatedAt}`,
  )
  // Panic changes what flags answer, and edits none of them.
  return (snapshot.settings?.panic ? ['panic', ...stamps] : stamps).join()
}
