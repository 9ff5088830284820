// The key of a backup's secrets, from the passphrase in TACKLINE_BACKUP_PASSPHRASE: by scrypt, with a salt
// that the backup holds.
import { randomBytes, scryptSync } from 'node:crypto'
import { newIv, seal, sealKeyBytes, unseal } from '../workers/http/seal.ts'
import type { Backup, SavedRow } from './backup-folder.ts'

/** Half a second and 128 MB for each guess. OWASP recommends 2^17, 8, 1 (Password Storage Cheat Sheet). */
const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 }
const checkPlace = 'check'

export interface Seal {
  readonly key: Uint8Array<ArrayBuffer>
  /** What the backup says of it. */
  readonly stored: NonNullable<Backup['seal']>
}

const keyOf = (passphrase: string, salt: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(scryptSync(passphrase.normalize('NFC'), Buffer.from(salt, 'base64'), sealKeyBytes, cost))

export async function newSeal(passphrase: string): Promise<Seal> {
  const salt = randomBytes(16).toString('base64')
  const key = keyOf(passphrase, salt)
  return { key, stored: { salt, check: await seal(key, newIv(), checkPlace, 'tackline') } }
}

/** Throws a sentence if it is another passphrase. */
export async function openSeal(passphrase: string, stored: Seal['stored']): Promise<Seal> {
  const key = keyOf(passphrase, stored.salt)
  await unseal(key, checkPlace, stored.check).catch((cause: unknown) => {
    throw new Error('TACKLINE_BACKUP_PASSPHRASE is not the passphrase of this backup.', { cause })
  })
  return { key, stored }
}

/** The row as it was; undefined if it is sealed and there is no key. */
export async function opened(
  { sealed, ...row }: SavedRow,
  by: Seal | undefined,
): Promise<SavedRow | undefined> {
  if (sealed === undefined) return row
  if (!by) return undefined
  const { environment_id: environment, kind, id } = row
  return { ...row, value: await unseal(by.key, `${environment}/${kind}/${id}`, String(sealed)) }
}
