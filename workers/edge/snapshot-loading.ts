// Reads snapshots from outside the isolate: KV, then the environment's object. Each source has a time limit,
// and none is trusted: a snapshot that is corrupt, of a newer format or of another environment counts as not
// found.
import { compile } from '../../core/evaluation/compile.ts'
import { type Snapshot, snapshotFormat } from '../../core/model/snapshot.ts'
import type { Head } from '../contracts/environment-contract.ts'
import { logError } from '../http/log.ts'
import { membersOf, readMembers } from '../storage/members.ts'
import { readHeadPointer, readSnapshotText } from '../storage/snapshots.ts'
import type { EnvironmentReader } from './bindings.ts'
import type { LoadedSnapshot } from './snapshot-cache.ts'
import { cachedMembers, rememberMembers } from './member-cache.ts'
import { sharedHeadForMs, sourceWithinMs } from './limits.ts'
import type { KnownHead, HeadCache } from './head-cache.ts'

export interface Sources {
  readonly kv: KVNamespace
  readonly environment: (id: string) => EnvironmentReader
  /** The environments that were created within the last minute, and perhaps some more. */
  readonly recent: () => Promise<readonly string[]>
  readonly shared: HeadCache
  readonly now: () => number
  readonly delay: (ms: number) => Promise<void>
}

/** `known`: a snapshot of the environment is in memory, so it exists. `unconfirmed`: nothing is known yet. */
export type Existence = 'known' | 'unconfirmed'

/**
 * The newest revision, as another isolate read it a moment ago, or from the environment object if a later one
 * is needed. Undefined if no source responds. Never calls the object of an environment that does not exist,
 * because that would create it.
 */
export async function newestHead(
  sources: Sources,
  id: string,
  atLeast: number,
  existence: Existence,
): Promise<KnownHead | undefined> {
  const known = await attempt(sources, 'shared head', () => sources.shared.read(id))
  const isYoung = known && sources.now() - known.askedAt < sharedHeadForMs
  if (isYoung && (known.head.status === 'unknown' || known.head.revision >= atLeast)) return known
  const askedAt = sources.now()
  const exists = existence === 'known' || (await mayExist(sources, id))
  const head = exists
    ? await attempt<Head>(sources, 'head', () => sources.environment(id).head(id))
    : ({ status: 'unknown' } as const)
  if (!head) return undefined
  const fresh = { head, askedAt }
  await sources.shared.write(id, fresh)
  return fresh
}

/**
 * KV lists every environment, but may miss one of the last minute. If KV fails, the environment counts as
 * existing.
 */
async function mayExist(sources: Sources, id: string): Promise<boolean> {
  const pointer = await attempt(sources, 'head pointer', async () => ({
    revision: await readHeadPointer(sources.kv, id),
  }))
  if (!pointer || pointer.revision !== undefined) return true
  return (await attempt(sources, 'recent', sources.recent))?.includes(id) ?? false
}

/** KV holds every revision under its own key. Without a revision, KV's head pointer names one. */
export async function newestSnapshot(
  sources: Sources,
  id: string,
  revision: number | undefined,
): Promise<LoadedSnapshot | undefined> {
  const number = revision ?? (await attempt(sources, 'head pointer', () => readHeadPointer(sources.kv, id)))
  const text =
    number === undefined
      ? undefined
      : await attempt(sources, 'kv', () => readSnapshotText(sources.kv, id, number))
  const published = text === undefined ? undefined : await compileText(sources, id, text)
  if (published) return published
  const snapshot = await attempt(sources, 'object', () => sources.environment(id).snapshot(id))
  return snapshot && (await compileText(sources, id, JSON.stringify(snapshot)))
}

/** Undefined when the text is no valid snapshot. This is logged, and the cached snapshot goes on deciding. */
async function compileText(sources: Sources, id: string, text: string): Promise<LoadedSnapshot | undefined> {
  try {
    const snapshot = JSON.parse(text) as Snapshot
    const isReadable = snapshot.format <= snapshotFormat // false also where it is missing
    if (!isReadable) throw new Error(`format ${snapshot.format} is not known here`)
    if (snapshot.environmentId !== id) throw new Error('it belongs to another environment')
    if (!Number.isSafeInteger(snapshot.revision)) throw new Error('it has no revision')
    const members = await membersOf(snapshot, async (sha256) => {
      const cached = cachedMembers(sha256)
      if (cached) return cached
      const published = () => readMembers(sources.kv, id, sha256).then(rememberMembers(sha256))
      const archived = () => sources.environment(id).members(id, sha256).then(rememberMembers(sha256))
      return (await attempt(sources, 'kv', published)) ?? (await attempt(sources, 'object', archived))
    })
    return { compiled: compile(snapshot, members), characters: text.length }
  } catch (cause) {
    logError('snapshot', cause)
    return undefined
  }
}

/** Undefined when the source fails, has nothing, or takes too long. */
async function attempt<T>(
  { delay }: Sources,
  where: string,
  read: () => Promise<T | null | undefined>,
): Promise<T | undefined> {
  try {
    const late = delay(sourceWithinMs).then(() => {
      throw new Error(`no answer within ${sourceWithinMs} ms`)
    })
    return (await Promise.race([read(), late])) ?? undefined
  } catch (cause) {
    logError(where, cause)
    return undefined
  }
}
