// Writes a day anew without some of its records, and deletes the old objects at once: a reader that misses
// one looks at the day again. For `retain` and `forget`.
import { readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import * as z from 'zod'
import { lakeKey } from '../../analytics/lake.ts'
import type { Part } from '../../analytics/manifest.ts'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail } from '../failure.ts'
import type { LakeContext } from '../jobs/lake-context.ts'
import { knownRaw, manifestOf, sweep } from '../jobs/compact.ts'
import { type PartFile, readDay } from './cache.ts'
import { globOf, sqlFile } from './clickhouse.ts'
import { toContent } from './content.ts'
import { changeDay } from './day-change.ts'
import type { ListedDay } from './listing.ts'
import type { ReadyObject } from './objects.ts'
import { pruneDay } from './prune-day.ts'
import { type Removal, writeParts } from './write-parts.ts'

export interface Removed {
  readonly records: number
  /** Objects that held them. */
  readonly objects: number
  /** Objects whose content cannot be read, so what they hold is not known. */
  readonly unreadable: readonly string[]
}

const attemptsMax = 5
const Found = z.object({ path: z.string(), records: z.int() })

/** In a dry run, what would be removed. */
export async function removeFromDay(
  environmentId: string,
  listed: ListedDay,
  removal: Removal,
  context: LakeContext,
): Promise<Result<Removed, Failure>> {
  let current = listed
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const manifest = await manifestOf(environmentId, current, context)
    if (!manifest.ok) return manifest // its parts could not be looked at
    const once = await removeOnce(environmentId, current, removal, context)
    if (!once.ok) return once
    if (once.value !== 'conflict') {
      const removed = once.value
      if (context.isDryRun) return ok(removed)
      // What was replaced earlier and is still there may hold such records, too.
      const now = await context.listing.again(environmentId, current.day)
      if (!now.ok) return now
      const after = await manifestOf(environmentId, now.value, context)
      if (!after.ok) return after
      const swept = await sweep(
        environmentId,
        now.value,
        after.value.manifest,
        { ...context, onEvent: () => {} },
        0,
      )
      await pruneDay(environmentId, now.value, context)
      return swept.ok ? ok(removed) : swept
    }
    const again = await context.listing.again(environmentId, current.day)
    if (!again.ok) return again
    current = again.value
  }
  return fail('job', `Other runners changed ${listed.day} again and again; try again later.`)
}

async function removeOnce(
  environmentId: string,
  listed: ListedDay,
  removal: Removal,
  context: LakeContext,
): Promise<Result<Removed | 'conflict', Failure>> {
  const { store, root, listing, clickHouse, now, smallMax, isDryRun } = context
  const isWanted = (part: Part) => mayHold(part, removal)
  const read = await readDay(environmentId, listed, { store, root, listing, isTrusted: true, isWanted })
  if (!read.ok) return read
  const { raw, parts, damaged } = read.value
  const found = await find({ raw, parts }, removal, context)
  if (!found.ok) return found
  const result = {
    records: [...found.value.values()].reduce((sum, records) => sum + records, 0),
    objects: found.value.size,
    unreadable: damaged.filter(({ isCounted }) => !isCounted).map(({ key }) => key),
  }
  if (found.value.size === 0 || isDryRun) return ok(result)
  const isAffected = ({ file }: { readonly file: string }) => found.value.has(file)
  const known = await knownRaw(read.value, clickHouse)
  if (!known.ok) return known
  const plain = known.value.filter(isAffected)
  const others = raw.filter((object) => isAffected(object) && !plain.includes(object))
  const affected = parts.filter(isAffected)
  const written = await writeParts(
    { raw: plain.map(({ file }) => file), parts: affected },
    { clickHouse, root, environmentId, day: listed.day, run: now, removal, smallMax },
  )
  if (!written.ok) return written
  // They hold fields that a part cannot hold, so they stay raw.
  for (const object of others) {
    const kept = await writeWithout(environmentId, object, removal, context)
    if (!kept.ok) return kept
  }
  const changed = await changeDay(store, {
    environmentId,
    listed,
    before: read.value,
    removed: new Set(affected.map(({ part }) => part.name)),
    added: written.value.parts,
    rawKeys: [...plain, ...others].map(({ key }) => key),
    now,
  })
  if (!changed.ok) return changed
  return ok(changed.value === 'conflict' ? 'conflict' : result)
}

/** By what its manifest says: whose records they are, it does not say. */
const mayHold = ({ records }: Part, { kinds, targetingKeys }: Removal): boolean =>
  targetingKeys.length > 0 || kinds.some((kind) => (records[kind] ?? 0) > 0)

/** The number of such records by file. */
async function find(
  { raw, parts }: { readonly raw: readonly ReadyObject[]; readonly parts: readonly PartFile[] },
  { kinds, targetingKeys }: Removal,
  { clickHouse }: LakeContext,
): Promise<Result<Map<string, number>, Failure>> {
  const files = globOf(raw.map(({ file }) => file))
  if (!files.ok) return files
  const partFiles = globOf(parts.map(({ file }) => file))
  if (!partFiles.ok) return partFiles
  const values = {
    files: files.value,
    parts: partFiles.value,
    columns: recordColumns,
    kinds,
    keys: targetingKeys,
  }
  const rows = await clickHouse.rows('lake-find.sql', sqlFile('lake-find'), Found, values)
  return rows.ok ? ok(new Map(rows.value.map(({ path: file, records }) => [file, records]))) : rows
}

/** The other lines of the object, as another object of its hour. */
async function writeWithout(
  environmentId: string,
  { key, file }: ReadyObject,
  { kinds, targetingKeys }: Removal,
  { store }: LakeContext,
): Promise<Result<void, Failure>> {
  const text = new TextDecoder().decode((await toContent(await readFile(file))).text)
  const lines = text.split('\n').filter((line) => {
    if (line === '') return false
    const record = JSON.parse(line) as { kind?: string; targetingKey?: string; previousKey?: string }
    return (
      !kinds.includes(record.kind ?? '') &&
      !targetingKeys.includes(record.targetingKey ?? '') &&
      !targetingKeys.includes(record.previousKey ?? '')
    )
  })
  if (lines.length === 0) return ok(undefined)
  const rest = lines.map((line) => `${line}\n`).join('')
  const [, day = '', clock = ''] = /day=([^/]+)\/hour=(\d\d)\//.exec(key) ?? []
  const name = lakeKey(environmentId, `${day}T${clock}`, createHash('sha256').update(rest).digest('hex'))
  return store.write(name, gzipSync(rest), {
    'content-type': 'application/gzip',
    'x-amz-meta-records': String(lines.length),
  })
}

/** All objects of the day go; the manifest stays and names them, so a copy that comes late is not counted. */
export async function removeDay(
  environmentId: string,
  listed: ListedDay,
  context: LakeContext,
): Promise<Result<number, Failure>> {
  const { store, now, isDryRun, listing } = context
  if (listed.raw.length + listed.parts.length === 0) return ok(0)
  if (isDryRun) return ok(listed.raw.length + listed.parts.length)
  let current = listed
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const manifest = await manifestOf(environmentId, current, context)
    if (!manifest.ok) return manifest
    const changed = await changeDay(store, {
      environmentId,
      listed: current,
      before: manifest.value,
      removed: new Set(manifest.value.manifest.parts.map(({ name }) => name)),
      added: [],
      rawKeys: current.raw,
      now,
    })
    if (!changed.ok) return changed
    const again = await listing.again(environmentId, current.day)
    if (!again.ok) return again
    current = again.value
    if (changed.value === 'conflict') continue
    return sweep(environmentId, current, changed.value, { ...context, onEvent: () => {} }, 0)
  }
  return fail('job', `Other runners changed ${listed.day} again and again; try again later.`)
}
