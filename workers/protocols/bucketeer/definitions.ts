// The definitions for server SDKs in local mode: `get_feature_flags`, and the users of the segments that
// these flags refer to, `get_segment_users`.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { fnv1a64 } from '../../../core/hash/fnv1a-64.ts'
import { segmentsUsedBy } from '../../../core/model/segment-keys.ts'
import type { Feature, FeatureList } from './feature.ts'
import { type LocalEvaluator, localEvaluatorOf } from './local-evaluators.ts'
import { localMode } from './local-mode.ts'

/** As in Bucketeer: a client whose last request is older gets everything. */
const fullAfterSeconds = 30 * 86_400
/** As in Bucketeer: tolerates changes that reached this Worker late. */
const graceSeconds = 600

const lists = new WeakMap<CompiledSnapshot, Map<LocalEvaluator, FeatureList>>()

function listOf(compiled: CompiledSnapshot, { sourceId, sdkVersion }: SdkQuery): FeatureList {
  const knows = localEvaluatorOf(sourceId, sdkVersion)
  let byEvaluator = lists.get(compiled)
  if (!byEvaluator) lists.set(compiled, (byEvaluator = new Map()))
  let list = byEvaluator.get(knows)
  if (!list) byEvaluator.set(knows, (list = localMode(compiled.snapshot, knows).list))
  return list
}

/** The SDK that sent the request. */
interface SdkQuery {
  readonly sourceId: number
  readonly sdkVersion: string
}

export interface FeatureFlagsQuery extends SdkQuery {
  readonly tag: string
  /** The id that the SDK has. */
  readonly featureFlagsId: string
  /** Epoch seconds. */
  readonly requestedAt: number
}

/**
 * Either nothing, if the SDK's copy is current, or all flags with `forceUpdate`. As in Bucketeer,
 * `requestedAt` does not advance if nothing is sent.
 */
export function featureFlags(compiled: CompiledSnapshot, query: FeatureFlagsQuery, now: number) {
  const { id, features } = taggedFeatures(listOf(compiled, query), query.tag)
  const isCurrent = query.featureFlagsId === id
  const seconds = Math.floor(now / 1_000)
  return {
    featureFlagsId: id,
    features: isCurrent ? [] : features,
    archivedFeatureFlagIds: [],
    requestedAt: String(isCurrent && id !== '' ? Math.min(query.requestedAt, seconds) : seconds),
    forceUpdate: !isCurrent,
  }
}

interface TaggedFeatures {
  /** Empty if there are no features. */
  readonly id: string
  readonly features: readonly object[]
}

const featuresByTag = new WeakMap<FeatureList, Map<string, TaggedFeatures>>()
/** Tags come from clients, so the cache must be bounded. */
const cachedTagsMax = 100

function taggedFeatures(list: FeatureList, tag: string): TaggedFeatures {
  let byTag = featuresByTag.get(list)
  if (!byTag) featuresByTag.set(list, (byTag = new Map()))
  let tagged = byTag.get(tag)
  if (!tagged) {
    tagged = withDependencies(list.features, tag)
    if (byTag.size < cachedTagsMax) byTag.set(tag, tagged)
  }
  return tagged
}

/** The features with the tag, and those that they depend on, which SDKs need to evaluate them. */
function withDependencies(features: readonly Feature[], tag: string): TaggedFeatures {
  const chosen = features.filter(({ archived, tags }) => !archived && (tag === '' || tags.includes(tag)))
  const byId = new Map(features.map((feature) => [feature.id, feature]))
  const needed = new Set(chosen.map(({ id }) => id))
  // What is added to a set while it is iterated is iterated too.
  for (const id of needed) for (const other of dependenciesOf(byId.get(id))) needed.add(other)
  const included = features.filter(({ id }) => needed.has(id))
  const versions = included.map(({ id, version, updatedAt }) => `${id}:${version}:${updatedAt}`)
  return {
    id: included.length === 0 ? '' : fnv1a64(JSON.stringify([tag, versions])),
    features: included.map(toWire),
  }
}

const dependenciesOf = (feature: Feature | undefined): string[] => [
  ...(feature?.prerequisites ?? []).map(({ featureId }) => featureId),
  ...(feature?.rules ?? []).flatMap(({ clauses }) =>
    clauses.flatMap(({ operator, attribute }) => (operator === 'FEATURE_FLAG' ? [attribute] : [])),
  ),
]

/** As protojson writes it: 64-bit integers as text, and no field left out. */
const toWire = (feature: Feature) => ({
  ...feature,
  createdAt: String(feature.createdAt),
  updatedAt: String(feature.updatedAt),
  evaluationUndelayable: false,
  ttl: 0,
  lastUsedInfo: null,
})

export interface SegmentUsersQuery extends SdkQuery {
  /** The segments that the SDK has. */
  readonly segmentIds: readonly string[]
  /** Epoch seconds. */
  readonly requestedAt: number
}

/**
 * Segments that changed since `requestedAt`, or that the SDK lacks and a flag began to use since then, and
 * the ids of those it no longer needs. Everything if `requestedAt` is too old or in the future.
 */
export function segmentUsers(compiled: CompiledSnapshot, query: SegmentUsersQuery, now: number) {
  const seconds = Math.floor(now / 1_000)
  const inUse = listOf(compiled, query).segmentUsers
  const isFull =
    inUse.length === 0 || query.requestedAt < seconds - fullAfterSeconds || query.requestedAt > seconds
  const clientIds = new Set(query.segmentIds)
  const usedIds = new Set(inUse.map(({ segmentId }) => segmentId))
  const since = query.requestedAt - graceSeconds
  const needed = new Set(
    compiled.snapshot.flags.flatMap((flag) =>
      Math.floor((flag.segmentsUpdatedAt ?? 0) / 1_000) > since ? segmentsUsedBy(flag) : [],
    ),
  )
  const sent = inUse.filter(
    ({ segmentId, updatedAt }) =>
      isFull || updatedAt > since || (needed.has(segmentId) && !clientIds.has(segmentId)),
  )
  const deleted = query.segmentIds.filter((id) => !usedIds.has(id))
  const hasChanged = isFull || sent.length > 0 || deleted.length > 0
  return {
    segmentUsers: sent.map(({ segmentId, users, rules, updatedAt }) => ({
      segmentId,
      users: users.map(({ userId, state }) => ({
        id: `${segmentId}:${userId}:${state}`,
        segmentId,
        userId,
        state,
        deleted: false,
      })),
      updatedAt: String(updatedAt),
      rules,
    })),
    deletedSegmentIds: isFull ? [] : deleted,
    requestedAt: String(hasChanged ? seconds : query.requestedAt),
    forceUpdate: isFull,
  }
}
