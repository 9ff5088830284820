// The SQL that stores the token of an organisation's owner, for whoever owns the database.
import { slugPattern } from '../core/model/slug.ts'

export interface OwnerToken {
  readonly id: string
  readonly name: string
  readonly organisation: string
  /** In hexadecimal. */
  readonly sha256: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}

export const isOrganisationId = (text: string): boolean => slugPattern.test(text)

/** Returns the id of the token; stores and returns nothing if there is no such organisation. */
export function tokenStatement({ id, name, organisation, sha256, createdAt }: OwnerToken): string {
  // Hexadecimal digits, a UUID, a number and an id of an organisation cannot end a quotation.
  const hex = Array.from(new TextEncoder().encode(name), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  )
  return (
    'INSERT INTO api_tokens (id, organisation_id, name, role, sha256, created_at) ' +
    `SELECT '${id}', id, CAST(x'${hex}' AS TEXT), 'owner', '${sha256}', ${createdAt} ` +
    `FROM organisations WHERE id = '${organisation}' RETURNING id`
  )
}
