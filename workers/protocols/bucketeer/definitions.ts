// What server SDKs in local mode are given: flags as they are defined, and who is in the segments that these
// ask for.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { fnv1a64 } from '../../../core/hash/fnv1a-64.ts'
import type { Feature, FeatureList } from './feature.ts'
import { localMode } from './local-mode.ts'

/** As in Bucketeer: who was last here longer ago is given everything. */
const horizonSeconds = 30 * 86_400
/** As in Bucketeer: a change that reached this Worker late is still told of. */
const graceSeconds = 600

const lists = new WeakMap<CompiledSnapshot, FeatureList>()

function listOf(compiled: CompiledSnapshot): FeatureList {
  let list = lists.get(compiled)
  if (!list) lists.set(compiled, (list = localMode(compiled.snapshot).list))
  return list
}

export interface FlagsAsked {
  readonly tag: string
  readonly featureFlagsId: string
  readonly requestedAt: number
}

/**
 * Nothing to whom has it all; else everything, with force. `requestedAt` is not advanced where nothing is
 * sent, as in Bucketeer.
 */
export function featureFlags(compiled: CompiledSnapshot, asked: FlagsAsked, now: number) {
  const { id, features } = taggedOf(compiled, asked.tag)
  const isCurrent = asked.featureFlagsId === id
  const seconds = Math.floor(now / 1_000)
  return {
    featureFlagsId: id,
    features: isCurrent ? [] : features,
    archivedFeatureFlagIds: [],
    requestedAt: String(isCurrent && id !== '' ? Math.min(asked.requestedAt, seconds) : seconds),
    forceUpdate: !isCurrent,
  }
}

interface Tagged {
  /** Empty where there is nothing. */
  readonly id: string
  readonly features: readonly object[]
}

const tagged = new WeakMap<CompiledSnapshot, Map<string, Tagged>>()
/** Tags come from clients: what is remembered of them has to have an end. */
const tagsRememberedMax = 100

/**
 * The flags with a tag, and those that they ask for, with the tag or without: without these, SDKs could not
 * decide them.
 */
function taggedOf(compiled: CompiledSnapshot, tag: string): Tagged {
  let known = tagged.get(compiled)
  if (!known) tagged.set(compiled, (known = new Map()))
  let found = known.get(tag)
  if (!found) {
    found = closureOf(listOf(compiled).features, tag)
    if (known.size < tagsRememberedMax) known.set(tag, found)
  }
  return found
}

function closureOf(features: readonly Feature[], tag: string): Tagged {
  const chosen = features.filter(({ archived, tags }) => !archived && (tag === '' || tags.includes(tag)))
  // they reach one level down, no further
  const needed = new Set(chosen.flatMap((feature) => [feature.id, ...askedBy(feature)]))
  const given = features.filter(({ id }) => needed.has(id))
  const stamps = given.map(({ id, version, updatedAt }) => `${id}:${version}:${updatedAt}`)
  return {
    id: given.length === 0 ? '' : fnv1a64(JSON.stringify([tag, stamps])),
    features: given.map(asWritten),
  }
}

const askedBy = ({ prerequisites, rules }: Feature): string[] => [
  ...prerequisites.map(({ featureId }) => featureId),
  ...rules.flatMap(({ clauses }) =>
    clauses.flatMap(({ operator, attribute }) => (operator === 'FEATURE_FLAG' ? [attribute] : [])),
  ),
]

/** protojson: 64-bit integers are text, and every field is there. */
const asWritten = (feature: Feature) => ({
  ...feature,
  createdAt: String(feature.createdAt),
  updatedAt: String(feature.updatedAt),
  evaluationUndelayable: false,
  ttl: 0,
  lastUsedInfo: null,
})

export interface SegmentsAsked {
  /** Those that the SDK has. */
  readonly segmentIds: readonly string[]
  readonly requestedAt: number
}

/**
 * What changed since, what the SDK does not have, and what it no longer needs; all of it to whom comes from
 * too long ago, or from the future.
 */
export function segmentUsers(compiled: CompiledSnapshot, asked: SegmentsAsked, now: number) {
  const seconds = Math.floor(now / 1_000)
  const inUse = listOf(compiled).segmentUsers
  const isFull =
    inUse.length === 0 || asked.requestedAt < seconds - horizonSeconds || asked.requestedAt > seconds
  const had = new Set(asked.segmentIds)
  const used = new Set(inUse.map(({ segmentId }) => segmentId))
  const since = asked.requestedAt - graceSeconds
  const given = inUse.filter(
    ({ segmentId, updatedAt }) => isFull || !had.has(segmentId) || updatedAt >= since,
  )
  const gone = asked.segmentIds.filter((id) => !used.has(id))
  const isNew = isFull || given.length > 0 || gone.length > 0
  return {
    segmentUsers: given.map(({ segmentId, users, updatedAt }) => ({
      segmentId,
      users: users.map(({ userId, state }) => ({
        id: `${segmentId}:${userId}:${state}`,
        segmentId,
        userId,
        state,
        deleted: false,
      })),
      updatedAt: String(updatedAt),
      rules: [],
    })),
    deletedSegmentIds: isFull ? [] : gone,
    requestedAt: String(isNew ? seconds : asked.requestedAt),
    forceUpdate: isFull,
  }
}
