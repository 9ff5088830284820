// SDK keys: `tl_{role}_{environment}_{secret}`. A key names its environment, so that edge knows which snapshot to check it against; the
// snapshot holds the SHA-256 of every live key, so that revoking one takes effect with the next revision.
import type { CompiledSnapshot } from '../../core/compile.ts'
import type { SdkKeyRole, SnapshotKey } from '../../core/snapshot.ts'
import { sha256Hex, toHex } from './digest.ts'

const pattern = /^tl_(client|server)_([a-z0-9][a-z0-9-]{0,39})_[0-9a-f]{48}$/
/** Raw keys whose digest is remembered per isolate. */
const rememberedMax = 1_000

const digests = new Map<string, string>()

export function makeSdkKey(role: SdkKeyRole, environmentId: string, secret: Uint8Array): string {
  return `tl_${role}_${environmentId}_${toHex(secret)}`
}
export const sdkKeySecretBytes = 24

/** A key that another system gave out may be anything that fits into a header; what is no such thing needs no look. */
export const isForeignKey = (key: string): boolean =>
  /^[\w.-]{16,200}$/.test(key) && environmentOf(key) === undefined

/** The environment a key says it belongs to; undefined where the text is no key of ours. */
export const environmentOf = (key: string): string | undefined => pattern.exec(key)?.[2]

/** At once for a key that was good before. */
export const digestOf = (key: string): string | Promise<string> => digests.get(key) ?? sha256Hex(key)

/** The live key of this environment, or undefined. Nothing is awaited for a key seen before. */
export function findSdkKey(
  compiled: CompiledSnapshot,
  key: string,
): SnapshotKey | undefined | Promise<SnapshotKey | undefined> {
  if ((environmentOf(key) ?? compiled.environmentId) !== compiled.environmentId) return undefined
  const digest = digests.get(key)
  if (digest !== undefined) return live(compiled.sdkKeys.get(digest))
  return sha256Hex(key).then((fresh) => {
    const found = live(compiled.sdkKeys.get(fresh))
    if (found && digests.size < rememberedMax) digests.set(key, fresh) // only real keys: garbage must not fill the memory
    return found
  })
}

/** A key that was rotated runs out by itself: no revision is made when its time comes. */
const live = (key: SnapshotKey | undefined): SnapshotKey | undefined =>
  key?.expiresAt !== undefined && key.expiresAt <= Date.now() ? undefined : key
