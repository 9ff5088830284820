// Who uses what: the entities that would break, or come to mean something else, if one went away.
import type { EntityKind, EnvironmentState } from '../model/environment-state.ts'
import type { Flag } from '../model/flag.ts'

export interface Dependent {
  readonly kind: EntityKind
  readonly id: string
}

const namedMax = 10

export function named(dependents: readonly Dependent[]): string {
  const names = dependents.slice(0, namedMax).map(({ kind, id }) => `${kind} ${id}`)
  return names.join(', ') + (dependents.length > namedMax ? ` and ${dependents.length - namedMax} more` : '')
}

/** Archived flags count: they can come back. */
export function dependentsOf(state: EnvironmentState, kind: EntityKind, id: string): Dependent[] {
  const flags = (isUser: (flag: Flag) => boolean) => pick('flag', state.flag, isUser)
  const about = ({ flagKey }: { flagKey: string }) => flagKey === id
  switch (kind) {
    case 'flag':
      return [
        ...flags((flag) => flag.key !== id && namesFlag(flag, id)),
        ...pick('experiment', state.experiment, about),
        ...pick('operation', state.operation, about),
        ...pick('trigger', state.trigger, about),
        ...pick('schedule', state.schedule, (schedule) => about(schedule) && schedule.status === 'waiting'),
      ]
    case 'segment':
      return flags((flag) => asks(flag, 'in-segment').some(({ values }) => values.includes(id)))
    case 'goal':
      return [
        ...pick('experiment', state.experiment, ({ goalKeys }) => goalKeys.includes(id)),
        ...pick('operation', state.operation, ({ goalKey }) => goalKey === id),
      ]
    case 'tag':
      return flags(({ tags }) => tags.includes(id))
    default:
      return []
  }
}

function pick<K extends EntityKind, T>(
  kind: K,
  all: ReadonlyMap<string, T>,
  isUser: (entity: T) => boolean,
): Dependent[] {
  return [...all].filter(([, entity]) => isUser(entity)).map(([id]) => ({ kind, id }))
}

const asks = ({ rules }: Flag, operator: 'in-segment' | 'flag-is') =>
  rules.flatMap(({ anyOf }) => anyOf.flat().filter((clause) => clause.operator === operator))

const namesFlag = (flag: Flag, key: string) =>
  flag.prerequisites.some(({ flagKey }) => flagKey === key) ||
  asks(flag, 'flag-is').some(({ attribute }) => attribute === key)

/**
 * Live flags that name a variation which `next` no longer has, or that stand on it while it goes to the
 * archive.
 */
export function strandedBy(state: EnvironmentState, next: Flag): Dependent[] {
  const ids = new Set(next.variations.map(({ id }) => id))
  const variationsNamed = (other: Flag) => [
    ...other.prerequisites
      .filter(({ flagKey }) => flagKey === next.key)
      .map(({ variationId }) => variationId),
    ...asks(other, 'flag-is').flatMap(({ attribute, values }) => (attribute === next.key ? values : [])),
  ]
  return pick(
    'flag',
    state.flag,
    (other) =>
      !other.archived &&
      other.key !== next.key &&
      variationsNamed(other).some((id) => next.archived || !ids.has(id)),
  )
}
