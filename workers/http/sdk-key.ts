// SDK keys: `tl_{role}_{environment}_{secret}`. A key names its environment, so that edge knows which
// snapshot to check it against; the snapshot holds the SHA-256 of every live key, so that revoking one takes
// effect with the next revision.
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import { sha256OfText } from '../../core/hash/sha-256.ts'
import type { SdkKeyRole, SnapshotKey } from '../../core/model/snapshot.ts'
import { toHex } from './digest.ts'

const pattern = /^tl_(client|server)_([a-z0-9][a-z0-9-]{0,39})_[0-9a-f]{48}$/
/** Raw keys that are remembered per isolate. */
const rememberedMax = 1_000

interface Remembered {
  readonly digest: string
  /** As the key says it. */
  readonly environmentId: string | undefined
}
const remembered = new Map<string, Remembered>()

export function makeSdkKey(role: SdkKeyRole, environmentId: string, secret: Uint8Array): string {
  return `tl_${role}_${environmentId}_${toHex(secret)}`
}
export const sdkKeySecretBytes = 24

/**
 * A key that another system gave out may be anything that fits into a header; what is no such thing needs no
 * look.
 */
export const isForeignKey = (key: string): boolean =>
  /^[\w.-]{16,200}$/.test(key) && environmentOf(key) === undefined

/** The environment a key says it belongs to; undefined where the text is no key of ours. */
export function environmentOf(key: string): string | undefined {
  const known = remembered.get(key)
  return known ? known.environmentId : pattern.exec(key)?.[2]
}

export const digestOf = (key: string): string => remembered.get(key)?.digest ?? sha256OfText(key)

/** The live key of this environment, or undefined. */
export function findSdkKey(compiled: CompiledSnapshot, key: string): SnapshotKey | undefined {
  const known = remembered.get(key)
  const environmentId = known ? known.environmentId : environmentOf(key)
  if (environmentId !== undefined && environmentId !== compiled.environmentId) return undefined
  const digest = known?.digest ?? sha256OfText(key)
  const found = live(compiled.sdkKeys.get(digest))
  // Only real keys: garbage must not fill the memory.
  if (found && !known && remembered.size < rememberedMax) remembered.set(key, { digest, environmentId })
  return found
}

/** A key that was rotated runs out by itself: no revision is made when its time comes. */
const live = (key: SnapshotKey | undefined): SnapshotKey | undefined =>
  key?.expiresAt !== undefined && key.expiresAt <= Date.now() ? undefined : key
