// The API keys of SDKs. The key itself is returned once, when it is created; only its hash is stored and
// published.
import * as z from 'zod'
import { Id } from './flag.ts'
import { SecretHash } from './secret.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'
import type { SnapshotKey } from './snapshot.ts'

export const SdkKey = z.strictObject({
  id: Id,
  role: z.enum(['client', 'server']),
  name: z.string().max(limits.nameLengthMax).default(''),
  sha256: SecretHash,
  /** Imported from another system. Its text does not name the environment, so KV maps the key to it. */
  foreign: z.literal(true).optional(),
  /** OFREP: `plain` omits event streams and metadata of the flag set, which the strictest clients reject. */
  answers: z.enum(['full', 'plain']).default('full'),
  /** A disabled key is not in the snapshot. */
  disabled: z.boolean().default(false),
  /** The key before rotation; valid until `expiresAt` (epoch milliseconds). */
  previous: z.strictObject({ sha256: SecretHash, expiresAt: z.int() }).optional(),
  ...versioned,
})
export type SdkKey = z.infer<typeof SdkKey>

/**
 * Returns the key's entries in the snapshot. A rotated key has two; edge checks `expiresAt`, since expiry
 * makes no revision.
 */
export function toSnapshotKeys({
  id,
  role,
  sha256,
  foreign,
  answers,
  disabled,
  previous,
}: SdkKey): SnapshotKey[] {
  if (disabled) return []
  const own = { id, role, ...(foreign && { foreign }), ...(answers === 'plain' && { answers }) }
  return [{ ...own, sha256 }, ...(previous ? [{ ...own, ...previous }] : [])]
}

/** The hashes by which a key from another system may be met; none for a key of our own. */
export const foreignHashesOf = ({ foreign, sha256, previous }: SdkKey): string[] =>
  foreign ? [sha256, ...(previous ? [previous.sha256] : [])] : []
