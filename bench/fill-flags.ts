// Writes flags straight into D1's file of a stack that stands still: ten thousand requests would take long
// and measure nothing more.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { flag } from '../test/support/build/flags.ts'

/** `flag-00000`, `flag-00001`, ... in an environment that exists. `directory` is the stack's. */
export function fillFlags(directory: string, environmentId: string, count: number): void {
  const folder = join(directory, 'state/v3/d1/miniflare-D1DatabaseObject')
  const file = readdirSync(folder).find((name) => name.endsWith('.sqlite') && name !== 'metadata.sqlite')
  const database = new DatabaseSync(join(folder, file!))
  const insert = database.prepare(
    "insert into entities (environment_id, kind, id, value) values (?, 'flag', ?, ?)",
  )
  database.exec('begin')
  for (let i = 0; i < count; i++) {
    const key = `flag-${String(i).padStart(5, '0')}`
    const value = flag({
      key,
      name: `Flag number ${i}`,
      tags: [i % 10 === 0 ? 'web' : 'app'],
      createdAt: i,
      updatedAt: i,
      enabled: i % 2 === 0,
    })
    insert.run(environmentId, key, JSON.stringify(value))
  }
  database.exec('commit')
  database.close()
}
