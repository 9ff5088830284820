// The places outside the isolate that know of snapshots, each waited for no longer than a limit, and none of them trusted: what is
// corrupt, of a newer format or of another environment counts as not found, and the next place is asked.
import { compile } from '../../core/evaluation/compile.ts'
import { type Snapshot, snapshotFormat } from '../../core/model/snapshot.ts'
import type { Head } from '../contracts/environment-contract.ts'
import { logError } from '../http/log.ts'
import { readMembers } from '../storage/members.ts'
import { readHeadPointer, readSnapshotText } from '../storage/snapshots.ts'
import type { EnvironmentReader } from './bindings.ts'
import type { Found } from './snapshot-cache.ts'
import { readAllMembers, rememberMembers } from './member-cache.ts'
import { sharedHeadForMs, sourceWithinMs } from './limits.ts'
import type { KnownHead, HeadCache } from './head-cache.ts'

export interface Sources {
  readonly kv: KVNamespace
  readonly environment: (id: string) => EnvironmentReader
  readonly shared: HeadCache
  readonly now: () => number
  readonly delay: (ms: number) => Promise<void>
}

/** What a neighbour was told a moment ago, unless a later revision is wanted; else what the object says. Undefined where nobody can tell. */
export async function newestHead(
  sources: Sources,
  id: string,
  atLeast: number,
): Promise<KnownHead | undefined> {
  const known = await attempt(sources, 'shared head', () => sources.shared.read(id))
  const isYoung = known && sources.now() - known.askedAt < sharedHeadForMs
  if (isYoung && (known.head.status === 'unknown' || known.head.revision >= atLeast)) return known
  const askedAt = sources.now()
  const head = await attempt<Head>(sources, 'head', () => sources.environment(id).head(id))
  if (!head) return undefined
  const fresh = { head, askedAt }
  await sources.shared.write(id, fresh)
  return fresh
}

/** Whether KV has a pointer to a revision of it: the cheap question, where many ask for what does not exist. */
export const isPublished = async (sources: Sources, id: string): Promise<boolean> =>
  (await attempt(sources, 'head pointer', () => readHeadPointer(sources.kv, id))) !== undefined

/** KV has every revision under a name of its own. Without a revision, KV's pointer names one. */
export async function newestSnapshot(
  sources: Sources,
  id: string,
  revision: number | undefined,
): Promise<Found | undefined> {
  const named = revision ?? (await attempt(sources, 'head pointer', () => readHeadPointer(sources.kv, id)))
  const text =
    named === undefined
      ? undefined
      : await attempt(sources, 'kv', () => readSnapshotText(sources.kv, id, named))
  const published = text === undefined ? undefined : await understand(sources, id, text)
  if (published) return published
  const snapshot = await attempt(sources, 'object', () => sources.environment(id).snapshot(id))
  return snapshot && (await understand(sources, id, JSON.stringify(snapshot)))
}

/** Undefined where it is not what it should be, which is logged: the copy that is held goes on deciding. */
async function understand(sources: Sources, id: string, text: string): Promise<Found | undefined> {
  try {
    const snapshot = JSON.parse(text) as Snapshot
    if (snapshot.format !== snapshotFormat) throw new Error(`format ${snapshot.format} is not known here`)
    if (snapshot.environmentId !== id) throw new Error('it is of another environment')
    if (!Number.isSafeInteger(snapshot.revision)) throw new Error('it has no revision')
    const members = await readAllMembers(snapshot, async (sha256) => {
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

/** Undefined where the source fails, has nothing, or takes too long. */
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
