// The whole configuration of one environment, as its single writer holds it.
import type * as z from 'zod'
import { Experiment } from './experiment.ts'
import { Flag } from './flag.ts'
import { Goal } from './goal.ts'
import type { Versioned } from './versioned.ts'
import { Operation } from './operation.ts'
import { Schedule } from './schedule.ts'
import { SdkKey } from './sdk-key.ts'
import { Segment } from './segment.ts'
import { type Settings, StoredSettings } from './settings.ts'
import { type Snapshot, buildSnapshot, defaultSettings } from './snapshot.ts'
import { toSnapshotKeys } from './sdk-key.ts'
import { Tag } from './tag.ts'
import { Trigger } from './trigger.ts'
import { Webhook } from './webhook.ts'

/** What an environment holds, by kind. A kind is named here and nowhere else twice. */
export const schemas = {
  flag: Flag,
  segment: Segment,
  goal: Goal,
  experiment: Experiment,
  operation: Operation,
  trigger: Trigger,
  schedule: Schedule,
  tag: Tag,
  webhook: Webhook,
  sdkKey: SdkKey,
  /** One at most, under the id `settings`. */
  settings: StoredSettings,
} as const

export type EntityKind = keyof typeof schemas
export type Entities = { readonly [K in EntityKind]: Readonly<z.infer<(typeof schemas)[K]>> & Versioned }
export const kinds = Object.keys(schemas) as EntityKind[]

export type EnvironmentState = { readonly [K in EntityKind]: ReadonlyMap<string, Entities[K]> }

/** One entity's new value; null where it is gone. */
export type Write = {
  readonly [K in EntityKind]: { readonly kind: K; readonly id: string; readonly value: Entities[K] | null }
}[EntityKind]

export const emptyState = (): EnvironmentState =>
  Object.fromEntries(kinds.map((kind) => [kind, new Map()])) as unknown as EnvironmentState

/** The state after some writes; the one before stays as it was. */
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

/** What some entities were before they are written; null where one was not there. */
export const asBefore = (state: EnvironmentState, writes: readonly Write[]): Write[] =>
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

/** A pure function of the state: publishing a revision again gives the same bytes. */
export function toSnapshot({ state, ...named }: SnapshotInput): Snapshot {
  return buildSnapshot({
    ...named,
    flags: [...state.flag.values()],
    segments: [...state.segment.values()],
    sdkKeys: [...state.sdkKey.values()].flatMap(toSnapshotKeys),
    settings: state.settings.has(settingsId) ? settingsIn(state) : undefined,
  })
}
