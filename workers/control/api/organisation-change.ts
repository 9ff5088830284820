// Stores a changed organisation, project, environment, member or token: its row and the audit entry in one
// D1 batch.
import { withoutSecrets } from '../../../core/change/redaction.ts'
import { organisationRowsMax } from '../../../core/model/limits.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import {
  type OrganisationEntity,
  OrganisationRow,
  type RowOf,
  isOfDeployment,
  storeChanges,
} from '../../storage/organisations.ts'
import type { Call } from './call.ts'
import { commentOf } from './comment-header.ts'

interface RowChange<K extends OrganisationEntity = OrganisationEntity> {
  /** The operation, for the audit trail: `update-member`. */
  readonly kind: string
  readonly entity: K
  readonly organisationId: string
  /** Absent if the row is created. */
  readonly before?: RowOf<K>
  /** Absent if the row is deleted. */
  readonly after?: RowOf<K>
}

/**
 * Stores all of the changes or none. Answers the first row as it is afterwards, or as it was if it is
 * deleted.
 */
export async function storeRow<K extends OrganisationEntity>(
  call: Call,
  change: RowChange<K>,
  ...more: readonly RowChange[]
): Promise<Result<RowOf<K>>> {
  const comment = commentOf(call.request)
  if (!comment.ok) return comment
  const { actor, origin } = call.caller
  const metadata = { actor, origin, createdAt: call.now, comment: comment.value }
  const withMetadata = ({ kind, entity, organisationId, before, after }: RowChange) => ({
    ...metadata,
    kind,
    entity,
    organisationId,
    before,
    after,
  })
  const outcome = await storeChanges(call.database, [withMetadata(change), ...more.map(withMetadata)])
  switch (outcome) {
    case 'stored':
      return ok((change.after ?? change.before)!)
    case 'taken':
      return refuse('CONFLICT', `this ${nameOf(change.entity)} exists already`)
    case 'ownerless':
      return refuse('CONFLICT', 'this is the last owner of the organisation: make another one first')
    case 'full':
      return refuse('TOO_LARGE', tooMany(change.entity))
    case 'overtaken':
      return refuse('CONFLICT', `this ${nameOf(change.entity)} was changed meanwhile: read it again`)
  }
}

function tooMany(entity: OrganisationEntity): string {
  const limit = organisationRowsMax[entity as keyof typeof organisationRowsMax]
  const owner = isOfDeployment(entity) ? 'a deployment' : 'an organisation'
  return `${owner} has at most ${limit} ${nameOf(entity)}s`
}

const nameOf = (entity: OrganisationEntity) => entity.replace('-', ' ')

/**
 * Changes some fields of a row, unless If-Match names an older version. Stores nothing if no field differs;
 * otherwise also `more`, all of it or none.
 */
export async function editRow<K extends OrganisationEntity>(
  call: Call,
  { before, ...change }: Omit<RowChange<K>, 'after'> & { readonly before: RowOf<K> },
  changes: { readonly [F in keyof RowOf<K>]?: RowOf<K>[F] | undefined },
  ...more: readonly RowChange[]
): Promise<Result<RowOf<K>>> {
  const { ifMatch } = call
  if (ifMatch !== undefined && ifMatch !== before.version) {
    const message = `version ${ifMatch} is stale, version ${before.version} is the newest`
    return refuse('CONFLICT', message, {
      current: withoutSecrets(before, OrganisationRow),
      yours: withoutSecrets({ version: ifMatch, ...changes }, OrganisationRow),
    })
  }
  const after = { ...before, ...changes }
  if (JSON.stringify(after) === JSON.stringify(before)) return ok(before)
  const edit = { ...change, before, after: { ...after, version: before.version + 1 } } as RowChange<K>
  return storeRow(call, edit, ...more)
}
