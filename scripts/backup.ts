// `npm run backup -- FOLDER [--environment ID]...`: saves the configuration of all environments that the
// token sees, or of those named, from TACKLINE_URL with an admin's TACKLINE_TOKEN. No secret is in it in
// clear.
import { type Admin, call } from './admin.ts'
import { type SavedEnvironment, hasBackup, pathsOf, writeBackup, writeText } from './backup-folder.ts'
import { exitWithUsage, readOptions } from './command-line.ts'
import { listAll } from './pages.ts'

const { values, positionals } = readOptions({ environment: { type: 'string', multiple: true } }, 1)
const [folder] = positionals
const { TACKLINE_URL: url, TACKLINE_TOKEN: token } = process.env
if (!url || !token) exitWithUsage('Set TACKLINE_URL and TACKLINE_TOKEN.')
if (folder === undefined) exitWithUsage('npm run backup -- FOLDER [--environment ID]...')
const admin: Admin = { url, token }

try {
  if (hasBackup(folder)) throw new Error(`${folder} holds a backup already: name another folder.`)
  const all = await listAll<Row>(admin, '/environments', 'environments')
  const unknown = values.environment?.find((id) => !all.some((row) => row.id === id))
  if (unknown !== undefined) throw new Error(`There is no environment ${unknown} that this token may see.`)
  const chosen = all.filter(({ id }) => values.environment?.includes(id) ?? true)
  const environments: SavedEnvironment[] = []
  for (const row of chosen) environments.push(await save(folder, row))
  writeBackup(folder, { format: 1, from: url, at: new Date().toISOString(), environments })
  console.log(`Saved ${environments.length} environments to ${folder}.`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

interface Row {
  readonly id: string
  readonly name: string
  readonly projectId: string
}

async function save(to: string, { id, name, projectId }: Row): Promise<SavedEnvironment> {
  const files = pathsOf(to, id)
  const exported = await download(`/environments/${id}/export`)
  writeText(files.document, exported.text)
  writeText(files.keys, JSON.stringify(await call(admin, 'GET', `/environments/${id}/key-hashes`), null, 2))
  const found = await listAll<{ key: string; members?: unknown }>(
    admin,
    `/environments/${id}/segments`,
    'segments',
  )
  const segments = found.filter(({ members }) => members).map(({ key }) => key)
  for (const key of segments)
    writeText(files.members(key), (await download(`/environments/${id}/segments/${key}/members`)).text)
  const revision = Number(exported.etag?.replaceAll(/\D/g, ''))
  console.log(`${id}: revision ${revision}, ${segments.length} lists of members`)
  return { id, name, project: projectId, revision, segments }
}

async function download(path: string): Promise<{ text: string; etag: string | null }> {
  const response = await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })
  const text = await response.text()
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${text}`)
  return { text, etag: response.headers.get('etag') }
}
