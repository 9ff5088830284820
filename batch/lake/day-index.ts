// What is known of the cached objects of one day of receipt, kept beside them as JSON: that a file was
// verified, and when its events happened. A file whose size and time of change are those in the index needs
// no second look, so a restart verifies by asking the file system alone.
import { stat } from 'node:fs/promises'
import path from 'node:path'
import * as z from 'zod'
import { readSealed, writeSealed } from './sealed-file.ts'

const IndexEntry = z.object({
  /** Bytes and epoch milliseconds, as the file system says. */
  size: z.int(),
  changedAt: z.int(),
  state: z.enum(['sound', 'name-differs']),
  from: z.number(),
  to: z.number(),
})
export type IndexEntry = z.infer<typeof IndexEntry>

const version = 1
const DayIndex = z.object({ version: z.literal(version), objects: z.record(z.string(), IndexEntry) })

/** By key. */
export type DayEntries = Map<string, IndexEntry>

const fileOf = (folder: string) => path.join(folder, 'index.json')

/** Empty if there is no index, or none that can be read: then every file is verified anew. */
export async function readDayIndex(folder: string): Promise<DayEntries> {
  const index = DayIndex.safeParse(await readSealed(fileOf(folder)))
  return new Map(Object.entries(index.data?.objects ?? {}))
}

/** Replaces the index at once. Of two runners that write, one wins; what the other knew is verified again. */
export async function writeDayIndex(folder: string, entries: DayEntries): Promise<void> {
  await writeSealed(fileOf(folder), { version, objects: Object.fromEntries(entries) })
}

/** Undefined if there is no such file. */
export async function fileState(file: string): Promise<Pick<IndexEntry, 'size' | 'changedAt'> | undefined> {
  const found = await stat(file).catch(() => undefined)
  return found && { size: found.size, changedAt: Math.floor(found.mtimeMs) }
}
