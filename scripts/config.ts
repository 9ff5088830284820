// `npm run config -- export|plan|apply ENVIRONMENT [FILE]`: configuration as code, through the admin API at
// TACKLINE_URL with TACKLINE_TOKEN. A FILE whose name does not end in .json is YAML. `--revision N` applies
// only if N is still the newest revision.
import { readFileSync } from 'node:fs'
import { exitWithUsage, readOptions } from './command-line.ts'

/** Fields that every change changes; not printed. */
const ignoredPaths: ReadonlySet<string> = new Set(['/version', '/updatedAt'])
const usage = 'npm run config -- export|plan|apply ENVIRONMENT [FILE] [--revision N] [--comment TEXT]'

interface Plan {
  readonly revision: number
  readonly changed: boolean
  readonly entity: Readonly<Record<string, number>>
  readonly notes?: readonly { path: string; message: string }[]
  readonly changes?: readonly {
    kind: string
    id: string
    before: unknown
    after: { archived?: boolean } | null
    diff: readonly { path: string; before?: unknown; after?: unknown }[]
  }[]
}

const { values, positionals } = readOptions({ revision: { type: 'string' }, comment: { type: 'string' } }, 3)
const [verb, environment, file] = positionals
const { TACKLINE_URL: url, TACKLINE_TOKEN: token } = process.env
if (!url || !token) exitWithUsage('Set TACKLINE_URL and TACKLINE_TOKEN.')
if (environment === undefined) exitWithUsage(usage)
const base = `${url}/api/v1/environments/${encodeURIComponent(environment)}`

switch (verb) {
  case 'export': {
    const response = await request(`${base}/export`, { headers: { accept: 'application/yaml' } })
    process.stdout.write(await response.text())
    console.error(`# revision ${response.headers.get('etag') ?? ''}`)
    break
  }
  case 'plan':
  case 'apply':
    print((await (await send(verb === 'plan')).json()) as Plan)
    break
  default:
    exitWithUsage(usage)
}

function send(isPlan: boolean): Promise<Response> {
  if (file === undefined) exitWithUsage(usage)
  const headers = {
    'content-type': file.endsWith('.json') ? 'application/json' : 'application/yaml',
    ...(values.revision !== undefined && { 'if-match': `"${values.revision}"` }),
    ...(values.comment !== undefined && { 'x-comment': encodeURIComponent(values.comment) }),
  }
  const body = readFileSync(file, 'utf8')
  return request(`${base}/apply${isPlan ? '?dryRun=true' : ''}`, { method: 'POST', headers, body })
}

async function request(address: string, init: RequestInit): Promise<Response> {
  const headers = { ...(init.headers as Record<string, string>), authorization: `Bearer ${token}` }
  const response = await fetch(address, { ...init, headers })
  if (response.ok) return response
  const problem = (await response.json()) as { detail: string; errors?: { path: string; message: string }[] }
  const fields = (problem.errors ?? []).map(({ path, message }) => `\n  ${path}: ${message}`)
  return fail(problem.detail + fields.join(''))
}

function print({ revision, changed, entity, notes = [], changes = [] }: Plan): void {
  for (const { kind, id, before, after, diff } of changes) {
    const sign = before === null ? '+' : after === null || after.archived ? '-' : '~'
    console.log(`${sign} ${kind} ${id}`)
    if (sign !== '~') continue
    for (const each of diff)
      if (!ignoredPaths.has(each.path))
        console.log(`    ${each.path}: ${text(each.before)} -> ${text(each.after)}`)
  }
  for (const { path, message } of notes) console.log(`! ${path}: ${message}`)
  const counts = Object.entries(entity).map(([what, count]) => `${count} to ${what}`)
  console.log(
    changed ? `${counts.join(', ')} (revision ${revision})` : `nothing to change (revision ${revision})`,
  )
}

function text(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
