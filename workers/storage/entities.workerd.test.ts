// Query plans of the lists: each walks an index with every filter. And bulk writes.
import { env as bindings } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { type Write, previousValues, emptyState } from '../../core/model/environment-state.ts'
import { flag } from '../../test/support/build/flags.ts'
import { commit, loadEnvironment } from './configuration.ts'
import { openDatabase } from './database.ts'
import { type EntityList, entityQuery } from './entities.ts'
import { chunkLengthMax } from './write-statements.ts'
import { entities, environments } from './schema.ts'

const { DB } = bindings as unknown as { DB: D1Database }
const database = openDatabase(DB)

const list = (more: Partial<EntityList<'flag'>>): EntityList<'flag'> => ({
  environmentId: 'e',
  kind: 'flag',
  sort: 'id',
  order: 'asc',
  limit: 50,
  ...more,
})

async function planOf(filter: EntityList<'flag'>): Promise<string[]> {
  const { sql, params } = entityQuery(database, filter).toSQL()
  const { results } = await DB.prepare(`explain query plan ${sql}`)
    .bind(...params)
    .all<{ detail: string }>()
  return results.map(({ detail }) => detail)
}

it.each([
  ['all', {}],
  ['by name', { sort: 'name' }],
  ['newest first', { sort: 'createdAt', order: 'desc' }],
  ['last changed first', { sort: 'updatedAt', order: 'desc' }],
  ['a later page', { after: ['m', 'm'], sort: 'name' }],
  ['a short beginning', { q: 'ab' }],
  ['a tag', { tag: 'web' }],
  ['a maintainer', { maintainer: 'ada' }],
  ['enabled ones of a type', { enabled: true, archived: false, type: 'json' }],
  ['with an experiment', { hasExperiment: true }],
  ['without operations', { hasOperations: false }],
  [
    'everything at once',
    { q: 'checkout', tag: 'web', hasExperiment: true, sort: 'updatedAt', enabled: true },
  ],
] as [string, Partial<EntityList<'flag'>>][])('lists %s by an index', async (_, filter) => {
  const plan = await planOf(list(filter))
  expect(plan.some((line) => line.startsWith('SEARCH'))).toBe(true)
  expect(plan.filter((line) => /^SCAN (?!entity_words VIRTUAL)/.test(line))).toEqual([])
})

it('needs no sort step if an index has the order of the page', async () => {
  for (const sort of ['id', 'name', 'createdAt', 'updatedAt'] as const)
    expect((await planOf(list({ sort, after: ['m', 'm'] }))).join()).not.toContain('TEMP B-TREE')
})

it('finds text through the full-text index', async () => {
  expect((await planOf(list({ q: 'checkout' }))).join()).toContain('entity_words VIRTUAL TABLE INDEX')
})

async function write(environmentId: string, writes: readonly Write[]): Promise<void> {
  await database
    .insert(environments)
    .values({ id: environmentId, name: '', projectId: 'default', createdAt: 0 })
  const revision = {
    environmentId,
    number: 1,
    createdAt: 0,
    modifiedAt: 0,
    actor: { kind: 'job', id: '', name: '' } as const,
    origin: null,
    command: null,
    before: previousValues(emptyState(), writes),
    after: writes,
    comment: '',
  }
  await commit(database, revision, [])
}

it('writes two thousand small and large flags in one batch, and reads them back unchanged', async () => {
  const heavy = 'π'.repeat(chunkLengthMax)
  const writes = Array.from({ length: 2_000 }, (_, i): Write => {
    const value = flag({ key: `f${i}`, description: i % 500 === 0 ? heavy : `quoted "${i}" \\ ` })
    return { kind: 'flag', id: value.key, value }
  })
  await write('bulk', writes)
  const stored = await loadEnvironment(database, 'bulk')
  expect([...stored!.state.flag.values()].toSorted((a, b) => a.key.localeCompare(b.key))).toEqual(
    writes
      .map(({ value }) => value)
      .toSorted((a, b) => (a as { key: string }).key.localeCompare((b as { key: string }).key)),
  )
  expect(await database.$count(entities)).toBeGreaterThanOrEqual(2_000)
})
