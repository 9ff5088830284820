// Where edge gets snapshots: memory, then KV, then the environment's object. A busy isolate asks twice a second, behind its answers,
// whether there is a newer one; one that was idle asks before it answers, but never waits long. A newer copy is never replaced by an
// older one, and no failure takes away the copy that is held.
import { logError } from '../http/log.ts'
import type { Reading, SnapshotSource } from '../contracts/ports.ts'
import { snapshotCache } from './snapshot-cache.ts'
import * as limits from './limits.ts'
import { type Sources, isPublished, newestHead, newestSnapshot } from './snapshot-loading.ts'

export interface SnapshotSourcePorts extends Sources {
  /** Lets work go on after the answer. */
  readonly defer: (work: Promise<unknown>) => void
}

interface Check {
  readonly startedAt: number
  readonly done: Promise<void>
}

export function snapshotSource(ports: SnapshotSourcePorts): SnapshotSource {
  const { now, delay } = ports
  const held = snapshotCache()
  const unknownUntil = new Map<string, number>()
  const checks = new Map<string, Check>()

  return {
    read(id, atLeast = 0) {
      const copy = held.get(id)
      const time = now()
      if (!copy) {
        if (isUnknown(id, time)) return { status: 'unknown' }
        if (isScanned(time)) return readPublished(id, atLeast)
        return within(limits.firstCopyWithinMs, check(id, atLeast), id)
      }
      if (copy.compiled.revision < atLeast) return readAtLeast(id, atLeast)
      const age = time - copy.confirmedAt
      if (age < limits.refreshAfterMs) return reading(id)
      held.touch(id)
      if (copy.failedAt !== undefined) {
        if (time - copy.failedAt >= limits.retryAfterMs) check(id, 0)
        return reading(id)
      }
      const running = check(id, 0)
      const left = running.startedAt + limits.checkWithinMs - time
      return age < limits.checkFirstAfterMs || left <= 0 ? reading(id) : within(left, running, id)
    },
  }

  /** While ids are scanned: nothing is woken up for what KV does not know, and what it knows is had as ever. */
  async function readPublished(id: string, atLeast: number): Promise<Reading> {
    if (!(await isPublished(ports, id))) return { status: 'unavailable' }
    return within(limits.firstCopyWithinMs, check(id, atLeast), id)
  }

  /** The copy as it is now. */
  function reading(id: string): Reading {
    const copy = held.get(id)
    if (!copy) return { status: isUnknown(id, now()) ? 'unknown' : 'unavailable' }
    const age = now() - copy.confirmedAt
    return { status: 'ready', compiled: copy.compiled, staleMs: age < limits.staleAfterMs ? 0 : age }
  }

  async function within(ms: number, { done }: Check, id: string): Promise<Reading> {
    await Promise.race([done, delay(ms)])
    return reading(id)
  }

  /** A check that was running already may have asked too early: then one more follows. Such checks keep a distance. */
  async function readAtLeast(id: string, atLeast: number): Promise<Reading> {
    const deadline = now() + limits.readYourWriteWithinMs
    for (let tries = 0; tries < 2; tries++) {
      const wait = (held.get(id)?.urgedAt ?? 0) + limits.eagerCheckAfterMs - now()
      if (wait > 0) await delay(wait)
      const copy = held.get(id)
      if (!copy || copy.compiled.revision >= atLeast) break
      if (!checks.has(id)) held.urge(id, now())
      await within(deadline - now(), check(id, atLeast), id)
    }
    return reading(id)
  }

  function isUnknown(id: string, time: number): boolean {
    return (unknownUntil.get(id) ?? 0) > time
  }

  function isScanned(time: number): boolean {
    if (unknownUntil.size < limits.unknownMax) return false
    for (const [id, until] of unknownUntil) if (until <= time) unknownUntil.delete(id)
    return unknownUntil.size >= limits.unknownMax
  }

  /** At most one per environment at a time. */
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
    ports.defer(done) // others wait for it too: it must outlive the request that began it
    return started
  }

  async function load(id: string, atLeast: number): Promise<void> {
    const asked = await newestHead(ports, id, Math.max(atLeast, held.get(id)?.compiled.revision ?? 0))
    if (!asked) return loadWithoutHead(id)
    const { head, askedAt } = asked
    if (head.status === 'unknown') return forget(id)
    const copy = held.get(id)
    if (copy && head.revision <= copy.compiled.revision) return held.confirm(id, askedAt)
    const found = await newestSnapshot(ports, id, head.revision)
    if (found) held.keep(id, found, askedAt)
    else held.fail(id, now())
  }

  /** Whoever holds a copy goes on with it; who holds none takes KV's pointer, possibly a minute old, or what the object has. */
  async function loadWithoutHead(id: string): Promise<void> {
    if (held.get(id)) return held.fail(id, now())
    const found = await newestSnapshot(ports, id, undefined)
    if (!found) return
    held.keep(id, found, now())
    held.fail(id, now())
  }

  function forget(id: string): void {
    held.drop(id)
    unknownUntil.set(id, now() + limits.unknownForMs)
  }
}
