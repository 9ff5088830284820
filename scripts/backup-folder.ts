// The folder of a backup: the rows of each table, the uploaded members of segments, the kept assignments of
// each environment. `backup.json` is written last and says what each file held, so whoever restores knows
// whether the folder is still whole.
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import * as z from 'zod'

const SavedFile = z.strictObject({ lines: z.int(), sha256: z.string() })
type SavedFile = z.infer<typeof SavedFile>

const Backup = z.strictObject({
  format: z.literal(3),
  from: z.string(),
  /** ISO 8601. */
  at: z.string(),
  migrations: z.array(z.string()),
  /** The revision of each environment. */
  revisions: z.record(z.string(), z.int()),
  /** Lists of uploaded members, and the SHA-256 of the hashes of each. */
  members: z.array(z.strictObject({ environment: z.string(), list: z.string(), sha256: z.string() })),
  /** By their paths in the folder, with `/`. */
  files: z.record(z.string(), SavedFile),
  /** How a passphrase becomes the key of the secrets; null if they are left out. */
  seal: z.strictObject({ salt: z.string(), check: z.string() }).nullable(),
})
export type Backup = z.infer<typeof Backup>

/** A row as SQLite has it; in `sealed` instead of `value`, if it holds secrets. */
export type SavedRow = Readonly<Record<string, string | number | null>>
export type SavedAssignment = readonly [shard: number, who: string, rule: string, variation: string]

const parts = ['rows', 'members', 'assignments']
const indexOf = (folder: string) => path.join(folder, 'backup.json')
export const hasBackup = (folder: string): boolean => existsSync(indexOf(folder))

/** Throws a sentence if the folder holds no backup, or not all that was saved. Reads every file. */
export async function readBackup(folder: string): Promise<Backup> {
  if (!hasBackup(folder)) throw new Error(`${folder} holds no whole backup: it has no backup.json.`)
  const parsed = Backup.safeParse(jsonOf(readFileSync(indexOf(folder), 'utf8')))
  if (!parsed.success)
    throw new Error(`${indexOf(folder)} is no backup of this format: ${z.prettifyError(parsed.error)}`)
  for (const [name, saved] of Object.entries(parsed.data.files)) {
    const file = path.join(folder, name)
    if (!existsSync(file)) throw new Error(`The backup is not whole: ${file} is missing.`)
    const { lines, sha256 } = await readSavedFile(file)
    if (lines !== saved.lines)
      throw new Error(`The backup is not whole: ${file} has ${lines} lines, and had ${saved.lines}.`)
    if (sha256 !== saved.sha256)
      throw new Error(`The backup is damaged: ${file} is not what was saved (its SHA-256 differs).`)
  }
  return parsed.data
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What the folder holds beside `backup.json`, as that says it. */
export async function savedFilesIn(folder: string): Promise<Record<string, SavedFile>> {
  const found: Record<string, SavedFile> = {}
  for (const part of parts.filter((each) => existsSync(path.join(folder, each))))
    for (const entry of readdirSync(path.join(folder, part), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const file = path.join(entry.parentPath, entry.name)
      found[nameOf(folder, file)] = await readSavedFile(file)
    }
  return found
}

const nameOf = (folder: string, file: string): string => path.relative(folder, file).replaceAll(path.sep, '/')

/** Whether the backup has the file: an older version saved fewer tables. */
export const holds = (folder: string, { files }: Backup, file: string): boolean =>
  Object.hasOwn(files, nameOf(folder, file))

const newline = 0x0a

async function readSavedFile(file: string): Promise<SavedFile> {
  const hash = createHash('sha256')
  let lines = 0
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) lines++
  }
  return { lines, sha256: hash.digest('hex') }
}

export function writeBackup(folder: string, backup: Backup): void {
  writeText(indexOf(folder), `${JSON.stringify(backup, null, 2)}\n`)
}

/** Ids of environments and lists hold nothing that a path could misread. */
export const pathsOf = (folder: string) => ({
  rows: (table: string) => path.join(folder, 'rows', `${table}.ndjson`),
  members: (environment: string, list: string) => path.join(folder, 'members', environment, `${list}.txt`),
  assignments: (environment: string) => path.join(folder, 'assignments', `${environment}.ndjson`),
})

/** Readable by its owner only: there are ids of users in it, and addresses of callers. */
export function writeText(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, text, { mode: 0o600 })
}

export function appendLines(file: string, items: readonly unknown[]): void {
  if (!existsSync(file)) writeText(file, '')
  appendFileSync(file, items.map((item) => `${JSON.stringify(item)}\n`).join(''))
}

/** What an interrupted attempt left. */
export function clearParts(folder: string): void {
  for (const part of parts) rmSync(path.join(folder, part), { recursive: true, force: true })
}

const batchRowsMax = 1_000
const batchLengthMax = 4_000_000

/** The items of a file of lines that `keep` wants, in batches that a request takes. */
export async function* batchesIn<Item>(
  file: string,
  keep: (item: Item) => boolean = () => true,
): AsyncGenerator<Item[]> {
  let batch: Item[] = []
  let length = 0
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const item = JSON.parse(line) as Item
    if (!keep(item)) continue
    if (batch.length > 0 && (batch.length >= batchRowsMax || length + line.length > batchLengthMax)) {
      yield batch
      batch = []
      length = 0
    }
    batch.push(item)
    length += line.length
  }
  if (batch.length > 0) yield batch
}
