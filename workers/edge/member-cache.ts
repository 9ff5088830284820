// The members of large segments, in the isolate's memory: by the hash of their content, so that a new revision of the environment reads
// only what has changed.
import { type Members, decodeMembers } from '../../core/model/members.ts'
import type { Snapshot } from '../../core/model/snapshot.ts'
import { membersHeldMax } from './limits.ts'

const held = new Map<string, Members>() // in the order of arrival

/** Of every segment that has some, by its key. Throws where some cannot be had: a snapshot without them would decide otherwise. */
export async function readAllMembers(
  snapshot: Snapshot,
  read: (sha256: string) => Promise<Members | undefined>,
): Promise<Map<string, Members>> {
  const found = new Map<string, Members>()
  for (const { key, members } of snapshot.segments) {
    if (!members) continue
    const known = held.get(members.sha256) ?? (await read(members.sha256))
    if (known?.high.length !== members.count) throw new Error(`the members of segment ${key} cannot be had`)
    found.set(key, known)
  }
  return found
}

/**
 * From bytes to members, which are kept from then on: also where whoever asked has stopped waiting, so that the next one who asks finds
 * them. A compiled snapshot holds on to its own; here, only so much is kept.
 */
export const rememberMembers =
  (sha256: string) =>
  (bytes: ArrayBuffer | null | undefined): Members | undefined => {
    const members = bytes ? decodeMembers(new Uint8Array(bytes)) : undefined
    if (!members) return undefined
    held.delete(sha256)
    held.set(sha256, members)
    let total = 0
    for (const { high } of held.values()) total += high.length
    for (const [oldest, { high }] of held) {
      if (total <= membersHeldMax || oldest === sha256) break
      held.delete(oldest)
      total -= high.length
    }
    return members
  }
