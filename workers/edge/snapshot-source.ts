// Where edge gets snapshots: memory, then KV, then the environment's object. A busy isolate checks twice a
// second, after its responses, whether there is a newer one. An idle isolate checks before it responds, but
// never waits long. An older snapshot never replaces a newer one, and no failure drops the cached one.
import { logError } from '../http/log.ts'
import type { Reading, SnapshotSource } from '../contracts/ports.ts'
import { snapshotCache } from './snapshot-cache.ts'
import * as limits from './limits.ts'
import { type Sources, newestHead, newestSnapshot } from './snapshot-loading.ts'

export interface SnapshotSourcePorts extends Sources {
  /** Lets work continue after the response. */
  readonly defer: (work: Promise<unknown>) => void
}

interface Check {
  readonly startedAt: number
  readonly done: Promise<void>
}

export function snapshotSource(ports: SnapshotSourcePorts): SnapshotSource {
  const { now, delay } = ports
  const cache = snapshotCache()
  const sources = { ...ports, recent: sharedFor(limits.recentForMs, ports.recent, now) }
  const unknownUntil = new Map<string, number>()
  const checks = new Map<string, Check>()

  return {
    behind: cache.behind,
    read(id, atLeast = 0) {
      const copy = cache.get(id)
      const time = now()
      if (!copy) {
        if (isUnknown(id, time)) return { status: 'unknown' }
        return within(limits.firstCopyWithinMs, check(id, atLeast), id)
      }
      if (copy.compiled.revision < atLeast) return readAtLeast(id, atLeast)
      const age = time - copy.confirmedAt
      if (age < limits.refreshAfterMs) return reading(id)
      cache.touch(id)
      if (copy.failedAt !== undefined) {
        if (time - copy.failedAt >= limits.retryAfterMs) check(id, 0)
        return reading(id)
      }
      const running = check(id, 0)
      const left = running.startedAt + limits.checkWithinMs - time
      return age < limits.checkFirstAfterMs || left <= 0 ? reading(id) : within(left, running, id)
    },
  }

  /** The cached snapshot, if there is one. */
  function reading(id: string): Reading {
    const copy = cache.get(id)
    if (!copy) return { status: isUnknown(id, now()) ? 'unknown' : 'unavailable' }
    const age = now() - Math.min(copy.confirmedAt, copy.behindSince ?? Infinity)
    return { status: 'ready', compiled: copy.compiled, staleMs: age < limits.staleAfterMs ? 0 : age }
  }

  async function within(ms: number, { done }: Check, id: string): Promise<Reading> {
    await Promise.race([done, delay(ms)])
    return reading(id)
  }

  /**
   * A running check may have started too early to see the revision; then one more follows, after a short
   * wait.
   */
  async function readAtLeast(id: string, atLeast: number): Promise<Reading> {
    const deadline = now() + limits.readYourWriteWithinMs
    for (let tries = 0; tries < 2; tries++) {
      const wait = (cache.get(id)?.eagerlyCheckedAt ?? 0) + limits.eagerCheckAfterMs - now()
      if (wait > 0) await delay(wait)
      const copy = cache.get(id)
      if (!copy || copy.compiled.revision >= atLeast) break
      if (!checks.has(id)) cache.noteEagerCheck(id, now())
      await within(deadline - now(), check(id, atLeast), id)
    }
    return reading(id)
  }

  function isUnknown(id: string, time: number): boolean {
    return (unknownUntil.get(id) ?? 0) > time
  }

  /** Starts a check, or joins the one that is running for this environment. */
  function check(id: string, atLeast: number): Check {
    const running = checks.get(id)
    if (running && now() - running.startedAt < limits.checkLostAfterMs) return running
    const done = load(id, atLeast)
      .catch((cause: unknown) => logError('check', cause))
      .finally(() => {
        if (checks.get(id) === started) checks.delete(id)
      })
    const started: Check = { startedAt: now(), done }
    checks.set(id, started)
    ports.defer(done) // Other requests wait for it too, so it must outlive the one that started it.
    return started
  }

  async function load(id: string, atLeast: number): Promise<void> {
    const held = cache.get(id)
    const least = Math.max(atLeast, held?.compiled.revision ?? 0)
    const known = await newestHead(sources, id, least, held ? 'known' : 'unconfirmed')
    if (!known) return loadWithoutHead(id)
    const { head, askedAt } = known
    if (head.status === 'unknown') return forget(id)
    const copy = cache.get(id)
    const since = head.unpublished?.since
    if (copy && head.revision <= copy.compiled.revision) return cache.confirm(id, askedAt, since)
    const loaded = await newestSnapshot(sources, id, head.revision)
    if (loaded) cache.keep(id, loaded, askedAt, since)
    else cache.fail(id, now())
  }

  /**
   * Keeps the cached snapshot. Without one, takes KV's head pointer, possibly a minute old, or the object's
   * snapshot.
   */
  async function loadWithoutHead(id: string): Promise<void> {
    if (cache.get(id)) return cache.fail(id, now())
    const loaded = await newestSnapshot(sources, id, undefined)
    if (!loaded) return
    cache.keep(id, loaded, now())
    cache.fail(id, now())
  }

  function forget(id: string): void {
    cache.drop(id)
    unknownUntil.delete(id) // so that the oldest come first
    unknownUntil.set(id, now() + limits.unknownForMs)
    if (unknownUntil.size > limits.unknownMax) unknownUntil.delete(unknownUntil.keys().next().value!)
  }
}

/** Asks once for all who want it within that time. */
function sharedFor<T>(ms: number, ask: () => Promise<T>, now: () => number): () => Promise<T> {
  let answer: Promise<T> | undefined
  let until = 0
  return () => {
    if (answer && now() < until) return answer
    until = now() + ms
    return (answer = ask())
  }
}
