// Runs the migrations on databases with data of earlier releases, and reads it as entities and history.
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { entitySchemas } from '../core/model/environment-state.ts'
import { flag, segment } from './support/build/flags.ts'

const folder = path.join(import.meta.dirname, '..', 'migrations')
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.sql'))
  .toSorted()

const goal = { key: 'buy', name: '', event: 'bought', createdAt: 5 }
const experiment = {
  id: 'x',
  name: '',
  flagKey: 'a',
  ruleId: 'a-default',
  goalKeys: ['buy'],
  baselineVariationId: 'a',
  startAt: 5,
  stopAt: 9,
  status: 'running',
  createdAt: 5,
}
const tagged = flag({ key: 'a', tags: ['web', 'shop'], description: 'of the "checkout"' })

it('keep flags, segments, goals, experiments, keys and their history', () => {
  const database = new DatabaseSync(':memory:')
  const migrate = (name: string) => database.exec(readFileSync(path.join(folder, name), 'utf8'))
  const insert = (table: string, row: Record<string, string | number | null>) =>
    database
      .prepare(
        `insert into ${table} (${Object.keys(row).join()}) values (${Object.keys(row)
          .map(() => '?')
          .join()})`,
      )
      .run(...Object.values(row))
  migrate(files[0]!)
  const at = { environment_id: 'e' }
  insert('environments', { id: 'e', name: 'E', created_at: 5 })
  insert('flags', { ...at, key: 'a', value: JSON.stringify(tagged), enabled: 1, archived: 0, updated_at: 0 })
  insert('segments', { ...at, key: 'segment', value: JSON.stringify(segment()) })
  insert('goals', { ...at, key: 'buy', value: JSON.stringify(goal) })
  insert('experiments', { ...at, id: 'x', value: JSON.stringify(experiment), status: 'running' })
  insert('sdk_keys', { ...at, id: 'k', role: 'client', name: 'web', sha256: 'ff', created_at: 5 })
  const write = (value: object) => JSON.stringify([{ kind: 'goal', id: 'buy', value }])
  const revision = {
    ...at,
    number: 1,
    created_at: 5,
    modified_at: 5,
    actor: '{}',
    command: null,
    comment: '',
  }
  insert('revisions', { ...revision, before: '[]', after: '[]' })
  insert('revisions', { ...revision, number: 2, before: '[]', after: write(goal) })
  insert('revisions', { ...revision, number: 3, before: write(goal), after: write({ ...goal, name: 'Buy' }) })
  for (const name of files.slice(1)) migrate(name)

  const rows = database.prepare('select kind, id, value from entities order by kind, id').all() as {
    kind: keyof typeof entitySchemas
    id: string
    value: string
  }[]
  expect(rows.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
    'experiment x',
    'flag a',
    'goal buy',
    'sdkKey k',
    'segment segment',
    'tag shop',
    'tag web',
  ])
  for (const { kind, id, value } of rows)
    expect(entitySchemas[kind].safeParse(JSON.parse(value)).error?.issues, `${kind} ${id}`).toBeUndefined()
  expect(JSON.parse(rows[1]!.value)).toEqual(tagged)
  const changes = database.prepare('select number, before, after from changes order by number').all()
  expect(changes).toMatchObject([{ number: 2, before: null }, { number: 3 }])
  expect(JSON.parse(changes[1]!['after'] as string)).toMatchObject({ name: 'Buy', version: 1, updatedAt: 5 })
  const found = database.prepare('select rowid from entity_words where words match \'"checkout"\'').all()
  expect(found).toHaveLength(1)
})

it('gives a key that was imported twice to the environment that imported it first', () => {
  const database = new DatabaseSync(':memory:')
  const isNew = (name: string) => name >= '0006'
  const migrate = (name: string) => database.exec(readFileSync(path.join(folder, name), 'utf8'))
  for (const name of files.filter((file) => !isNew(file))) migrate(name)
  const insert = database.prepare(
    "insert into entities (environment_id, kind, id, value) values (?, 'sdkKey', ?, ?)",
  )
  const add = (environmentId: string, id: string, key: object) =>
    insert.run(environmentId, id, JSON.stringify({ id, role: 'client', version: 1, ...key }))
  add('late', 'a', { sha256: 'aa', foreign: true, createdAt: 9 })
  add('early', 'a', { sha256: 'aa', foreign: true, createdAt: 5 })
  add('early', 'own', { sha256: 'bb', createdAt: 5 })
  add('late', 'c', { sha256: 'cc', foreign: true, createdAt: 9, previous: { sha256: 'dd', expiresAt: 10 } })
  for (const name of files.filter(isNew)) migrate(name)
  expect(database.prepare('select * from imported_keys order by sha256').all()).toEqual([
    { sha256: 'aa', environment_id: 'early' },
    { sha256: 'cc', environment_id: 'late' },
    { sha256: 'dd', environment_id: 'late' },
  ])
})
