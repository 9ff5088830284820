// Deletes what is older than it may be: whole days of receipt, or the records of some kinds in them. A day
// without records keeps its manifest, so that a late copy of a deleted object is not counted.
import { createHash } from 'node:crypto'
import path from 'node:path'
import * as z from 'zod'
import { expiredOf, type Retention, type StillRead, unreadOf } from '../../core/model/retention.ts'
import { type ListedDay } from '../lake/listing.ts'
import { removeDay, removeFromDay } from '../lake/rewrite-day.ts'
import { readSealed, writeSealed } from '../lake/sealed-file.ts'
import type { LakeContext } from './lake-context.ts'

const nothingRead: StillRead = { from: Infinity, linksFrom: Infinity }

/** What is still `read` stays, whatever its age. */
export async function retain(
  environmentId: string,
  retention: Retention,
  context: LakeContext,
  read = nothingRead,
): Promise<void> {
  const { listing, now, root, isDryRun, onEvent } = context
  const days = await listing.days(environmentId, '')
  if (!days.ok) return onEvent({ kind: 'failed', subject: environmentId, failure: days.problem })
  const expired = [...days.value.values()]
    .map((listed) => ({ listed, all: expiredOf(retention, listed.day, now) }))
    .filter(({ listed, all }) => all.length > 0 && listed.raw.length + listed.parts.length > 0)
    .toSorted((a, b) => (a.listed.day < b.listed.day ? -1 : 1))
    .map(({ listed, all }) => ({ listed, all, what: unreadOf(all, listed.day, read) }))
  const old = expired.filter(({ what }) => what.length > 0)
  const still = expired.filter(({ all, what }) =>
    all === 'all' ? what !== 'all' : what.length < all.length,
  ).length
  if (still > 0) onEvent({ kind: 'still-counted', environmentId, days: still, countedFrom: read.linksFrom })
  if (expired.length === 0) return onEvent({ kind: 'nothing-to-retain', environmentId })
  const cleared = await openCleared(root, environmentId)
  for (const [i, { listed, what }] of old.entries()) {
    const { day } = listed
    const subject = `${environmentId}/${day}`
    const common = { kind: 'retained', environmentId, day, isDryRun, done: i + 1, of: old.length } as const
    if (what === 'all') {
      const removed = await removeDay(environmentId, listed, context)
      if (!removed.ok) onEvent({ kind: 'failed', subject, failure: removed.problem })
      else if (removed.value > 0) onEvent({ ...common, objects: removed.value })
      continue
    }
    if (cleared.has(listed, what)) continue
    const removed = await removeFromDay(environmentId, listed, { kinds: what, targetingKeys: [] }, context)
    if (!removed.ok) {
      onEvent({ kind: 'failed', subject, failure: removed.problem })
      continue
    }
    const { records, objects, unreadable } = removed.value
    if (records > 0) onEvent({ ...common, objects, records })
    const message = `${unreadable.length} objects cannot be read and stay; the first: ${unreadable[0]}.`
    if (unreadable.length > 0) onEvent({ kind: 'failed', subject, failure: { kind: 'job', message } })
    if (unreadable.length > 0 || isDryRun) continue
    const after = records > 0 ? await listing.again(environmentId, day) : { ok: true as const, value: listed }
    if (after.ok) await cleared.add(after.value, what)
  }
  if (!isDryRun) await cleared.finish()
}

const Cleared = z.record(z.string(), z.string())

/**
 * Which days held no record of the kinds any more, with which objects: a day that is as it was is not read
 * again each time. Without the file they are. Written after each day: the next run goes on from where one was
 * ended for its time.
 */
async function openCleared(root: string, environmentId: string) {
  const file = path.join(root, 'retained', `${environmentId}.json`)
  const before = Cleared.safeParse(await readSealed(file)).data ?? {}
  const after: Record<string, string> = {}
  // A full disk costs the next run a look, and keeps nothing from being deleted.
  const write = (days: Readonly<Record<string, string>>) => writeSealed(file, days).catch(() => undefined)
  return {
    has({ day, ...listed }: ListedDay, kinds: readonly string[]): boolean {
      const known = before[day]
      if (known === undefined || known !== digestOf({ day, ...listed }, kinds)) return false
      after[day] = known
      return true
    },
    add(listed: ListedDay, kinds: readonly string[]): Promise<void> {
      after[listed.day] = digestOf(listed, kinds)
      return write({ ...before, ...after })
    },
    /** Days that are gone are forgotten. */
    finish: () => write(after),
  }
}

const digestOf = ({ raw, parts }: ListedDay, kinds: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify([kinds, raw.toSorted(), parts.toSorted()]))
    .digest('hex')
