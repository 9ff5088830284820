// `npm run token -- --remote|--local [--name NAME] [--organisation ID] [--deployment NAME]`: creates an
// owner's API token and writes its SHA-256 straight into D1, which proves that the caller owns the database.
// The token is printed once. It is also the way into an organisation whose owner does not come through
// Cloudflare Access, or has lost a token. For further tokens of any role: POST
// /api/v1/organisations/ID/tokens.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { exitWithUsage, readOptions } from './command-line.ts'
import { isOrganisationId, tokenStatement } from './token-statement.ts'
import { databasePart, defaultName } from './deploy/installation.ts'
import { stateFile } from './deploy/state-file.ts'
import { root, run, toolEnv } from './tool.ts'

const usage = 'usage: npm run token -- --remote|--local [--name NAME] [--organisation ID] [--deployment NAME]'
const nameLengthMax = 200
/** The databases of `npm start`. */
const localState = path.join(root, '.tackline', 'state')

/** Options of wrangler: which configuration, and which database. */
const local = ['--config', 'wrangler.toml', '--local', '--persist-to', localState]

Object.assign(toolEnv, {
  CI: '1',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  NO_COLOR: '1',
})

const { target, name, organisation, deployment } = readArguments()
try {
  const token = `tla_${randomBytes(24).toString('hex')}`
  await insert(target === 'remote' ? remote(deployment) : local, name, organisation, token)
  console.log(token)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

function remote(deployment: string): string[] {
  const state = stateFile(deployment)
  const installation = state.read()
  if (installation === undefined)
    throw new Error(`This clone knows no deployment ${deployment}: run npm run deploy first.`)
  if (installation.accountId !== undefined)
    Object.assign(toolEnv, { CLOUDFLARE_ACCOUNT_ID: installation.accountId })
  return ['--config', state.configPath(databasePart(installation.profile)), '--remote']
}

function readArguments() {
  const { values } = readOptions({
    remote: { type: 'boolean', default: false },
    local: { type: 'boolean', default: false },
    name: { type: 'string', default: 'owner' },
    organisation: { type: 'string', default: 'default' },
    deployment: { type: 'string', default: defaultName },
  })
  if (values.remote === values.local) exitWithUsage(usage)
  if (values.name === '' || values.name.length > nameLengthMax)
    exitWithUsage(`A name has 1 to ${nameLengthMax} characters.`)
  if (!isOrganisationId(values.organisation)) exitWithUsage('This is no id of an organisation.')
  if (values.local && !existsSync(localState))
    exitWithUsage('There is no local database yet: run "npm start".')
  const { name, organisation, deployment } = values
  return { target: values.remote ? 'remote' : 'local', name, organisation, deployment } as const
}

async function insert(
  where: readonly string[],
  name: string,
  organisation: string,
  token: string,
): Promise<void> {
  const sha256 = createHash('sha256').update(token).digest('hex')
  const id = randomUUID()
  const command = tokenStatement({ id, name, organisation, sha256, createdAt: Date.now() })
  const options = [...where, '--yes', '--command', command]
  const { ok, output } = await run('wrangler', 'd1', 'execute', 'DB', ...options)
  if (ok && output.includes(id)) return
  if (ok) throw new Error(`There is no organisation ${organisation}.`)
  const hint = /no such table/.test(output)
    ? '\nThe migrations come first: run npm run deploy, or npm start.'
    : ''
  throw new Error(`The token was not stored:\n${output.trim()}${hint}`)
}
