// A wrangler of the tests: it records its calls and answers as wrangler 4.155 does (its words and JSON were
// taken from runs of the real one against fake-cloudflare.ts). It keeps an account in a file, so that an
// interrupted deployment can be resumed.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { toolEnv } from '../../scripts/tool.ts'

export interface Account {
  calls: string[]
  kv: Record<string, string>
  d1: Record<string, string>
  buckets: string[]
  queues: string[]
  /** By Worker: whether it has the secret. */
  workers: Record<string, { hasSecret: boolean; config: Record<string, unknown> }>
  migrations: string[]
  /** A call that contains it fails once. */
  failOnce: string
  /** Of a stack that answers for the Workers. */
  address?: string
  /** Its file of SQLite, in which statements that write are run. */
  database?: string
}

const program = `#!${process.execPath}
const { readFileSync, writeFileSync, existsSync, readdirSync, appendFileSync } = require('node:fs')
const file = process.env.FAKE_WRANGLER_STATE
const a = JSON.parse(readFileSync(file, 'utf8'))
const args = process.argv.slice(2)
const option = (name) => args.includes(name) ? args[args.indexOf(name) + 1] : undefined
const call = args.join(' ').replace(/\\S+\\/(?=[^/ ]+[.](?:json|env|toml))/g, '')
a.calls.push(call)
const end = (text = '', code = 0) => { writeFileSync(file, JSON.stringify(a)); (code ? process.stderr : process.stdout).write(text + '\\n'); process.exit(code) }
const refuse = (text) => end('✘ [ERROR] ' + text, 1)
if (a.failOnce && call.includes(a.failOnce)) { a.failOnce = ''; refuse('A request to the Cloudflare API failed.') }
const name = args[2]
const create = (list, text) => { if (list.includes(args.at(args[0] === 'r2' ? 3 : 2))) refuse(text); list.push(args.at(args[0] === 'r2' ? 3 : 2)); end('created') }
const config = option('--config') && JSON.parse(readFileSync(option('--config'), 'utf8'))
switch (args[0] + ' ' + args[1]) {
  case 'kv namespace':
    if (args[2] === 'list') end(JSON.stringify(Object.entries(a.kv).map(([title, id]) => ({ id, title }))))
    if (args[2] === 'delete') { const found = Object.keys(a.kv).find((t) => a.kv[t] === option('--namespace-id')); if (!found) refuse('namespace not found'); delete a.kv[found]; end() }
    if (a.kv[args[3]]) refuse('a namespace with this account ID and title already exists [code: 10014]')
    a.kv[args[3]] = 'kv-' + args[3]; end('created')
  case 'd1 list': end(JSON.stringify(Object.entries(a.d1).map(([name, uuid]) => ({ uuid, name }))))
  case 'd1 create': a.d1[name] = 'd1-' + name; end('created')
  case 'd1 delete': delete a.d1[name]; a.migrations = []; end()
  case 'd1 execute': {
    const sql = option('--command')
    if (sql.startsWith('INSERT')) {
      if (!a.database) refuse('no such table: api_tokens')
      const { DatabaseSync } = require('node:sqlite')
      end(JSON.stringify([{ results: new DatabaseSync(a.database).prepare(sql).all(), success: true }]))
    }
    const rows = sql.includes('sqlite_master') ? (a.migrations.length ? [{ name: 'd1_migrations' }] : []) : a.migrations.map((name) => ({ name }))
    end(JSON.stringify([{ results: rows, success: true }]))
  }
  case 'd1 migrations': a.migrations = readdirSync(config.d1_databases[0].migrations_dir).filter((f) => f.endsWith('.sql')).sort(); end('applied')
  case 'r2 bucket':
    if (args[2] === 'delete') refuse('The bucket you tried to delete is not empty. [code: 10008]')
    create(a.buckets, 'The bucket you tried to create already exists, and you own it. [code: 10004]')
  case 'queues create': 
    if (process.env.FAKE_FREE && option('--message-retention-period-secs') > 86400) refuse('message_retention_period must be at most 86400 on the free plan')
    create(a.queues, 'Queue name is already taken. [code: 11009]')
  case 'queues delete': a.queues = a.queues.filter((q) => q !== name); end()
  case 'secret list': a.workers[config.name] ? end(JSON.stringify(a.workers[config.name].hasSecret ? [{ name: 'EXPOSURE_SECRET', type: 'secret_text' }] : [])) : refuse('Worker "' + config.name + '" not found. [code: 10007]')
  case 'delete --name': delete a.workers[name]; end()
}
if (args[0] !== 'deploy') refuse('Unknown arguments: ' + call)
const had = a.workers[config.name]
const secrets = option('--secrets-file')
a.workers[config.name] = { hasSecret: Boolean(had?.hasSecret || secrets && /^EXPOSURE_SECRET=[0-9a-f]{64}$/m.test(readFileSync(secrets, 'utf8'))), config }
const targets = config.routes ? [config.routes[0].pattern + ' (custom domain)'] : config.workers_dev ? [a.address || 'https://' + config.name + '.example.workers.dev'] : []
appendFileSync(process.env.WRANGLER_OUTPUT_FILE_PATH, JSON.stringify({ type: 'deploy', worker_name: config.name, targets }) + '\\n')
end('Deployed')
`

export interface FakeWrangler {
  read(): Account
  change(facts: Partial<Account>): void
  /** For a process that runs it: `as-terminal.ts`. */
  readonly env: { readonly FAKE_WRANGLER: string; readonly FAKE_WRANGLER_STATE: string }
  remove(): void
}

/** Puts it first on the path of the tools that this process runs. */
export function useFakeWrangler(): FakeWrangler {
  const folder = mkdtempSync(path.join(tmpdir(), 'tackline-wrangler-'))
  const state = path.join(folder, 'account.json')
  const executable = path.join(folder, 'wrangler')
  writeFileSync(executable, program)
  chmodSync(executable, 0o755)
  const before = { ...toolEnv }
  Object.assign(toolEnv, {
    PATH: `${folder}${path.delimiter}${toolEnv.PATH}`,
    FAKE_WRANGLER_STATE: state,
  })
  const read = () => JSON.parse(readFileSync(state, 'utf8')) as Account
  const write = (account: Account) => writeFileSync(state, JSON.stringify(account))
  write({
    calls: [],
    kv: {},
    d1: {},
    buckets: [],
    queues: [],
    workers: {},
    migrations: [],
    failOnce: '',
  })
  return {
    read,
    env: { FAKE_WRANGLER: folder, FAKE_WRANGLER_STATE: state },
    change: (facts) => write({ ...read(), ...facts }),
    remove() {
      Object.assign(toolEnv, before)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
