// The folder of a backup: for each environment its document, its SDK keys by hash, and the uploaded members
// of its segments. `backup.json` is written last, so a folder that has it is whole.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import * as z from 'zod'

const SavedEnvironment = z.strictObject({
  id: z.string(),
  name: z.string(),
  project: z.string(),
  revision: z.int(),
  /** Segments with uploaded members. */
  segments: z.array(z.string()),
})
export type SavedEnvironment = z.infer<typeof SavedEnvironment>

const Backup = z.strictObject({
  format: z.literal(1),
  from: z.string(),
  /** ISO 8601. */
  at: z.string(),
  environments: z.array(SavedEnvironment),
})
export type Backup = z.infer<typeof Backup>

const indexOf = (folder: string) => path.join(folder, 'backup.json')
export const hasBackup = (folder: string): boolean => existsSync(indexOf(folder))

/** Throws a sentence if the folder holds no whole backup. */
export function readBackup(folder: string): Backup {
  if (!hasBackup(folder)) throw new Error(`${folder} holds no whole backup: it has no backup.json.`)
  const parsed = Backup.safeParse(JSON.parse(readFileSync(indexOf(folder), 'utf8')))
  if (parsed.success) return parsed.data
  throw new Error(`${indexOf(folder)} is no backup of this format: ${z.prettifyError(parsed.error)}`)
}

export function writeBackup(folder: string, backup: Backup): void {
  writeFileSync(indexOf(folder), `${JSON.stringify(backup, null, 2)}\n`)
}

/** Slugs and keys hold nothing that a path could misread, but for a key of a segment, which is encoded. */
export const pathsOf = (folder: string, environment: string) => ({
  document: path.join(folder, environment, 'document.json'),
  keys: path.join(folder, environment, 'keys.json'),
  members: (segment: string) =>
    path.join(folder, environment, 'members', `${encodeURIComponent(segment)}.txt`),
})

/** Readable by its owner only: members are ids of users. */
export function writeText(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, text, { mode: 0o600 })
}
