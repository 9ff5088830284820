// The query plan of storing looks: a look finds its entity by the key, however many of both there are.
import { env as bindings } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { openDatabase } from './database.ts'
import { storeQuery } from './looks.ts'

const { DB } = bindings as unknown as { DB: D1Database }

it.each(['operation', 'progressiveRollout', 'holdout', 'dynamicAllocation'] as const)(
  'finds each %s by its key',
  async (kind) => {
    const { sql, params } = storeQuery(openDatabase(DB), 'shop', kind, []).toSQL()
    const { results } = await DB.prepare(`explain query plan ${sql}`)
      .bind(...params)
      .all<{ detail: string }>()
    expect(results.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^SCAN j VIRTUAL TABLE/),
      expect.stringMatching(/^SEARCH e USING .*INDEX .*\(environment_id=\? AND kind=\? AND id=\?\)$/),
    ])
  },
)
