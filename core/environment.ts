// The whole configuration of one environment, as its single writer holds it.
import type { Experiment } from './experiment.ts'
import type { Flag } from './flag.ts'
import type { Goal } from './goal.ts'
import type { Operation } from './operation.ts'
import type { Segment } from './segment.ts'
import type { SdkKeyRole } from './snapshot.ts'

export interface SdkKey {
  readonly id: string
  readonly role: SdkKeyRole
  readonly name: string
  readonly sha256: string
  readonly createdAt: number
}

/** What an environment holds, by kind and identifier: one table in storage, one map here. */
export interface Entities {
  readonly flag: Flag
  readonly segment: Segment
  readonly goal: Goal
  readonly experiment: Experiment
  readonly operation: Operation
  readonly sdkKey: SdkKey
}
export type EntityKind = keyof Entities

export type EnvironmentState = { readonly [K in EntityKind]: ReadonlyMap<string, Entities[K]> }

/** One entity's new value. Nothing is ever deleted: flags are archived, experiments stopped. */
export type Write = {
  readonly [K in EntityKind]: { readonly kind: K; readonly id: string; readonly value: Entities[K] }
}[EntityKind]

export const emptyState = (): EnvironmentState => ({
  flag: new Map(),
  segment: new Map(),
  goal: new Map(),
  experiment: new Map(),
  operation: new Map(),
  sdkKey: new Map(),
})

/** The state after some writes; the one before stays as it was. */
export function withWrites(state: EnvironmentState, writes: readonly Write[]): EnvironmentState {
  const next: Record<EntityKind, Map<string, Entities[EntityKind]>> = {
    flag: new Map(state.flag),
    segment: new Map(state.segment),
    goal: new Map(state.goal),
    experiment: new Map(state.experiment),
    operation: new Map(state.operation),
    sdkKey: new Map(state.sdkKey),
  }
  for (const { kind, id, value } of writes) next[kind].set(id, value)
  return next as EnvironmentState
}
