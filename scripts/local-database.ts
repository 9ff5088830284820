// Prepares the local D1 without a Worker: applies the migrations and inserts the first token before the stack
// starts. Takes a second or two. On Cloudflare, `wrangler d1 migrations apply` and `npm run token` do this
// (README). Runs in a process of its own (prepare-database.ts), so that its workerd ends with it.
import type { D1Database } from '@cloudflare/workers-types'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const migrationsDirectory = join(import.meta.dirname, '..', 'migrations')

export interface FirstToken {
  readonly id: string
  readonly name: string
  readonly sha256: string
  readonly createdAt: number
}

/**
 * What a prepared database has: the migrations and the first token. The file is written when all of it is
 * in.
 */
const preparedFile = 'prepared.json'
const preparedText = ({ id, sha256 }: FirstToken) =>
  JSON.stringify({ id, sha256, migrations: migrationFiles() })
const migrationFiles = () =>
  readdirSync(migrationsDirectory)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()

export function isPrepared(stateDirectory: string, token: FirstToken): boolean {
  const path = join(stateDirectory, preparedFile)
  const hasDatabase = existsSync(join(stateDirectory, 'v3', 'd1'))
  return hasDatabase && existsSync(path) && readFileSync(path, 'utf8') === preparedText(token)
}

/** Applies missing migrations and inserts the token if it is missing. */
export async function prepareDatabase(stateDirectory: string, token: FirstToken): Promise<void> {
  // Loaded here: whoever only asks whether a folder is prepared needs none of it.
  const { convertV4MiniflareOptions, Miniflare } = await import('miniflare')
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default {}',
      compatibilityDate: '2026-10-20',
      d1Databases: { DB: 'tackline' },
      resourcePersistencePath: join(stateDirectory, 'v3'),
    }),
  )
  try {
    const database = (await miniflare.getD1Database('DB')) as unknown as D1Database
    await migrate(database)
    await insertToken(database, token)
    writeFileSync(join(stateDirectory, preparedFile), preparedText(token))
  } finally {
    await miniflare.dispose()
  }
}

/** Records applied migrations as wrangler does, so that `wrangler d1 migrations list` agrees. */
async function migrate(database: D1Database): Promise<void> {
  await database.exec(
    'CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, ' +
      'applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)',
  )
  const { results } = await database.prepare('SELECT name FROM d1_migrations').all<{ name: string }>()
  const applied = new Set(results.map(({ name }) => name))
  for (const name of migrationFiles().filter((each) => !applied.has(each))) {
    const statements = readFileSync(join(migrationsDirectory, name), 'utf8').split('--> statement-breakpoint')
    const done = database.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name)
    await database.batch([...statements.map((statement) => database.prepare(statement)), done])
  }
}

async function insertToken(database: D1Database, { id, name, sha256, createdAt }: FirstToken): Promise<void> {
  await database
    .prepare(
      "INSERT OR IGNORE INTO api_tokens (id, name, role, sha256, created_at) VALUES (?, ?, 'owner', ?, ?)",
    )
    .bind(id, name, sha256, createdAt)
    .run()
}
