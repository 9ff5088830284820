// The whole configuration of one environment, as its only writer, a Durable Object, holds it in memory.
import type * as z from 'zod'
import { DynamicAllocation } from './dynamic-allocation.ts'
import { Experiment } from './experiment.ts'
import { Flag } from './flag.ts'
import { Goal } from './goal.ts'
import { Holdout } from './holdout.ts'
import { Layer } from './layer.ts'
import type { Versioned } from './versioned.ts'
import { Operation } from './operation.ts'
import { ProgressiveRollout } from './progressive-rollout.ts'
import { Schedule } from './schedule.ts'
import { SdkKey } from './sdk-key.ts'
import { Segment } from './segment.ts'
import { type Settings, StoredSettings } from './settings.ts'
import { type Snapshot, buildSnapshot, defaultSettings } from './snapshot.ts'
import { toSnapshotKeys } from './sdk-key.ts'
import { Tag } from './tag.ts'
import { Trigger } from './trigger.ts'
import { Webhook } from './webhook.ts'

/** The schema of each kind of entity. All other lists of kinds are derived from this one. */
export const entitySchemas = {
  flag: Flag,
  segment: Segment,
  goal: Goal,
  experiment: Experiment,
  operation: Operation,
  trigger: Trigger,
  schedule: Schedule,
  progressiveRollout: ProgressiveRollout,
  dynamicAllocation: DynamicAllocation,
  layer: Layer,
  holdout: Holdout,
  tag: Tag,
  webhook: Webhook,
  sdkKey: SdkKey,
  /** At most one entity, with the id `settings`. */
  settings: StoredSettings,
} as const

export type EntityKind = keyof typeof entitySchemas
export type Entities = {
  readonly [K in EntityKind]: Readonly<z.infer<(typeof entitySchemas)[K]>> & Versioned
}
const entityKinds = Object.keys(entitySchemas) as EntityKind[]

export type EnvironmentState = { readonly [K in EntityKind]: ReadonlyMap<string, Entities[K]> }

/** The new value of one entity; null deletes it. */
export type Write = {
  readonly [K in EntityKind]: { readonly kind: K; readonly id: string; readonly value: Entities[K] | null }
}[EntityKind]

export const emptyState = (): EnvironmentState =>
  Object.fromEntries(entityKinds.map((kind) => [kind, new Map()])) as unknown as EnvironmentState

/** Returns the state after the writes. Does not change `state`. */
export function withWrites(state: EnvironmentState, writes: readonly Write[]): EnvironmentState {
  const next = { ...state } as Record<EntityKind, ReadonlyMap<string, Entities[EntityKind]>>
  const copied = new Map<EntityKind, Map<string, Entities[EntityKind]>>()
  for (const { kind, id, value } of writes) {
    let map = copied.get(kind)
    if (!map) {
      map = new Map(next[kind])
      copied.set(kind, map)
      next[kind] = map
    }
    if (value === null) map.delete(id)
    else map.set(id, value)
  }
  return next as EnvironmentState
}

/** The values that the writes replace, as writes; null for an entity that does not exist yet. */
export const previousValues = (state: EnvironmentState, writes: readonly Write[]): Write[] =>
  writes.map(({ kind, id }) => ({ kind, id, value: state[kind].get(id) ?? null }) as Write)

export const settingsId = 'settings'

export function settingsIn(state: EnvironmentState): Settings {
  const stored = state.settings.get(settingsId)
  if (!stored) return defaultSettings
  const { version: _, createdAt: __, updatedAt: ___, ...settings } = stored
  return settings
}

export interface SnapshotInput {
  readonly environmentId: string
  readonly revision: number
  /** Epoch seconds. */
  readonly modifiedAt: number
  readonly state: EnvironmentState
}

/** A pure function: publishing a revision again gives the same bytes. */
export function toSnapshot({ state, ...named }: SnapshotInput): Snapshot {
  return buildSnapshot({
    ...named,
    flags: [...state.flag.values()],
    segments: [...state.segment.values()],
    experiments: [...state.experiment.values()],
    layers: state.layer.values(),
    holdouts: state.holdout.values(),
    sdkKeys: [...state.sdkKey.values()].flatMap(toSnapshotKeys),
    settings: state.settings.has(settingsId) ? settingsIn(state) : undefined,
  })
}
