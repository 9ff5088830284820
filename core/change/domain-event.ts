// What a change did to each entity, as webhooks tell it: kinds to filter by, words, and the differences.
// Never the content of a list or an object: rules and segments hold the targeting keys of people.
import {
  type Entities,
  type EntityKind,
  type EnvironmentState,
  type Write,
  entitySchemas,
} from '../model/environment-state.ts'
import { type EntityEvent, type NotificationKind, inOrder } from '../model/notification-kind.ts'
import { diff } from './diff.ts'
import { isSame, wordOf } from './entity.ts'
import { withoutSecrets } from './redaction.ts'

/** Something that happened, before it is known who wants to hear of it. */
export interface DomainEvent {
  /** Most telling first. */
  readonly kinds: readonly NotificationKind[]
  /** The tags of the flag that it concerns; empty if it concerns none. */
  readonly tags: readonly string[]
  /** What was done, for a sentence that begins with who did it: `turned flag checkout off`. */
  readonly words: string
  /** What a message says of it. A function, because most of what a large import does is not told. */
  readonly detail: () => ChangeDetail
}

export interface ChangeDetail {
  readonly kind: string
  readonly id: string
  readonly name?: string
  readonly change: EntityEvent
  /** RFC 6901 pointers. A value is there if it was or is a short text, a number, true, false or null. */
  readonly differences?: readonly ScalarDifference[]
}

interface ScalarDifference {
  readonly path: string
  readonly before?: Scalar
  readonly after?: Scalar
}
type Scalar = string | number | boolean | null

const differencesMax = 20
const textLengthMax = 200

/** As in the names of notifications. */
const names = {
  flag: 'flag',
  segment: 'segment',
  goal: 'goal',
  experiment: 'experiment',
  operation: 'operation',
  trigger: 'trigger',
  schedule: 'schedule',
  progressiveRollout: 'progressive-rollout',
  dynamicAllocation: 'dynamic-allocation',
  layer: 'layer',
  holdout: 'holdout',
  tag: 'tag',
  webhook: 'webhook',
  sdkKey: 'sdk-key',
  settings: 'settings',
} as const satisfies Record<EntityKind, string>

/** One for each write. `before` is the state that the writes change. */
export const domainEventsOf = (before: EnvironmentState, writes: readonly Write[]): DomainEvent[] =>
  writes.map((write) => {
    const { kind, id, value } = write
    const was = before[kind].get(id)
    const change: EntityEvent = !was ? 'created' : value ? 'updated' : 'deleted'
    const special = was && value ? specialKinds(kind, was, value) : []
    const shown = (value ?? was)!
    return {
      kinds: inOrder([...special, `${names[kind]}.${change}`]),
      tags: tagsOf(before, writes, write, shown),
      words: wordsOf(kind, id, change, special),
      detail: () => ({
        kind: names[kind],
        id,
        ...('name' in shown && shown.name !== '' && { name: shown.name }),
        change,
        ...(change === 'updated' && { differences: differencesOf(kind, was!, value!) }),
      }),
    }
  })

type Entity = Entities[EntityKind]

/** What is more than an update. */
function specialKinds(kind: EntityKind, was: Entity, is: Entity): NotificationKind[] {
  const becomes = (field: string, value: unknown) =>
    fieldOf(is, field) === value && fieldOf(was, field) !== value
  const found: Record<string, readonly (readonly [NotificationKind, boolean])[]> = {
    flag: [
      ['flag.turned-on', becomes('enabled', true)],
      ['flag.turned-off', becomes('enabled', false)],
      ['flag.archived', becomes('archived', true)],
    ],
    experiment: [['experiment.stopped', becomes('status', 'stopped')]],
    operation: [['operation.fired', becomes('status', 'fired')]],
    schedule: [
      ['schedule.conflict', becomes('status', 'conflict')],
      ['schedule.applied', becomes('status', 'applied') || hasRun(was, is, ['applied'])],
      ['schedule.refused', becomes('status', 'refused') || hasRun(was, is, ['refused', 'missed'])],
    ],
    progressiveRollout: [
      ['progressive-rollout.rolled-back', becomes('status', 'rolled-back')],
      ['progressive-rollout.stepped-back', stepsOf(is) < stepsOf(was)],
      ['progressive-rollout.paused', becomes('status', 'paused')],
      ['progressive-rollout.awaits-approval', becomes('awaitsApproval', true)],
      ['progressive-rollout.finished', becomes('status', 'finished')],
      ['progressive-rollout.stopped', becomes('status', 'stopped')],
      ['progressive-rollout.step', stepsOf(is) > stepsOf(was)],
    ],
    trigger: [['trigger.fired', fieldOf(is, 'firings') !== fieldOf(was, 'firings')]],
  }
  return (found[kind] ?? []).flatMap(([name, holds]) => (holds ? [name] : []))
}

/** A recurring schedule waits again after each time. */
function hasRun(was: Entity, is: Entity, outcomes: readonly string[]): boolean {
  const [before, after] = [was, is].map((entity) => ('lastRun' in entity ? entity.lastRun : undefined))
  return after !== undefined && !isSame(before, after) && outcomes.includes(after.outcome)
}

const stepsOf = (entity: Entity): number => Number(fieldOf(entity, 'stepsMade') ?? 0)

const fieldOf = (entity: Entity, field: string): unknown =>
  (entity as unknown as Record<string, unknown>)[field]

/** Of the flag itself, before and after; or of the flag that an experiment, operation, ... belongs to. */
function tagsOf(before: EnvironmentState, writes: readonly Write[], { kind, id }: Write, shown: Entity) {
  const flagKey = kind === 'flag' ? id : 'flagKey' in shown ? shown.flagKey : undefined
  if (flagKey === undefined) return []
  const written = writes.find((write) => write.kind === 'flag' && write.id === flagKey)
  const flags = [before.flag.get(flagKey), written?.value as Entities['flag'] | null | undefined]
  return [...new Set(flags.flatMap((flag) => flag?.tags ?? []))]
}

const verbs: Partial<Record<NotificationKind, (what: string) => string>> = {
  'flag.turned-on': (what) => `turned ${what} on`,
  'flag.turned-off': (what) => `turned ${what} off`,
  'flag.archived': (what) => `archived ${what}`,
  'experiment.stopped': (what) => `stopped ${what}`,
  'operation.fired': (what) => `fired ${what}`,
  'progressive-rollout.rolled-back': (what) => `rolled back ${what}`,
  'progressive-rollout.stepped-back': (what) => `took ${what} a step back`,
  'progressive-rollout.paused': (what) => `paused ${what}`,
  'progressive-rollout.awaits-approval': (what) => `let ${what} await an approval`,
  'progressive-rollout.finished': (what) => `finished ${what}`,
  'progressive-rollout.stopped': (what) => `stopped ${what}`,
  'progressive-rollout.step': (what) => `made a step of ${what}`,
  'schedule.conflict': (what) => `made ${what} impossible`,
  'schedule.applied': (what) => `made ${what}`,
  'schedule.refused': (what) => `could not make ${what}`,
  'trigger.fired': (what) => `fired ${what}`,
}

function wordsOf(kind: EntityKind, id: string, change: EntityEvent, special: readonly NotificationKind[]) {
  const what = kind === 'settings' ? 'the settings' : `${wordOf(kind)} ${id}`
  const [most] = inOrder(special)
  return (most && verbs[most]?.(what)) ?? `${change === 'updated' ? 'changed' : change} ${what}`
}

const systemPaths: ReadonlySet<string> = new Set([
  '/version',
  '/createdAt',
  '/updatedAt',
  '/segmentsUpdatedAt',
])

function differencesOf(kind: EntityKind, was: Entity, is: Entity): ScalarDifference[] {
  const schema = entitySchemas[kind]
  return diff(withoutSecrets(was, schema), withoutSecrets(is, schema))
    .filter(({ path }) => !systemPaths.has(path))
    .slice(0, differencesMax)
    .map(({ path, before, after }) =>
      kind === 'webhook' && path === '/url' // one receiver must not learn the address of another
        ? { path }
        : { path, ...(isScalar(before) && { before }), ...(isScalar(after) && { after }) },
    )
}

const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'string'
    ? value.length <= textLengthMax
    : typeof value === 'number' || typeof value === 'boolean' || value === null
