// The answers of `get_evaluations` and `get_evaluation`, and the id by which an SDK knows that its copy is
// current.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import { evaluateAll } from '../../../core/evaluation/evaluate.ts'
import type { Cause, Evaluation } from '../../../core/evaluation/evaluation.ts'
import { fnv1a64 } from '../../../core/hash/fnv1a-64.ts'
import { segmentsIn } from '../../../core/model/segment-keys.ts'
import { visitDependenciesFirst } from '../../../core/model/visit-dependencies.ts'
import type * as wire from './wire.ts'

/** Bucketeer: in a clause `id` is the user's id, even where the data has an `id`. */
export function toContext({ id, data }: wire.User): EvaluationContext {
  if (data?.['id'] === undefined) return { targetingKey: id, attributes: data ?? {} }
  const { id: _, ...attributes } = data
  return { targetingKey: id, attributes }
}

export interface EvaluationsQuery {
  readonly compiled: CompiledSnapshot
  readonly context: EvaluationContext
  readonly userId: string
  /** Only flags with this tag; all flags if empty. */
  readonly tag: string
  /** The `userEvaluationsId` that the SDK has. */
  readonly clientId: string
  /** Epoch milliseconds. */
  readonly now: number
  /** The evaluations with stored assignments, if any flag keeps assignments. */
  readonly evaluations?: readonly Evaluation[] | undefined
}

export interface UserEvaluations {
  /** JSON of the message. */
  readonly text: string
  readonly id: string
  /** Number of flags decided: 0 if the SDK's copy is current. */
  readonly decisions: number
}

/**
 * Either nothing, if the SDK's copy is current, or all flags with `forceUpdate`, so that nothing stale
 * remains.
 */
export function userEvaluations(query: EvaluationsQuery): UserEvaluations {
  const { compiled, context, userId, tag, clientId, now } = query
  const id = userEvaluationsId(compiled, context, tag, query.evaluations)
  if (clientId === id) {
    const text = messageText({ id: 'no_evaluations', evaluations: '', archived: [], isFull: false, now })
    return { id, decisions: 0, text }
  }
  const decided = evaluationsOf(query)
  const evaluations = evaluationsText(decided, userId)
  return {
    id,
    decisions: decided.length,
    text: messageText({ id, evaluations, archived: [], isFull: true, now }),
  }
}

const evaluationsOf = ({ compiled, context, tag, evaluations }: EvaluationsQuery) =>
  evaluations ?? evaluateAll(compiled, context, tag === '' ? undefined : tag)

interface Message {
  readonly id: string
  /** JSON, separated by commas. */
  readonly evaluations: string
  /** Keys of flags that the SDK must delete. */
  readonly archived: readonly string[]
  readonly isFull: boolean
  readonly now: number
}

const messageText = ({ id, evaluations, archived, isFull, now }: Message) =>
  `{"id":"${id}","evaluations":[${evaluations}],"createdAt":"${Math.floor(now / 1_000)}",` +
  `"archivedFeatureIds":${JSON.stringify(archived)},"forceUpdate":${isFull}}`

/** The evaluations that a client has, by flag key, without the user's id. */
export type SentEvaluations = ReadonlyMap<string, EvaluationParts>

export function sentEvaluationsOf(query: EvaluationsQuery): SentEvaluations {
  const sent = new Map<string, EvaluationParts>()
  for (const evaluation of evaluationsOf(query)) {
    const parts = partsOf(evaluation)
    if (parts) sent.set(evaluation.flagKey, parts)
  }
  return sent
}

/** The changes since what was sent before; undefined if there are none. For streams. */
export function patchOf(
  query: EvaluationsQuery,
  before: SentEvaluations,
): { answer: UserEvaluations; sent: SentEvaluations } | undefined {
  const sent = sentEvaluationsOf(query)
  const escapedId = escaped(query.userId)
  const changed = [...sent]
    .filter(([key, parts]) => parts.some((part, i) => part !== before.get(key)?.[i]))
    .map(([, parts]) => parts.join(escapedId))
  const archived = [...before.keys()].filter((key) => !sent.has(key))
  if (changed.length + archived.length === 0) return undefined
  const id = userEvaluationsId(query.compiled, query.context, query.tag, query.evaluations)
  const text = messageText({ id, evaluations: changed.join(), archived, isFull: false, now: query.now })
  return { answer: { id, decisions: sent.size, text }, sent }
}

/** JSON of one evaluation; undefined if the SDK uses its default: Bucketeer leaves out such flags. */
export function evaluationText(evaluation: Evaluation, userId: string): string | undefined {
  const parts = partsOf(evaluation)
  return parts?.join(escaped(userId))
}

function evaluationsText(evaluations: readonly Evaluation[], userId: string): string {
  const escapedId = escaped(userId)
  let text = ''
  for (const evaluation of evaluations) {
    const parts = partsOf(evaluation)
    if (parts) text += `${text === '' ? '' : ','}${parts[0]}${escapedId}${parts[1]}${escapedId}${parts[2]}`
  }
  return text
}

/** The text as it appears between the quotes in JSON. */
const escaped = (text: string) => JSON.stringify(text).slice(1, -1)

/** An evaluation's JSON, cut at the two places where the user's id belongs. */
type EvaluationParts = readonly [before: string, between: string, after: string]
const cache = new WeakMap<Evaluation, { readonly parts: EvaluationParts | undefined }>()

/** A snapshot has a fixed number of evaluation objects, so each is serialized once. */
function partsOf(evaluation: Evaluation): EvaluationParts | undefined {
  let cached = cache.get(evaluation)
  if (!cached) {
    cached = { parts: serialize(evaluation) }
    cache.set(evaluation, cached)
  }
  return cached.parts
}

function serialize({ flag, variation, cause }: Evaluation): EvaluationParts | undefined {
  if (!flag || !variation) return undefined
  const { id, name } = variation
  const value = variation.json ?? variation.value // SDKs in most languages read the JSON of a yaml flag
  const rest = JSON.stringify({
    variationId: id,
    variation: { id, value, name, description: '' },
    reason: { type: reasonTypes[cause.kind], ruleId: cause.kind === 'rule' ? cause.ruleId : '' },
    variationValue: value,
    variationName: name,
  } satisfies Omit<wire.Evaluation, 'id' | 'featureId' | 'featureVersion' | 'userId'>)
  const before = `{"id":"${escaped(flag.key)}:${flag.version}:`
  const between = `","featureId":${JSON.stringify(flag.key)},"featureVersion":${flag.version},"userId":"`
  return [before, between, `",${rest.slice(1)}`]
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
 * Bucketeer's UserEvaluationsID, which SDKs treat as opaque. A hash of everything that the answer depends on:
 * user, attributes, tag, and the versions of the tag's flags, of their dependencies and of the segments they
 * use. Bucketeer's own id misses edits of segments.
 */
export function userEvaluationsId(
  compiled: CompiledSnapshot,
  { targetingKey = '', attributes }: EvaluationContext,
  tag: string,
  /** Evaluations with stored assignments, which change without a new revision. */
  evaluations?: readonly Evaluation[],
): string {
  const names = Object.keys(attributes)
  if (names.length > 1) names.sort()
  let text = JSON.stringify([tag, targetingKey])
  for (const name of names) text += JSON.stringify([name, attributes[name]])
  if (evaluations) text += JSON.stringify(evaluations.map(({ variation }) => variation?.id))
  return fnv1a64(text + versionsHash(compiled, tag))
}

const versionsHashes = new WeakMap<CompiledSnapshot, Map<string, string>>()
/** Tags come from clients, so the cache must be bounded. */
const cachedTagsMax = 1_000

/** Changes with everything that the answer for this tag depends on, and with nothing else. */
function versionsHash(compiled: CompiledSnapshot, tag: string): string {
  let byTag = versionsHashes.get(compiled)
  if (!byTag) versionsHashes.set(compiled, (byTag = new Map()))
  let hash = byTag.get(tag)
  if (hash === undefined) {
    hash = fnv1a64(versionsText(compiled, tag))
    if (byTag.size < cachedTagsMax) byTag.set(tag, hash)
  }
  return hash
}

function versionsText({ flags, snapshot }: CompiledSnapshot, tag: string): string {
  const indexes = new Set<number>()
  for (const { index, flag, dependsOn } of flags) {
    if (indexes.has(index) || flag.archived || (tag !== '' && !flag.tags.includes(tag))) continue
    indexes.add(index)
    visitDependenciesFirst(
      dependsOn,
      (each) => (indexes.has(each) ? [] : flags[each]!.dependsOn), // what it depends on is there too
      (each) => indexes.add(each),
    )
  }
  const usedFlags = [...indexes].map((index) => flags[index]!.flag)
  const segments = new Map(snapshot.segments.map((segment) => [segment.key, segment]))
  const usedSegments = new Set<string>()
  visitDependenciesFirst(
    usedFlags.flatMap(({ rules }) => rules.flatMap(({ anyOf }) => segmentsIn(anyOf))),
    (key) => segmentsIn(segments.get(key)?.anyOf ?? []),
    (key) => usedSegments.add(key),
  )
  const entities = [...usedFlags, ...snapshot.segments.filter(({ key }) => usedSegments.has(key))]
  const versions = entities.map(({ key, version, updatedAt }) => `${key}:${version}:${updatedAt}`)
  // Panic mode changes all results without editing a flag.
  return (snapshot.settings?.panic ? ['panic', ...versions] : versions).join()
}
