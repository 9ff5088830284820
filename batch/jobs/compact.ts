// Compacts the lake: the raw objects of each day of receipt become Parquet, and a day that is over ends with
// one file per bucket of users. Twice, or killed at any point and begun again, changes nothing more. Objects
// that a manifest no longer needs are deleted a day later.
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { dayPrefix, manifestKey, partsDayPrefix, runOfPart } from '../../analytics/lake.ts'
import {
  type Manifest,
  noManifest,
  planCompaction,
  recordsOf,
  replacedGraceMs,
} from '../../analytics/manifest.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail } from '../failure.ts'
import { type LakeDay, readDay } from '../lake/cache.ts'
import { changeDay } from '../lake/day-change.ts'
import type { ListedDay } from '../lake/listing.ts'
import { readManifest } from '../lake/manifests.ts'
import { pruneDay } from '../lake/prune-day.ts'
import { isRawKey } from '../lake/objects.ts'
import { filesOfLaterVersions, removeNothing, writeParts } from '../lake/write-parts.ts'
import { mapConcurrently } from '../map-concurrently.ts'
import type { LakeContext } from './lake-context.ts'

/** A day counts as over so long after its end: messages wait in the queue, and clocks differ. */
const isOverAfterMs = 2 * 3_600_000
const dayMs = 86_400_000
const deletionsMax = 16
/** How often a day is compacted anew because another runner changed it meanwhile. */
const attemptsMax = 3

export async function compact(environmentId: string, context: LakeContext): Promise<void> {
  const { listing, onEvent } = context
  const days = await listing.days(environmentId, '')
  if (!days.ok) return onEvent({ kind: 'failed', subject: environmentId, failure: days.problem })
  let isIdle = true
  for (const listed of [...days.value.values()].toSorted((a, b) => (a.day < b.day ? -1 : 1))) {
    const done = await compactDay(environmentId, listed, context)
    if (!done.ok)
      onEvent({ kind: 'failed', subject: `${environmentId}/${listed.day}`, failure: done.problem })
    if (!done.ok || done.value === 'changed') isIdle = false
  }
  if (isIdle) onEvent({ kind: 'nothing-to-compact', environmentId })
}

type Outcome = 'idle' | 'changed'

async function compactDay(
  environmentId: string,
  listed: ListedDay,
  context: LakeContext,
): Promise<Result<Outcome, Failure>> {
  let current = listed
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const manifest = await manifestOf(environmentId, current, context)
    if (!manifest.ok) return manifest
    const done = await compactOnce(environmentId, current, manifest.value.manifest, context)
    if (!done.ok) return done
    if (done.value !== 'conflict') {
      const swept = await sweep(environmentId, current, done.value.manifest, context)
      if (!swept.ok) return swept
      if (!context.isDryRun) await pruneDay(environmentId, current, context)
      return ok(swept.value > 0 ? 'changed' : done.value.outcome)
    }
    const again = await context.listing.again(environmentId, current.day)
    if (!again.ok) return again
    current = again.value
  }
  context.onEvent({ kind: 'overtaken', environmentId, day: listed.day })
  return ok('changed')
}

export interface KnownManifest {
  readonly manifest: Manifest
  /** Undefined if there is none yet. */
  readonly etag: string | undefined
}

/** Refused if there is one that this release cannot read: its parts must not get lost. */
export async function manifestOf(
  environmentId: string,
  { day, manifestEtag }: ListedDay,
  { store, root }: LakeContext,
): Promise<Result<KnownManifest, Failure>> {
  if (manifestEtag === undefined) return ok({ manifest: noManifest, etag: undefined })
  const read = await readManifest(manifestKey(environmentId, day), manifestEtag, { store, root })
  if (!read.ok) return read
  return 'reason' in read.value
    ? fail('job', `The manifest of ${day} cannot be used: ${read.value.reason}.`)
    : ok(read.value)
}

type Compacted = { readonly outcome: Outcome; readonly manifest: Manifest }

async function compactOnce(
  environmentId: string,
  listed: ListedDay,
  manifest: Manifest,
  context: LakeContext,
): Promise<Result<Compacted | 'conflict', Failure>> {
  const { store, root, listing, clickHouse, now, smallMax, isDryRun, onEvent } = context
  const { day } = listed
  const prefix = dayPrefix(environmentId, day)
  const isOver = now >= Date.parse(day) + dayMs + isOverAfterMs
  const planFor = (keys: readonly string[], known: Manifest) =>
    planCompaction(
      known,
      keys.filter(isRawKey).map((key) => key.slice(prefix.length)),
      isOver,
      smallMax,
    )
  const intended = planFor(listed.raw, manifest)
  if (intended.kind === 'nothing') return ok({ outcome: 'idle', manifest })
  if (isDryRun) {
    const [rawObjects, parts] = [intended.rawNames.length, intended.merged.length]
    onEvent({ kind: 'would-compact', environmentId, day, rawObjects, parts })
    return ok({ outcome: 'changed', manifest })
  }
  const read = await readDay(environmentId, listed, { store, root, listing, isTrusted: true })
  if (!read.ok) return read
  const known = await knownRaw(read.value, clickHouse)
  if (!known.ok) return known
  const left = read.value.raw.length - known.value.length
  if (left > 0) onEvent({ kind: 'left-raw', environmentId, day, objects: left })
  const plan = planFor(
    known.value.map(({ key }) => key),
    read.value.manifest,
  )
  if (plan.kind === 'nothing') return ok({ outcome: left > 0 ? 'changed' : 'idle', manifest })
  // A part that is damaged keeps its place in the manifest.
  const merged = read.value.parts.filter(({ part }) => plan.merged.includes(part))
  const written = await writeParts(
    { raw: known.value.map(({ file }) => file), parts: merged },
    { clickHouse, root, environmentId, day, run: now, removal: removeNothing, smallMax },
  )
  if (!written.ok) return written
  const changed = await changeDay(store, {
    environmentId,
    listed,
    before: read.value,
    removed: new Set(merged.map(({ part }) => part.name)),
    added: written.value.parts,
    rawKeys: known.value.map(({ key }) => key),
    now,
  })
  if (!changed.ok) return changed
  if (changed.value === 'conflict') {
    for (const { file } of written.value.parts) await rm(file, { force: true })
    return ok('conflict')
  }
  const records = recordsOf(written.value.parts.map(({ part }) => part))
  onEvent({
    kind: 'compacted',
    environmentId,
    day,
    rawObjects: known.value.length,
    mergedParts: merged.length,
    parts: written.value.parts.length,
    records,
    copies: written.value.recordsBefore - records,
  })
  return ok({ outcome: 'changed', manifest: changed.value })
}

/** Raw objects that are what their names say, and hold nothing that a part could not. */
export async function knownRaw({ raw, damaged }: LakeDay, clickHouse: LakeContext['clickHouse']) {
  const doubtful = new Set(damaged.map(({ key }) => key))
  const sound = raw.filter(({ key }) => !doubtful.has(key))
  const files = sound.map(({ file }) => file)
  const later = files.length === 0 ? ok(new Set<string>()) : await filesOfLaterVersions(clickHouse, files)
  return later.ok ? ok(sound.filter(({ file }) => !later.value.has(file))) : later
}

/**
 * Deletes what the manifest has not needed for `graceMs`, and parts that no manifest named for a day.
 * Resolves to the number of objects; in a dry run, of those that would be.
 */
export async function sweep(
  environmentId: string,
  { day, raw, parts }: ListedDay,
  manifest: Manifest,
  { store, root, now, isDryRun, onEvent }: LakeContext,
  graceMs = replacedGraceMs,
): Promise<Result<number, Failure>> {
  const isOld = (since: number) => now - since >= graceMs
  const nameOf = (key: string) =>
    [dayPrefix, partsDayPrefix].reduce((name, prefix) => name.replace(prefix(environmentId, day), ''), key)
  const named = new Set(manifest.parts.map(({ name }) => name))
  // A part that no manifest ever named is what a compaction left that was killed or overtaken, or what one is
  // about to name.
  const isAbandoned = (key: string) => now - (runOfPart(key) ?? Infinity) >= replacedGraceMs
  const since = new Map(manifest.replaced.flatMap(({ at, objects }) => objects.map((name) => [name, at])))
  const unneeded = [...raw, ...parts].filter((key) => {
    const name = nameOf(key)
    const replacedAt = since.get(name)
    if (replacedAt !== undefined) return isOld(replacedAt)
    return !named.has(name) && isAbandoned(key)
  })
  if (unneeded.length === 0) return ok(0)
  if (isDryRun) {
    onEvent({ kind: 'would-sweep', environmentId, day, objects: unneeded.length })
    return ok(unneeded.length)
  }
  const removed = await mapConcurrently(unneeded, deletionsMax, async (key) => {
    const done = await store.remove(key)
    if (done.ok) await rm(path.join(root, key), { force: true })
    return done
  })
  if (!removed.ok) return removed
  onEvent({ kind: 'swept', environmentId, day, objects: unneeded.length })
  return ok(unneeded.length)
}
