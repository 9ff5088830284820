// Checks that migrations/ and the schema files of workers/storage describe the same database: drizzle-kit
// would add no migration, and the SQL files create the same tables as the schema does from nothing. Changes
// no file of the tree.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { root, run, type Outcome } from './tool.ts'

const schema = 'workers/storage/*schema.ts'
const differ = `${schema} and migrations/ differ: run \`npm run db:generate\`.`

export async function checkSchema(): Promise<Outcome> {
  for (const needed of ['workers/storage/schema.ts', 'migrations']) {
    if (!existsSync(path.join(root, needed))) return { ok: false, output: `${needed} is missing.` }
  }
  // drizzle-kit accepts only a folder below the current one.
  mkdirSync(path.join(root, '.tackline'), { recursive: true })
  const folder = mkdtempSync(path.join(root, '.tackline', 'schema-'))
  try {
    const [kept, fresh] = [path.join(folder, 'kept'), path.join(folder, 'fresh')]
    cpSync(path.join(root, 'migrations'), kept, { recursive: true })
    const before = readdirSync(kept).length
    const next = await generate(kept)
    if (!next.ok || readdirSync(kept).length !== before)
      return { ok: false, output: `${differ}\n${next.output}` }

    const generated = await generate(fresh)
    if (!generated.ok) return generated
    const [byMigrations, bySchema] = [tablesOf(kept), tablesOf(fresh)]
    const names = [...new Set([...byMigrations.keys(), ...bySchema.keys()])].filter(
      (name) => byMigrations.get(name) !== bySchema.get(name),
    )
    const lines = names.map(
      (name) => `${name}\n  by migrations: ${byMigrations.get(name)}\n  by the schema: ${bySchema.get(name)}`,
    )
    if (bySchema.size === 0) lines.push('The schema has no tables.')
    return { ok: lines.length === 0, output: [differ, ...lines].join('\n'), note: `${bySchema.size} tables` }
  } catch (error) {
    return {
      ok: false,
      output: `The migrations do not apply: ${error instanceof Error ? error.message : String(error)}`,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function generate(out: string): Promise<Outcome> {
  const options = ['--dialect', 'sqlite', '--schema', `./${schema}`, '--out', path.relative(root, out)]
  return run('drizzle-kit', 'generate', ...options)
}

/** The tables that a folder of migrations creates, with columns, keys and indexes in sorted order. */
function tablesOf(folder: string): Map<string, string> {
  const database = new DatabaseSync(':memory:')
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'))
  for (const file of files.sort()) database.exec(readFileSync(path.join(folder, file), 'utf8'))
  const all = (sql: string, ...values: string[]) => database.prepare(sql).all(...values)
  // Without the full-text index: drizzle-kit does not support virtual tables.
  const tables = all(`select name from pragma_table_list where type = 'table' and name not like 'sqlite_%'`)
  return new Map(
    tables.map(({ name }) => {
      const table = String(name)
      const columns = all(
        'select name, type, "notnull", dflt_value, pk, hidden from pragma_table_xinfo(?) order by name',
        table,
      )
      const keys = all(
        `select "table", "from", "to", on_update, on_delete
         from pragma_foreign_key_list(?) order by "from", "table"`,
        table,
      )
      const indexes = all(
        `select list."unique", list.partial, group_concat(coalesce(info.name, '(expression)')) as columns
         from pragma_index_list(?) as list, pragma_index_info(list.name) as info
         group by list.name order by columns, list."unique"`,
        table,
      )
      return [table, JSON.stringify({ columns, keys, indexes })]
    }),
  )
}
