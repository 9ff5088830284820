// What depends on an entity: what would break, or change its meaning, without it.
import { isAllocationOpen } from '../model/dynamic-allocation.ts'
import type { EntityKind, EnvironmentState } from '../model/environment-state.ts'
import type { Flag, Strategy } from '../model/flag.ts'
import type { FlagChanges } from '../model/flag-draft.ts'
import type { Operation } from '../model/operation.ts'
import { isRolloutOpen } from '../model/progressive-rollout.ts'
import { isOpen } from '../model/schedule.ts'
import { segmentsIn } from '../model/segment-keys.ts'

export interface Dependent {
  readonly kind: EntityKind
  readonly id: string
}

const namedMax = 10

/** The dependents as part of a sentence. */
export function named(dependents: readonly Dependent[]): string {
  const names = dependents.slice(0, namedMax).map(({ kind, id }) => `${kind} ${id}`)
  const others = dependents.length - namedMax
  return names.join(', ') + (others > 0 ? ` and ${others} more` : '')
}

/** Archived flags count: they can come back. */
export function dependentsOf(state: EnvironmentState, kind: EntityKind, id: string): Dependent[] {
  const flags = (isDependent: (flag: Flag) => boolean) => pick('flag', state.flag, isDependent)
  const about = ({ flagKey }: { flagKey: string }) => flagKey === id
  switch (kind) {
    case 'flag':
      return [
        ...flagsNaming(state, id).map(({ key }) => ({ kind, id: key })),
        ...pick('experiment', state.experiment, about),
        ...pick('operation', state.operation, about),
        ...pick('trigger', state.trigger, about),
        ...pick('progressiveRollout', state.progressiveRollout, (each) => about(each) && isRolloutOpen(each)),
        ...pick(
          'dynamicAllocation',
          state.dynamicAllocation,
          (each) => about(each) && isAllocationOpen(each),
        ),
        ...pick('schedule', state.schedule, (schedule) => about(schedule) && isOpen(schedule)),
      ]
    case 'segment':
      return [
        ...flags(({ rules }) => rules.some(({ anyOf }) => segmentsIn(anyOf).includes(id))),
        ...pick('segment', state.segment, ({ key, anyOf }) => key !== id && segmentsIn(anyOf).includes(id)),
      ]
    case 'goal':
      return [
        ...pick('experiment', state.experiment, ({ goalKeys }) => goalKeys.includes(id)),
        ...pick('operation', state.operation, ({ goalKey }) => goalKey === id),
        ...pick(
          'dynamicAllocation',
          state.dynamicAllocation,
          (each) => each.goalKey === id && isAllocationOpen(each),
        ),
      ]
    case 'experiment':
      return pick(
        'operation',
        state.operation,
        ({ action }) => action?.kind === 'stop-experiment' && action.experimentId === id,
      )
    case 'operation':
      return pick(
        'progressiveRollout',
        state.progressiveRollout,
        (rollout) =>
          isRolloutOpen(rollout) && rollout.steps.some(({ guardrails = [] }) => guardrails.includes(id)),
      )
    case 'tag':
      return flags(({ tags }) => tags.includes(id))
    default:
      return []
  }
}

function pick<K extends EntityKind, T>(
  kind: K,
  all: ReadonlyMap<string, T>,
  isDependent: (entity: T) => boolean,
): Dependent[] {
  return [...all].filter(([, entity]) => isDependent(entity)).map(([id]) => ({ kind, id }))
}

const flagClausesOf = ({ rules }: Flag) =>
  rules.flatMap(({ anyOf }) => anyOf.flat().filter(({ operator }) => operator === 'flag-is'))

const flagsNamedBy = (flag: Flag): string[] => [
  ...flag.prerequisites.map(({ flagKey }) => flagKey),
  ...flagClausesOf(flag).map(({ attribute }) => attribute),
]

type Flags = EnvironmentState['flag']
const naming = new WeakMap<Flags, ReadonlyMap<string, readonly Flag[]>>()

/**
 * The other flags that name this one in a prerequisite or a clause. Found once for a state: a rollback or an
 * import asks for each of thousands of flags.
 */
function flagsNaming({ flag: flags }: EnvironmentState, key: string): readonly Flag[] {
  let index = naming.get(flags)
  if (!index) {
    const made = new Map<string, Flag[]>()
    for (const flag of flags.values())
      for (const named of new Set(flagsNamedBy(flag))) {
        if (named === flag.key) continue
        const others = made.get(named)
        if (others) others.push(flag)
        else made.set(named, [flag])
      }
    naming.set(flags, (index = made))
  }
  return index.get(key) ?? []
}

/**
 * What breaks if the flag becomes `next`: live flags that name a variation which it no longer has, or that
 * depend on it while it is archived; active operations on such a variation; waiting schedules whose change
 * names one.
 */
export function dependentsBrokenBy(state: EnvironmentState, next: Flag): Dependent[] {
  const ids = new Set(next.variations.map(({ id }) => id))
  const isMissing = (id: string) => !ids.has(id)
  const variationsNamed = (other: Flag) => [
    ...other.prerequisites
      .filter(({ flagKey }) => flagKey === next.key)
      .map(({ variationId }) => variationId),
    ...flagClausesOf(other).flatMap(({ attribute, values }) => (attribute === next.key ? values : [])),
  ]
  const isNamedBy = ({ flagKey }: { readonly flagKey: string }) => flagKey === next.key
  return [
    ...flagsNaming(state, next.key)
      .filter(
        (other) => !other.archived && variationsNamed(other).some((id) => next.archived || isMissing(id)),
      )
      .map(({ key }) => ({ kind: 'flag' as const, id: key })),
    ...pick(
      'operation',
      state.operation,
      (operation) =>
        isNamedBy(operation) && operation.status === 'active' && namedBy(operation).some(isMissing),
    ),
    ...pick(
      'schedule',
      state.schedule,
      (schedule) =>
        isNamedBy(schedule) &&
        isOpen(schedule) &&
        schedule.changes.variations === undefined &&
        variationsIn(schedule.changes).some(isMissing),
    ),
  ]
}

const namedBy = ({ variationId, baselineVariationId, action }: Operation): string[] => [
  variationId,
  ...(baselineVariationId === undefined ? [] : [baselineVariationId]),
  ...(action?.kind === 'serve' ? [action.variationId] : []),
]

/** The ids of variations that an edit of a flag names. */
function variationsIn({ offVariationId, targets = [], rules = [], defaultStrategy }: FlagChanges): string[] {
  const strategies = [...rules, ...(defaultStrategy ? [defaultStrategy] : [])].map(({ strategy }) => strategy)
  return [
    ...(typeof offVariationId === 'string' ? [offVariationId] : []),
    ...targets.map(({ variationId }) => variationId),
    ...strategies.flatMap(variationsOf),
  ]
}

/** The ids of variations that a strategy may serve. */
export const variationsOf = (strategy: Strategy): string[] =>
  strategy.kind === 'fixed'
    ? [strategy.variationId]
    : [
        ...strategy.shares.map(({ variationId }) => variationId),
        ...(strategy.audience ? [strategy.audience.defaultVariationId] : []),
      ]
