// The folder of a backup: the rows of each table, the uploaded members of segments, the kept assignments of
// each environment. `backup.json` is written last, so a folder that has it is whole.
import {
  appendFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import * as z from 'zod'

const Backup = z.strictObject({
  format: z.literal(2),
  from: z.string(),
  /** ISO 8601. */
  at: z.string(),
  migrations: z.array(z.string()),
  /** The revision of each environment. */
  revisions: z.record(z.string(), z.int()),
  /** Lists of uploaded members, and the SHA-256 of the hashes of each. */
  members: z.array(z.strictObject({ environment: z.string(), list: z.string(), sha256: z.string() })),
  /** How a passphrase becomes the key of the secrets; null if they are left out. */
  seal: z.strictObject({ salt: z.string(), check: z.string() }).nullable(),
})
export type Backup = z.infer<typeof Backup>

/** A row as SQLite has it; in `sealed` instead of `value`, if it holds secrets. */
export type SavedRow = Readonly<Record<string, string | number | null>>
export type SavedAssignment = readonly [shard: number, who: string, rule: string, variation: string]

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
  for (const part of ['rows', 'members', 'assignments'])
    rmSync(path.join(folder, part), { recursive: true, force: true })
}

const batchRowsMax = 1_000
const batchLengthMax = 4_000_000

/** The items of a file of lines that `keep` wants, in batches that a request takes. */
export async function* batchesIn<Item>(
  file: string,
  keep: (item: Item) => boolean = () => true,
): AsyncGenerator<Item[]> {
  if (!existsSync(file)) return
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
