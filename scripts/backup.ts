// `npm run backup -- FOLDER`: saves what the installation at TACKLINE_URL holds, with the TACKLINE_TOKEN of
// an owner of its first organisation. With TACKLINE_BACKUP_PASSPHRASE, the secrets of webhooks and triggers
// are sealed by it; without, webhooks and triggers are left out.
import { type Admin, call } from './admin.ts'
import {
  type Backup,
  type SavedRow,
  appendLines,
  batchesIn,
  clearParts,
  hasBackup,
  pathsOf,
  savedFilesIn,
  writeBackup,
  writeText,
} from './backup-folder.ts'
import { type Seal, newSeal } from './backup-seal.ts'
import { exitWithUsage, readOptions } from './command-line.ts'

/** Changes during the backup make it begin again. */
const attemptsMax = 5

const { positionals } = readOptions({}, 1)
const [folder] = positionals
const { TACKLINE_URL: url, TACKLINE_TOKEN: token, TACKLINE_BACKUP_PASSPHRASE: passphrase } = process.env
if (!url || !token) exitWithUsage('Set TACKLINE_URL and TACKLINE_TOKEN.')
if (folder === undefined) exitWithUsage('npm run backup -- FOLDER')
const admin: Admin = { url, token }
const paths = pathsOf(folder)

try {
  if (hasBackup(folder)) throw new Error(`${folder} holds a backup already: name another folder.`)
  const by = passphrase ? await newSeal(passphrase) : undefined
  writeBackup(folder, await saveAtOneMoment(by))
  if (!by)
    console.log('! Webhooks and triggers are left out: set TACKLINE_BACKUP_PASSPHRASE to seal their secrets.')
  console.log(`Saved to ${folder}. Events and past snapshots are in R2: copy the bucket.`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

interface Heads {
  readonly tables: readonly { readonly name: string }[]
  readonly migrations: string[]
  readonly assignmentShards: number
  readonly revisions: Record<string, number>
  readonly audit: number
}

async function saveAtOneMoment(by: Seal | undefined): Promise<Backup> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const at = new Date().toISOString()
    clearParts(folder!)
    const heads = await readHeads()
    for (const { name } of heads.tables) await saveTable(name, by)
    const members = await saveMembers()
    for (const environment of Object.keys(heads.revisions))
      await saveAssignments(environment, heads.assignmentShards)
    const after = await readHeads()
    if (JSON.stringify(after) === JSON.stringify(heads)) {
      const { migrations, revisions } = heads
      for (const [id, revision] of Object.entries(revisions)) console.log(`${id}: revision ${revision}`)
      const files = await savedFilesIn(folder!)
      return { format: 3, from: url!, at, migrations, revisions, members, files, seal: by?.stored ?? null }
    }
    console.log('Something was changed meanwhile: again.')
  }
  throw new Error(
    `In ${attemptsMax} attempts, something was changed during each: try again when it is quiet.`,
  )
}

function readHeads(): Promise<Heads> {
  return call(admin, 'GET', '/backup')
}

async function saveTable(name: string, by: Seal | undefined): Promise<void> {
  const headers = by && { 'x-seal-key': Buffer.from(by.key).toString('base64') }
  for (let after: number | null = 0; after !== null;) {
    const text = await download(`/backup/tables/${name}?after=${after}`, headers)
    const page = JSON.parse(text) as { rows: SavedRow[]; next: number | null }
    appendLines(paths.rows(name), page.rows)
    after = page.next
  }
}

/** The members of segments as they are; those of past revisions stay in R2. */
async function saveMembers(): Promise<Backup['members']> {
  const saved: Backup['members'] = []
  for await (const rows of batchesIn<SavedRow>(paths.rows('entities'), ({ kind }) => kind === 'segment'))
    for (const { environment_id: environment, value } of rows) {
      const { members } = JSON.parse(String(value)) as { members?: { list: string; sha256: string } }
      if (!members) continue
      const { list, sha256 } = members
      const text = await download(`/backup/members/${String(environment)}/${list}`)
      writeText(paths.members(String(environment), list), text)
      saved.push({ environment: String(environment), list, sha256 })
    }
  return saved
}

async function saveAssignments(environment: string, shards: number): Promise<void> {
  for (let shard = 0; shard < shards; shard++)
    for (let after: string | null = ''; after !== null;) {
      const query = new URLSearchParams({ shard: String(shard), after })
      const text = await download(`/backup/assignments/${environment}?${query.toString()}`)
      const page = JSON.parse(text) as { assignments: string[][]; next: string | null }
      if (page.assignments.length > 0)
        appendLines(
          paths.assignments(environment),
          page.assignments.map((row) => [shard, ...row]),
        )
      after = page.next
    }
}

async function download(path: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${url}/api/v1${path}`, {
    headers: { ...headers, authorization: `Bearer ${token}` },
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${text}`)
  return text
}
