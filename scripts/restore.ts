// `npm run restore -- FOLDER [--environment ID]...`: makes each environment of a backup what it was, at
// TACKLINE_URL with an admin's TACKLINE_TOKEN. An environment that is not there is made. In one that lives,
// this is a change like any other: a new revision, so nothing that caches an older one is misled.
import { readFileSync } from 'node:fs'
import { type Admin, call } from './admin.ts'
import { type SavedEnvironment, pathsOf, readBackup } from './backup-folder.ts'
import { exitWithUsage, readOptions } from './command-line.ts'

const { values, positionals } = readOptions({ environment: { type: 'string', multiple: true } }, 1)
const [folder] = positionals
const { TACKLINE_URL: url, TACKLINE_TOKEN: token } = process.env
if (!url || !token) exitWithUsage('Set TACKLINE_URL and TACKLINE_TOKEN.')
if (folder === undefined) exitWithUsage('npm run restore -- FOLDER [--environment ID]...')
const admin: Admin = { url, token }

try {
  const { environments, at } = readBackup(folder)
  const unknown = values.environment?.find((id) => !environments.some((each) => each.id === id))
  if (unknown !== undefined) throw new Error(`The backup of ${at} has no environment ${unknown}.`)
  for (const each of environments)
    if (values.environment?.includes(each.id) ?? true) await restore(folder, each)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function restore(from: string, { id, name, project, segments }: SavedEnvironment): Promise<void> {
  const files = pathsOf(from, id)
  const path = `/environments/${id}`
  await unlessThere('/organisations/default/projects', { id: project, name: project })
  await unlessThere('/environments', { id, name, project })
  const document = { ...JSON.parse(readFileSync(files.document, 'utf8')), prune: true }
  const { revision, notes = [] } = await call<{
    revision: number
    notes?: { path: string; message: string }[]
  }>(admin, 'POST', `${path}/apply`, document)
  for (const key of segments) await upload(`${path}/segments/${key}/members`, files.members(key))
  await call(admin, 'POST', `${path}/key-hashes`, JSON.parse(readFileSync(files.keys, 'utf8')))
  console.log(`${id}: restored, from revision ${revision} on`)
  for (const note of notes) console.log(`! ${note.path}: ${note.message}`)
}

/** Makes something; that it is there already is as good. */
async function unlessThere(path: string, body: object): Promise<void> {
  await call(admin, 'POST', path, body).catch((error: Error) => {
    if (!/: 409 /.test(error.message)) throw error
  })
}

async function upload(path: string, file: string): Promise<void> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
    body: readFileSync(file),
  })
  if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`)
}
