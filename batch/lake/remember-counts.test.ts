// With real ClickHouse, which is loaded with the first query: where nothing is new, it is not loaded.
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toNdjson } from '../../analytics/lake.ts'
import { experiment, killSwitch, startAt, visitRecords } from '../../test/support/simulated-shop.ts'
import { countEventRate, countExperiment } from './counts.ts'
import { rememberCounts } from './remember-counts.ts'
import { loadChdb, openClickHouse } from './clickhouse.ts'
import { openWarehouse } from './warehouse.ts'
import { hasChdb } from '../../test/support/chdb.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-counts-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function fileOf(variationId: string, users: number): string {
  const file = path.join(folder, `${variationId}-${users}.ndjson.gz`)
  writeFileSync(file, gzipSync(toNdjson(visitRecords(variationId, users, 1))))
  return file
}

/** As in a new run. */
async function run(raw: readonly string[], flagKey = 'checkout') {
  const files = { raw, parts: [] }
  let loads = 0
  const warehouse = rememberCounts(
    openWarehouse(
      openClickHouse(() => {
        loads++
        return loadChdb()
      }),
    ),
    folder,
  )
  const window = { from: startAt, to: startAt + 86_400_000 }
  const facts = await countEventRate(warehouse, files, killSwitch({ flagKey }), 'bought')
  const rows = await countExperiment(warehouse, files, experiment({ flagKey }), window, 'bought')
  if (!facts.ok || !rows.ok) throw new Error('not counted')
  return {
    loads,
    users: facts.value.exposedUsers,
    rows: rows.value.map((row) => [row.variationId, row.users]),
  }
}

describe.skipIf(!hasChdb)('remembered counts', () => {
  it('in which a digit has changed are computed anew', async () => {
    const green = fileOf('green', 5)
    const first = await run([green])
    for (const name of readdirSync(path.join(folder, 'counts'))) {
      const file = path.join(folder, 'counts', name)
      const text = readFileSync(file, 'utf8')
      const changed = text.replaceAll(/"(users|exposedUsers)":5/g, '"$1":7')
      expect(changed).not.toBe(text)
      writeFileSync(file, changed)
    }
    expect(await run([green])).toEqual(first)
    expect(await run([green])).toEqual({ ...first, loads: 0 })
  })
})

describe.skipIf(!hasChdb)('counts', () => {
  it('are computed once for the same objects, and again for others', async () => {
    const green = fileOf('green', 5)
    const first = { users: 5, rows: [['green', 5]] }
    expect(await run([green])).toEqual({ loads: 1, ...first })
    expect(await run([green])).toEqual({ loads: 0, ...first })
    const both = [green, fileOf('green', 9)]
    const second = { users: 9, rows: [['green', 9]] } // the second object repeats the events of the first
    expect(await run(both)).toEqual({ loads: 1, ...second })
    expect(await run(both)).toEqual({ loads: 0, ...second })
    expect(await run([green])).toEqual({ loads: 1, ...first })
    expect(readdirSync(path.join(folder, 'counts'))).toHaveLength(2) // one a question
  })

  it('are computed for each question', async () => {
    const green = fileOf('green', 5)
    await run([green])
    expect(await run([green], 'search')).toEqual({ loads: 1, users: 0, rows: [] })
    expect(await run([green])).toMatchObject({ loads: 0, users: 5 })
  })

  it('are computed again if what was kept is damaged', async () => {
    const green = fileOf('green', 5)
    await run([green])
    const kept = readdirSync(path.join(folder, 'counts')).map((name) => path.join(folder, 'counts', name))
    for (const damage of [
      (file: string) => appendFileSync(file, '}'),
      (file: string) => writeFileSync(file, ''),
    ]) {
      kept.forEach(damage)
      expect(await run([green])).toMatchObject({ loads: 1, users: 5 })
    }
  })
})
