// A change of an organisation's own things: the row and its audit entry in one batch, or a refusal.
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { type OrganisationEntity, type RowOf, storeChanges } from '../../storage/organisations.ts'
import { commentOf } from './execute.ts'
import type { Call } from './call.ts'

interface Change<K extends OrganisationEntity = OrganisationEntity> {
  readonly kind: string
  readonly entity: K
  readonly organisationId: string
  readonly before?: RowOf<K>
  readonly after?: RowOf<K>
}

/** The first entity as it is afterwards (as it was, where it is no more). All of the changes, or none. */
export async function store<K extends OrganisationEntity>(
  call: Call,
  change: Change<K>,
  ...more: readonly Change[]
): Promise<Result<RowOf<K>>> {
  const comment = commentOf(call.request)
  if (!comment.ok) return comment
  const { actor, origin } = call.caller
  const asked = { actor, origin, createdAt: call.now, comment: comment.value }
  const toStore = ({ kind, entity, organisationId, before, after }: Change) => ({
    ...asked,
    kind,
    entity,
    organisationId,
    before,
    after,
  })
  const stored = await storeChanges(call.database, [toStore(change), ...more.map(toStore)])
  switch (stored) {
    case 'stored':
      return ok((change.after ?? change.before)!)
    case 'taken':
      return refuse('CONFLICT', `this ${change.entity} exists already`)
    case 'overtaken':
      return refuse('CONFLICT', `this ${change.entity} was changed meanwhile: read it again`)
  }
}

/**
 * Some fields of an entity anew, if the caller saw its newest version or does not say which one they saw.
 * Nothing new: nothing stored.
 */
export async function edit<K extends OrganisationEntity>(
  call: Call,
  { before, ...change }: Omit<Change<K>, 'after'> & { readonly before: RowOf<K> },
  changes: { readonly [F in keyof RowOf<K>]?: RowOf<K>[F] | undefined },
  seen: number | undefined = call.ifMatch,
): Promise<Result<RowOf<K>>> {
  if (seen !== undefined && seen !== before.version) {
    const message = `version ${seen} is stale, version ${before.version} is the newest`
    return refuse('CONFLICT', message, { current: withoutSecrets(before) })
  }
  const after = { ...before, ...changes }
  if (JSON.stringify(after) === JSON.stringify(before)) return ok(before)
  return store(call, { ...change, before, after: { ...after, version: before.version + 1 } } as Change<K>)
}

/** What may be shown of a row: all but a hash. */
export function withoutSecrets<T extends object>(row: T): Omit<T, 'sha256'> {
  const { sha256: _, ...rest } = row as T & { readonly sha256?: string }
  return rest as Omit<T, 'sha256'>
}
