// Removes what is kept of users: their records in the lake (raw objects, parts, what could not be read), and
// themselves from members of segments and kept assignments. The certificate says what was removed, and what
// remains.
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { badPrefix, deadLetterPrefix, partsDayPrefix, runOfPart } from '../../analytics/lake.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { AdminApi } from '../admin-api.ts'
import { type Certificate, notCovered } from '../certificate.ts'
import type { Failure } from '../failure.ts'
import { countingFolder } from '../counting/kept-counts.ts'
import { dropState } from '../counting/kept-state.ts'
import { projectionsFolder } from '../counting/projections.ts'
import { toContent } from '../lake/content.ts'
import { lakeListing } from '../lake/listing.ts'
import { removeFromDay } from '../lake/rewrite-day.ts'
import { mapConcurrently } from '../map-concurrently.ts'
import { manifestOf } from './compact.ts'
import type { LakeContext } from './lake-context.ts'
import { namingFlags } from './naming-flags.ts'

const readsMax = 16

export async function forget(
  environmentId: string,
  targetingKeys: readonly string[],
  api: AdminApi,
  context: LakeContext,
): Promise<void> {
  const { onEvent } = context
  const done = await removeAll(environmentId, targetingKeys, api, context)
  if (!done.ok) return onEvent({ kind: 'failed', subject: environmentId, failure: done.problem })
  const certificate = done.value
  onEvent({ kind: 'forgotten', environmentId, certificate })
  if (certificate.remaining.length > 0 && !certificate.isDryRun) {
    const message = `Not everything could be removed: ${certificate.remaining.join(' ')}`
    onEvent({ kind: 'failed', subject: environmentId, failure: { kind: 'job', message } })
  }
}

async function removeAll(
  environmentId: string,
  targetingKeys: readonly string[],
  api: AdminApi,
  context: LakeContext,
): Promise<Result<Certificate, Failure>> {
  const { listing, isDryRun, now, root, onEvent } = context
  const days = await listing.days(environmentId, '')
  if (!days.ok) return days
  const removal = { kinds: [], targetingKeys }
  const remaining: string[] = []
  let [records, objects] = [0, 0]
  const all = [...days.value.values()].toSorted((a, b) => (a.day < b.day ? -1 : 1))
  for (const [i, listed] of all.entries()) {
    const removed = await removeFromDay(environmentId, listed, removal, context)
    if (!removed.ok) {
      if (removed.problem.kind !== 'job') return removed
      remaining.push(`${listed.day} could not be looked into. ${removed.problem.message}`)
      continue
    }
    records += removed.value.records
    objects += removed.value.objects
    for (const key of removed.value.unreadable)
      remaining.push(`${key} cannot be read: delete it, or mend it and run again.`)
    onEvent({ kind: 'progress', environmentId, day: listed.day, done: i + 1, of: all.length })
  }
  const unnamed = isDryRun ? ok(0) : await unnamedParts(environmentId, context)
  if (!unnamed.ok) return unnamed
  if (unnamed.value > 0)
    remaining.push(
      `${unnamed.value} parts of an unfinished compaction stay for a day: run forget again then.`,
    )
  const bad = await removeBad(environmentId, targetingKeys, context)
  if (!bad.ok) return bad
  for (const key of bad.value.unreadable)
    remaining.push(`${key} cannot be read: delete it, or mend it and run again.`)
  const letters = await context.store.list(deadLetterPrefix)
  if (!letters.ok) return letters
  if (letters.value.length > 0)
    remaining.push(
      `${letters.value.length} dead letters were not looked into: run replay, then forget again.`,
    )
  const segments = await api.segments(environmentId)
  if (!segments.ok) return segments
  for (const segment of segments.value) {
    const removed = isDryRun ? ok(undefined) : await api.removeMembers(environmentId, segment, targetingKeys)
    if (!removed.ok) return removed
  }
  const flags = await api.flags(environmentId)
  if (!flags.ok) return flags
  const naming = namingFlags(flags.value, targetingKeys)
  for (const { flagKey, where } of naming)
    remaining.push(`Flag ${flagKey} names a user in its ${where.join(' and ')}: edit it.`)
  const assignments = isDryRun ? undefined : await api.forgetAssignments(environmentId, targetingKeys)
  if (assignments && !assignments.ok) {
    if (assignments.problem.kind !== 'api-refused') return assignments
    remaining.push(`Kept assignments could not be removed. ${assignments.problem.message}`)
  }
  if (!isDryRun) {
    await rm(path.join(root, 'quarantine'), { recursive: true, force: true })
    // Counts name nobody, but projections and what a count that was killed left behind do.
    await dropState(countingFolder(root, environmentId))
    await rm(projectionsFolder(root, environmentId), { recursive: true, force: true })
  }
  return ok({
    environmentId,
    users: targetingKeys.map((key) => createHash('sha256').update(key).digest('hex')),
    begunAt: now,
    records,
    objects,
    badObjects: bad.value.objects,
    segments: segments.value.map(({ key }) => key),
    assignments: assignments?.ok ? assignments.value : undefined,
    flags: naming,
    remaining,
    notCovered,
    isDryRun,
  })
}

/** Parts that are in the store and in no manifest. */
async function unnamedParts(environmentId: string, context: LakeContext): Promise<Result<number, Failure>> {
  const days = await lakeListing(context.store).days(environmentId, '')
  if (!days.ok) return days
  let count = 0
  for (const listed of days.value.values()) {
    const known = await manifestOf(environmentId, listed, context)
    if (!known.ok && known.problem.kind === 'job') continue // its day is named already
    if (!known.ok) return known
    const prefix = partsDayPrefix(environmentId, listed.day)
    const named = new Set(known.value.manifest.parts.map(({ name }) => prefix + name))
    count += listed.parts.filter((key) => runOfPart(key) !== undefined && !named.has(key)).length
  }
  return ok(count)
}

/**
 * What ingest could not read has no fields to go by, so an object that contains a key anywhere is deleted,
 * unless it names another environment. Resolves to the number of objects, and what cannot be looked into.
 */
async function removeBad(
  environmentId: string,
  targetingKeys: readonly string[],
  { store, isDryRun }: LakeContext,
): Promise<Result<{ readonly objects: number; readonly unreadable: readonly string[] }, Failure>> {
  const listed = await store.list(badPrefix)
  if (!listed.ok) return listed
  const unreadable: string[] = []
  const found = await mapConcurrently(listed.value, readsMax, async ({ key }) => {
    const read = await store.read(key)
    if (!read.ok) return read
    if (read.value.kind === 'gone') return ok(0)
    const text = read.value.kind === 'read' ? await textOf(read.value.bytes) : undefined
    if (text === undefined) unreadable.push(key)
    if (text === undefined || isOfAnother(environmentId, text)) return ok(0)
    if (!targetingKeys.some((each) => mentions(text, each))) return ok(0)
    const removed = isDryRun ? ok(undefined) : await store.remove(key)
    return removed.ok ? ok(1) : removed
  })
  if (!found.ok) return found
  return ok({ objects: found.value.reduce((sum, one) => sum + one, 0), unreadable: unreadable.toSorted() })
}

/** Undefined if it cannot be unpacked. */
async function textOf(bytes: Uint8Array): Promise<string | undefined> {
  try {
    return new TextDecoder().decode((await toContent(bytes)).text)
  } catch {
    return undefined
  }
}

/** The records of a message are of one environment. */
function isOfAnother(environmentId: string, text: string): boolean {
  const named = [...text.matchAll(/"environmentId\\?":\s*\\?"([\w.-]+)/g)].map(([, id]) => id)
  return named.length > 0 && !named.includes(environmentId)
}

/** In JSON, or in JSON inside a text of JSON. */
function mentions(text: string, key: string): boolean {
  const once = JSON.stringify(key)
  const twice = JSON.stringify(once)
  return [once, twice.slice(1, -1)].some((form) => text.includes(form))
}
