// The two audit trails: what changed in an environment, and in its organisation.
import { diff } from '../../../core/change/diff.ts'
import type { AuditDetail } from '../../../workers/control/api/shapes.ts'
import { pathOf } from '../api/client.ts'
import type { PlannedChange } from '../change/plan.tsx'
import { observe } from '../messages/observe.ts'
import { organisationPath } from '../setup/organisation.ts'

const { audit: words } = observe

export interface AuditTrail {
  /** Of the API. */
  readonly path: string
  /** For a file's name. */
  readonly name: string
  readonly kinds: Readonly<Record<string, string>>
  /** What people look for; the address takes every kind of command. */
  readonly commands: readonly string[]
}

export const environmentTrail = (environment: string): AuditTrail => ({
  path: pathOf(environment, 'audit'),
  name: environment,
  kinds: words.kinds,
  commands: [
    'create-flag',
    'update-flag',
    'update-flags',
    'delete-flag',
    'copy-flag',
    'roll-back-flag',
    'roll-back',
    'create-segment',
    'update-segment',
    'set-members',
    'delete-segment',
    'create-experiment',
    'start-experiment',
    'stop-experiment',
    'apply-operation',
    'apply-schedule',
    'move-dynamic-allocation',
    'create-sdk-key',
    'rotate-sdk-key',
    'update-settings',
    'apply',
    'import',
  ],
})

export const organisationTrail = (organisation: string): AuditTrail => ({
  path: organisationPath(organisation, 'audit'),
  name: organisation,
  kinds: words.organisationKinds,
  commands: [
    'create-member',
    'update-member',
    'remove-member',
    'create-token',
    'update-token',
    'rotate-token',
    'create-project',
    'update-project',
    'create-environment',
    'update-environment',
    'forget-assignments',
    'update-organisation',
  ],
})

type Written = readonly { readonly kind: string; readonly id: string; readonly value: unknown }[]

/** Each entity with its values before and after; the trail of an organisation has one an entry. */
export function changesOf({ entities, before, after }: AuditDetail): PlannedChange[] {
  if (!Array.isArray(before) || !Array.isArray(after))
    return entities.map(({ kind, id }) => changeOf(kind, id, before ?? null, after ?? null))
  const was = new Map((before as Written).map(({ kind, id, value }) => [`${kind} ${id}`, value]))
  return (after as Written).map(({ kind, id, value }) =>
    changeOf(kind, id, was.get(`${kind} ${id}`) ?? null, value ?? null),
  )
}

const changeOf = (kind: string, id: string, before: unknown, after: unknown): PlannedChange =>
  ({ kind, id, before, after, diff: diff(before ?? undefined, after ?? undefined) }) as PlannedChange
