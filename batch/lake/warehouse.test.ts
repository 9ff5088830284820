import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toNdjson } from '../../analytics/lake.ts'
import { experiment, killSwitch, startAt, visits } from '../../test/support/simulated-shop.ts'
import { countEventRate, countExperiment } from './counts.ts'
import { loadChdb, openWarehouse } from './warehouse.ts'

const hasChdb = await loadChdb().then(
  () => true,
  () => false,
)

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-warehouse-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: Buffer): string {
  writeFileSync(path.join(folder, name), content)
  return path.join(folder, name)
}

const window = { from: startAt, to: startAt + 86_400_000 }

describe.skipIf(!hasChdb)('the warehouse', () => {
  const warehouse = openWarehouse(loadChdb)

  it('counts over files, however many', async () => {
    const files = ['control', 'green'].map((variationId) =>
      file(`${variationId}.ndjson.gz`, gzipSync(toNdjson(visits(variationId, 20, 5)))),
    )
    expect(await countExperiment(warehouse, files, experiment(), window, 'bought')).toMatchObject({
      ok: true,
      value: [
        { variationId: 'control', users: 20, conversions: 5, valueSum: 50, valueSumOfSquares: 500 },
        { variationId: 'green', users: 20, conversions: 5 },
      ],
    })
    expect(await countEventRate(warehouse, files, killSwitch(), 'bought')).toEqual({
      ok: true,
      value: { exposedUsers: 20, goalUsers: 5 },
    })
  })

  it('answers over no file at all', async () => {
    expect(await countExperiment(warehouse, [], experiment(), window, 'bought')).toEqual({
      ok: true,
      value: [],
    })
    expect(await countEventRate(warehouse, [], killSwitch(), 'bought')).toEqual({
      ok: true,
      value: { exposedUsers: 0, goalUsers: 0 },
    })
  })

  it('names the file that cannot be read, rather than count less', async () => {
    const whole = gzipSync(toNdjson(visits('green', 2000, 0)))
    const half = file('half.ndjson.gz', whole.subarray(0, whole.length / 2))
    expect(await countExperiment(warehouse, [half], experiment(), window, 'bought')).toMatchObject({
      ok: false,
      failure: { kind: 'job', message: expect.stringContaining('half.ndjson.gz') },
    })
  })
})

it('says in a sentence where chdb is missing, and what to do', async () => {
  const warehouse = openWarehouse(() => Promise.reject(new Error("Cannot find package 'chdb'\nand more")))
  expect(await countExperiment(warehouse, [], experiment(), window, 'bought')).toEqual({
    ok: false,
    failure: {
      kind: 'chdb-missing',
      message: expect.stringMatching(/npm install --include=optional.*'chdb'\)$/),
    },
  })
})

it('refuses a folder that ClickHouse would take for a pattern', async () => {
  const warehouse = openWarehouse(() => Promise.reject(new Error('not asked')))
  expect(await countExperiment(warehouse, ['/tmp/a{b}/c.gz'], experiment(), window, 'bought')).toMatchObject({
    ok: false,
    failure: { kind: 'job', message: expect.stringContaining('/tmp/a{b}/c.gz') },
  })
})
