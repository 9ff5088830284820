// `npm run restore -- FOLDER [--environment ID]... [--stop-experiments]`: brings a backup to the installation
// at TACKLINE_URL, with the TACKLINE_TOKEN of an owner of its first organisation. An environment that is not
// there comes back with its history. One that lives is changed by a revision like any other, so nothing that
// caches an older one is misled; it is refused if that would disturb a running experiment, unless these are
// to stop. `npm run restore -- --published` only publishes what D1 holds, after Time Travel.
import { readFileSync } from 'node:fs'
import { restoredKinds } from '../core/change/command.ts'
import { type Admin, call } from './admin.ts'
import {
  type Backup,
  type SavedAssignment,
  type SavedRow,
  batchesIn,
  holds,
  pathsOf,
  readBackup,
} from './backup-folder.ts'
import { type Seal, openSeal, opened } from './backup-seal.ts'
import { exitWithUsage, readOptions } from './command-line.ts'

const { values, positionals } = readOptions(
  {
    environment: { type: 'string', multiple: true },
    published: { type: 'boolean', default: false },
    'stop-experiments': { type: 'boolean', default: false },
  },
  1,
)
const [folder] = positionals
const { TACKLINE_URL: url, TACKLINE_TOKEN: token, TACKLINE_BACKUP_PASSPHRASE: passphrase } = process.env
if (!url || !token) exitWithUsage('Set TACKLINE_URL and TACKLINE_TOKEN.')
if ((folder === undefined) !== values.published)
  exitWithUsage(
    'npm run restore -- FOLDER [--environment ID]... [--stop-experiments], or npm run restore -- --published',
  )
const admin: Admin = { url, token }

/** What was refused or failed, by environment: the others go on. */
const failures: string[] = []
try {
  if (folder === undefined) await publishAll()
  else await restore(folder, await readBackup(folder))
} catch (error) {
  failures.push(messageOf(error))
}
for (const failure of failures) console.error(failure)
if (failures.length > 0) process.exitCode = 1

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Whether it was done. */
async function attempt(what: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    failures.push(`! ${what}: ${messageOf(error)}`)
    return false
  }
}

interface Heads {
  readonly tables: readonly { readonly name: string; readonly restoring: 'always' | 'empty' | 'absent' }[]
  readonly migrations: readonly string[]
  readonly revisions: Readonly<Record<string, number>>
  readonly archived: readonly string[]
}

async function restore(from: string, backup: Backup): Promise<void> {
  const heads = await call<Heads>(admin, 'GET', '/backup')
  const newer = backup.migrations.filter((name) => !heads.migrations.includes(name))
  if (newer.length > 0)
    throw new Error(`The backup is of a newer version (${newer.join(', ')}): deploy that one first.`)
  const saved = Object.keys(backup.revisions)
  const unknown = values.environment?.find((id) => !saved.includes(id))
  if (unknown !== undefined) throw new Error(`The backup of ${backup.at} has no environment ${unknown}.`)
  const by = await sealOf(backup)
  const chosen = values.environment ?? saved
  const living = chosen.filter((id) => Object.hasOwn(heads.revisions, id))
  const absent = chosen.filter((id) => !living.includes(id))
  const ready = new Set<string>()
  for (const id of absent) {
    const begin = async () => {
      await sendOwnersOf(from, backup, id)
      await sendMembersOf(from, backup, id)
    }
    if (await attempt(id, begin)) ready.add(id)
  }
  const rows = () => sendRows(from, backup, heads, ready, by)
  if (ready.size > 0 && (await attempt([...ready].join(', '), rows)))
    for (const id of ready)
      await attempt(id, async () => console.log(`${id}: back, at revision ${await publish(id)}`))
  for (const id of living)
    await attempt(id, async () => {
      await sendMembersOf(from, backup, id)
      await rollBack(from, backup, heads, id)
    })
}

async function sealOf({ seal }: Backup): Promise<Seal | undefined> {
  if (seal && passphrase) return openSeal(passphrase, seal)
  const why = seal ? 'set the TACKLINE_BACKUP_PASSPHRASE of this backup' : 'the backup has none'
  console.log(`! Webhooks and triggers do not come back: ${why}.`)
  return undefined
}

/** Its project and organisation; refused if the project is another organisation's there. */
async function sendOwnersOf(from: string, backup: Backup, id: string): Promise<void> {
  const environment = await savedRow(from, backup, 'environments', id)
  const project = await savedRow(from, backup, 'projects', environment?.['project_id'])
  const organisation = await savedRow(from, backup, 'organisations', project?.['organisation_id'])
  if (organisation) await call(admin, 'POST', '/backup/tables/organisations', { rows: [organisation] })
  if (project) await call(admin, 'POST', '/backup/tables/projects', { rows: [project] })
}

async function savedRow(
  from: string,
  backup: Backup,
  table: string,
  id: unknown,
): Promise<SavedRow | undefined> {
  const file = pathsOf(from).rows(table)
  if (!holds(from, backup, file)) return undefined // it is of an older version
  for await (const [row] of batchesIn<SavedRow>(file, (each) => each['id'] === id)) return row
  return undefined
}

async function sendMembersOf(from: string, { members }: Backup, id: string): Promise<void> {
  for (const each of members) if (each.environment === id) await sendMembers(from, each)
}

async function sendMembers(from: string, { environment, list, sha256 }: Backup['members'][number]) {
  const path = `/backup/members/${environment}/${list}`
  const response = await fetch(`${url}/api/v1${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
    body: readFileSync(pathsOf(from).members(environment, list)),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${text}`)
  if ((JSON.parse(text) as { sha256: string }).sha256 !== sha256)
    throw new Error(`The list of members ${list} of ${environment} is damaged in this backup.`)
}

/** The rows of environments come last, so whoever is asked earlier knows none that is not whole. */
async function sendRows(
  from: string,
  backup: Backup,
  heads: Heads,
  absent: ReadonlySet<string>,
  by: Seal | undefined,
): Promise<void> {
  const isEmpty = Object.keys(heads.revisions).length === 0 && values.environment === undefined
  for (const { name, restoring } of heads.tables) {
    if (name === 'environments') await sendAssignments(from, backup, absent)
    if (restoring === 'empty' && !isEmpty) continue
    const file = pathsOf(from).rows(name)
    if (!holds(from, backup, file)) continue // it is of an older version
    const column = name === 'environments' ? 'id' : 'environment_id'
    const isWanted = (row: SavedRow) => restoring !== 'absent' || absent.has(String(row[column]))
    let missing = 0
    for await (const rows of batchesIn<SavedRow>(file, isWanted)) {
      const open = await Promise.all(rows.map((row) => opened(row, by)))
      const fit = open.filter((row) => row !== undefined)
      const send = async (some: readonly SavedRow[]) => {
        const body = { rows: some }
        const { written } = await call<{ written: number }>(admin, 'POST', `/backup/tables/${name}`, body)
        missing += some.length - written
      }
      // One project may be another organisation's there; the others come back.
      if (name !== 'projects') await send(fit)
      else for (const row of fit) await attempt(`project ${row['id']}`, () => send([row]))
    }
    if (missing > 0) console.log(`${name}: ${missing} rows were there already, and stay as they are`)
  }
}

async function sendAssignments(from: string, backup: Backup, absent: ReadonlySet<string>): Promise<void> {
  for (const environment of absent) {
    const file = pathsOf(from).assignments(environment)
    if (!holds(from, backup, file)) continue // none were kept
    for await (const rows of batchesIn<SavedAssignment>(file))
      for (const [shard, kept] of Map.groupBy(rows, ([of]) => of)) {
        const assignments = kept.map(([, ...row]) => row)
        await call(admin, 'POST', `/backup/assignments/${environment}?shard=${shard}`, { assignments })
      }
  }
}

async function rollBack(from: string, { at }: Backup, { archived }: Heads, id: string): Promise<void> {
  if (archived.includes(id)) {
    console.log(`! ${id}: is archived, accepts no changes, and stays as it is`)
    return
  }
  const kinds: ReadonlySet<unknown> = new Set(restoredKinds)
  const entities: object[] = []
  const isWanted = (row: SavedRow) => row['environment_id'] === id && kinds.has(row['kind'])
  for await (const rows of batchesIn<SavedRow>(pathsOf(from).rows('entities'), isWanted))
    for (const { kind, id: key, value } of rows)
      entities.push({ kind, id: key, value: JSON.parse(String(value)) })
  await publish(id)
  const comment = `restored from the backup of ${at}`
  const choice = values['stop-experiments'] ? '?experiment=stop' : ''
  const made = call<Restored>(admin, 'POST', `/backup/environments/${id}${choice}`, { entities }, comment)
  const { revision, changed, notes } = await made.catch((error: unknown) => {
    if (!messageOf(error).includes('EXPERIMENT_RUNNING')) throw error
    throw new Error(`${messageOf(error)}\n  Stop it, or restore with --stop-experiments.`, { cause: error })
  })
  console.log(changed ? `${id}: restored by revision ${revision}` : `${id}: is as in the backup`)
  for (const note of notes ?? []) console.log(`! ${note.path}: ${note.message}`)
}

interface Restored {
  readonly revision: number
  readonly changed: boolean
  readonly notes?: readonly { readonly path: string; readonly message: string }[]
}

async function publishAll(): Promise<void> {
  const { revisions } = await call<Heads>(admin, 'GET', '/backup')
  for (const id of values.environment ?? Object.keys(revisions))
    await attempt(id, async () => console.log(`${id}: published at revision ${await publish(id)}`))
}

async function publish(id: string): Promise<number> {
  return (await call<{ revision: number }>(admin, 'POST', `/backup/publish/${id}`)).revision
}
