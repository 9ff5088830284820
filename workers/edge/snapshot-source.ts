// Where edge gets snapshots: memory, then KV, then the environment's object. A busy isolate asks twice a second, behind its answers,
// whether there is a newer one; one that was idle asks before it answers, but never waits long. A newer copy is never replaced by an
// older one.
import { type CompiledSnapshot, compile } from '../../core/compile.ts'
import { type Snapshot, snapshotFormat } from '../../core/snapshot.ts'
import { logError } from '../http/log.ts'
import type { Reading, SnapshotSource } from '../ports.ts'
import { readHeadPointer, readSnapshot } from '../storage/published.ts'
import type { EnvironmentReader } from './bindings.ts'

/** Age from which a copy is checked behind the answer. */
const refreshAfterMs = 500
/** Age from which a copy is checked before the answer: what was published more than a second ago is what decides. */
const checkFirstAfterMs = 1_000
/** How long an answer waits for that check before it is given from the copy at hand. */
const checkWithinMs = 250
/** How long an environment that does not exist is not asked for again. */
const unknownForMs = 1_000
/** Compiled environments per isolate; the least recently used leaves first. */
const environmentsMax = 50
/** Remembered ids of environments that do not exist. */
const unknownMax = 10_000

export interface SnapshotSourcePorts {
  readonly kv: KVNamespace
  readonly environment: (id: string) => EnvironmentReader
  readonly now: () => number
  readonly delay: (ms: number) => Promise<void>
  /** Lets work go on after the answer. */
  readonly defer: (work: Promise<unknown>) => void
}

interface Held {
  compiled: CompiledSnapshot
  checkedAt: number
}

export function snapshotSource(ports: SnapshotSourcePorts): SnapshotSource {
  const held = new Map<string, Held>()
  const unknownUntil = new Map<string, number>()
  const loading = new Map<string, Promise<Reading>>()

  return {
    read(id) {
      const copy = held.get(id)
      if (!copy) return (unknownUntil.get(id) ?? 0) > ports.now() ? { status: 'unknown' } : loadOnce(id)
      const now = ports.now()
      const age = now - copy.checkedAt
      const fromCopy: Reading = { status: 'ready', compiled: copy.compiled }
      if (age < refreshAfterMs) return fromCopy
      held.delete(id) // and to the end: the map's order is the order of use
      held.set(id, copy)
      const check = loadOnce(id)
      ports.defer(check)
      return age < checkFirstAfterMs
        ? fromCopy
        : Promise.race([check, ports.delay(checkWithinMs).then(() => fromCopy)])
    },
  }

  /** At most one load per environment at a time. */
  function loadOnce(id: string): Promise<Reading> {
    const running = loading.get(id)
    if (running) return running
    const work = load(id).finally(() => loading.delete(id))
    loading.set(id, work)
    return work
  }

  async function load(id: string): Promise<Reading> {
    const copy = held.get(id)
    const askedAt = ports.now()
    const head = await newestRevision(id)
    if (copy) copy.checkedAt = askedAt // also where nobody could tell: the next try comes after the usual pause
    if (head === 'unknown') return forget(id)
    if (copy && (head === undefined || head <= copy.compiled.revision))
      return { status: 'ready', compiled: copy.compiled }
    const snapshot = await fetchSnapshot(id, head)
    if (snapshot) return keep(id, snapshot)
    return copy ? { status: 'ready', compiled: copy.compiled } : { status: 'unavailable' }
  }

  /** Undefined where nobody can tell. */
  async function newestRevision(id: string): Promise<number | 'unknown' | undefined> {
    try {
      const head = await ports.environment(id).head(id)
      return head.status === 'known' ? head.revision : 'unknown'
    } catch (cause) {
      logError('head', cause)
    }
    if (held.has(id)) return undefined
    return attempt('head pointer', () => readHeadPointer(ports.kv, id))
  }

  async function fetchSnapshot(id: string, revision: number | undefined): Promise<Snapshot | undefined> {
    const published =
      revision === undefined ? undefined : await attempt('kv', () => readSnapshot(ports.kv, id, revision))
    return published ?? (await attempt('object', () => ports.environment(id).snapshot(id)))
  }

  function keep(id: string, snapshot: Snapshot): Reading {
    const copy = held.get(id)
    if (copy && copy.compiled.revision >= snapshot.revision)
      return { status: 'ready', compiled: copy.compiled }
    if (snapshot.format !== snapshotFormat) {
      logError('snapshot', new Error(`format ${snapshot.format} is not known here`))
      return copy ? { status: 'ready', compiled: copy.compiled } : { status: 'unavailable' }
    }
    const compiled = compile(snapshot)
    held.delete(id)
    held.set(id, { compiled, checkedAt: ports.now() })
    if (held.size > environmentsMax) held.delete(held.keys().next().value!)
    return { status: 'ready', compiled }
  }

  function forget(id: string): Reading {
    held.delete(id)
    if (unknownUntil.size >= unknownMax) unknownUntil.clear()
    unknownUntil.set(id, ports.now() + unknownForMs)
    return { status: 'unknown' }
  }
}

/** Undefined where the source fails or has nothing: the next one is asked. */
async function attempt<T>(where: string, read: () => Promise<T | null | undefined>): Promise<T | undefined> {
  try {
    return (await read()) ?? undefined
  } catch (cause) {
    logError(where, cause)
    return undefined
  }
}
