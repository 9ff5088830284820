// SDK keys: `tl_{role}_{environment}_{secret}`. A key names its environment, so edge knows which snapshot to
// check it against. The snapshot holds the SHA-256 of every valid key, so revoking one takes effect with the
// next revision.
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import { sha256OfText } from '../../core/hash/sha-256.ts'
import { slugSource } from '../../core/model/slug.ts'
import type { SdkKeyRole, SnapshotKey } from '../../core/model/snapshot.ts'
import { toHex } from './digest.ts'

const pattern = new RegExp(`^tl_(client|server)_(${slugSource})_[0-9a-f]{48}$`)
/** Keys that an isolate caches. */
const cachedKeysMax = 1_000

interface CachedKey {
  /** Hexadecimal SHA-256 of the key. */
  readonly digest: string
  /** The environment that the key names; undefined for foreign keys. */
  readonly environmentId: string | undefined
}
const cachedKeys = new Map<string, CachedKey>()

export function makeSdkKey(role: SdkKeyRole, environmentId: string, secret: Uint8Array): string {
  return `tl_${role}_${environmentId}_${toHex(secret)}`
}
export const sdkKeySecretBytes = 24

/** Whether the text can be a key that another system issued. Any other text is refused without a lookup. */
export const isForeignKey = (key: string): boolean =>
  /^[\w.-]{16,200}$/.test(key) && environmentOf(key) === undefined

/** The environment that a key names; undefined if it is not in our format. */
export function environmentOf(key: string): string | undefined {
  const cached = cachedKeys.get(key)
  return cached ? cached.environmentId : pattern.exec(key)?.[2]
}

export const digestOf = (key: string): string => cachedKeys.get(key)?.digest ?? sha256OfText(key)

/** The snapshot's entry for the key, unless the key is unknown, expired or names another environment. */
export function findSdkKey(compiled: CompiledSnapshot, key: string): SnapshotKey | undefined {
  const cached = cachedKeys.get(key)
  const environmentId = cached ? cached.environmentId : environmentOf(key)
  if (environmentId !== undefined && environmentId !== compiled.environmentId) return undefined
  const digest = cached?.digest ?? sha256OfText(key)
  const found = unlessExpired(compiled.sdkKeys.get(digest))
  // Only valid keys are cached, so that random ones cannot fill the cache.
  if (found && !cached && cachedKeys.size < cachedKeysMax) cachedKeys.set(key, { digest, environmentId })
  return found
}

/** Whether the key with this SHA-256 is still valid. */
export const isValidKey = ({ sdkKeys }: CompiledSnapshot, sha256: string): boolean =>
  unlessExpired(sdkKeys.get(sha256)) !== undefined

/** A rotated key expires without a new revision, so the time is checked here. */
const unlessExpired = (key: SnapshotKey | undefined): SnapshotKey | undefined =>
  key?.expiresAt !== undefined && key.expiresAt <= Date.now() ? undefined : key
