// Makes an installation, or brings it up to date: resources, migrations, then the code. Every step may fail
// and be run again: what was done is remembered at once, or found by its name.
import { randomBytes, randomUUID } from 'node:crypto'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { experimental_readRawConfig as readRawConfig } from 'wrangler'
import { root } from '../tool.ts'
import {
  type Creation,
  type Installation,
  type Part,
  type ResourceKind,
  creationsOf,
  databasePart,
  frontOf,
  partsOf,
  resourceNames,
  saysItExists,
  unknownMigrations,
  workerName,
} from './installation.ts'
import type { StateFile } from './state-file.ts'
import { type RawConfig, configOf } from './worker-config.ts'
import { type Wrangler, deployed, mustRun, parseJson } from './wrangler.ts'

export interface InstallPorts {
  readonly wrangler: Wrangler
  readonly state: StateFile
  readonly say: (line: string) => void
}

const tomlOf = (part: Part) => (part === 'whole' ? 'wrangler.toml' : `workers/${part}/wrangler.toml`)

/** Throws a sentence; what was done until then stays, and the same call goes on from there. */
export async function install(start: Installation, ports: InstallPorts): Promise<Installation> {
  const { state, say } = ports
  let installation = start
  const remember = (facts: Partial<Installation>) => {
    installation = { ...installation, ...facts }
    state.write(installation)
    writeConfigs(installation, state)
  }
  remember({})
  await makeResources(installation, ports, (made) => remember({ made: { ...installation.made, ...made } }))
  await migrate(installation, ports)
  for (const part of partsOf(installation.profile)) {
    const name = workerName(installation.name, part)
    say(`uploads ${name}`)
    const targets = await upload(installation, part, ports)
    const [address] = targets.filter(
      (target) => target.startsWith('https://') || /^[a-z0-9.-]+$/.test(target),
    )
    const isFront = part === frontOf(installation.profile)
    remember({
      uploaded: [...new Set([...installation.uploaded, name])],
      ...(isFront && { url: addressOf(installation, address) }),
    })
  }
  return installation
}

const addressOf = ({ domain, url }: Installation, address: string | undefined) =>
  domain === undefined ? (address ?? url) : `https://${domain}`

export function writeConfigs(installation: Installation, state: StateFile): void {
  for (const part of partsOf(installation.profile)) {
    const toml = path.join(root, tomlOf(part))
    const { rawConfig } = readRawConfig({ config: toml })
    state.writeConfig(part, configOf(rawConfig as RawConfig, part, path.dirname(toml), installation))
  }
}

async function makeResources(
  installation: Installation,
  { wrangler, say }: InstallPorts,
  made: (ids: Partial<Record<ResourceKind, string>>) => void,
): Promise<void> {
  const missing = creationsOf(installation)
  if (missing.length === 0) return
  // What has an id is looked for first: an earlier run, or another clone, may have made it.
  const found = await idsByName(wrangler, installation, missing)
  made(found)
  for (const creation of missing.filter(({ kind }) => found[kind] === undefined)) {
    say(`makes ${creation.resource} (${titles[creation.kind]})`)
    made({ [creation.kind]: await make(wrangler, creation, installation) })
  }
}

export const titles: Record<ResourceKind, string> = {
  kv: 'KV namespace: snapshots',
  d1: 'D1 database: configuration, audit trail',
  r2: 'R2 bucket: events',
  events: 'queue: events on their way',
  dead: 'queue: events that could not be stored',
}

type Ids = Partial<Record<ResourceKind, string>>

async function idsByName(wrangler: Wrangler, { name }: Installation, missing: Creation[]): Promise<Ids> {
  const names = resourceNames(name)
  const isMissing = (kind: ResourceKind) => missing.some((creation) => creation.kind === kind)
  const ids: { kv?: string; d1?: string } = {}
  if (isMissing('kv')) {
    const list = await mustRun(wrangler, 'KV cannot be listed.', 'kv', 'namespace', 'list')
    const namespaces = parseJson<{ id: string; title: string }[]>(list)
    const id = namespaces.find(({ title }) => title === names.kv)?.id
    if (id !== undefined) ids.kv = id
  }
  if (isMissing('d1')) {
    const list = await mustRun(wrangler, 'D1 cannot be listed.', 'd1', 'list', '--json')
    const databases = parseJson<{ uuid: string; name: string }[]>(list)
    const id = databases.find((database) => database.name === names.d1)?.uuid
    if (id !== undefined) ids.d1 = id
  }
  return ids
}

async function make(wrangler: Wrangler, creation: Creation, installation: Installation): Promise<string> {
  const { kind, resource, args, otherwise } = creation
  let outcome = await wrangler(...args)
  if (!outcome.ok && otherwise && !saysItExists(outcome.output)) outcome = await wrangler(...otherwise)
  const isBoundByName = kind !== 'kv' && kind !== 'd1'
  if (!outcome.ok && !(isBoundByName && saysItExists(outcome.output)))
    throw new Error(
      `${resource} (${titles[kind]}) was not made; run the same command again to go on.\n${outcome.output.trim()}`,
    )
  if (isBoundByName) return resource
  const id = (await idsByName(wrangler, installation, [creation]))[kind]
  if (id === undefined)
    throw new Error(`${resource} was made, but is not listed yet: run the same command again.`)
  return id
}

export const migrationFiles = (): string[] =>
  readdirSync(path.join(root, 'migrations'))
    .filter((name) => name.endsWith('.sql'))
    .toSorted()

/** Before the code, which may need what they add. Refuses a database of a newer release. */
async function migrate(installation: Installation, { wrangler, state, say }: InstallPorts): Promise<void> {
  const applied = await appliedMigrations(installation, wrangler, state)
  const files = migrationFiles()
  const unknown = unknownMigrations(applied, files)
  if (unknown.length > 0)
    throw new Error(
      `The database is of a newer release: it has ${unknown.join(', ')}, which this clone has not. ` +
        'Deploy that release or a newer one; nothing was changed.',
    )
  const waiting = files.filter((name) => !applied.includes(name))
  if (waiting.length === 0) return
  say(`applies ${waiting.length} ${waiting.length === 1 ? 'migration' : 'migrations'}`)
  const config = state.configPath(databasePart(installation.profile))
  const apply = ['d1', 'migrations', 'apply', 'DB', '--remote', '--config', config]
  await mustRun(wrangler, 'The migrations failed; run the same command again to go on.', ...apply)
}

async function appliedMigrations(
  installation: Installation,
  wrangler: Wrangler,
  state: StateFile,
): Promise<string[]> {
  const rows = (sql: string) => query<{ name: string }>(installation, wrangler, state, sql)
  const tables = await rows("SELECT name FROM sqlite_master WHERE name = 'd1_migrations'")
  if (tables.length === 0) return []
  return (await rows('SELECT name FROM d1_migrations ORDER BY id')).map(({ name }) => name)
}

/** Runs one statement in the installation's database. */
export async function query<Row>(
  installation: Installation,
  wrangler: Wrangler,
  state: StateFile,
  sql: string,
): Promise<Row[]> {
  const config = state.configPath(databasePart(installation.profile))
  const args = ['d1', 'execute', 'DB', '--remote', '--json', '--yes', '--config', config, '--command', sql]
  const text = await mustRun(wrangler, 'The database cannot be asked.', ...args)
  return parseJson<{ results: Row[] }[]>(text).flatMap(({ results }) => results)
}

async function upload(installation: Installation, part: Part, ports: InstallPorts): Promise<string[]> {
  const { wrangler, state } = ports
  const config = state.configPath(part)
  const args = ['deploy', '--config', config, '--minify']
  const needsSecret = part === frontOf(installation.profile) && !(await hasSecret(wrangler, config))
  if (!needsSecret) return deployed(wrangler, ...args)
  // With the upload, so that no version runs without it. In a file: anybody can read a process's arguments.
  const file = path.join(tmpdir(), `tackline-secret-${randomUUID()}.env`)
  writeFileSync(file, `EXPOSURE_SECRET=${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
  try {
    return await deployed(wrangler, ...args, '--secrets-file', file)
  } finally {
    rmSync(file, { force: true })
  }
}

/** A secret that is there is kept: a new one would refuse the exposure tokens that are under way. */
async function hasSecret(wrangler: Wrangler, config: string): Promise<boolean> {
  const { ok, stdout, output } = await wrangler('secret', 'list', '--config', config, '--format', 'json')
  if (ok) return parseJson<{ name: string }[]>(stdout).some(({ name }) => name === 'EXPOSURE_SECRET')
  if (/not found|does not exist|10007/i.test(output)) return false
  throw new Error(`The secrets of the Worker cannot be listed.\n${output.trim()}`)
}
