import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toNdjson } from '../../analytics/lake.ts'
import { experiment, startAt, visitRecords } from '../../test/support/simulated-shop.ts'
import { countEmbedded, countExperiment } from './counts.ts'
import { loadChdb, openClickHouse } from '../lake/clickhouse.ts'
import { hasChdb } from '../../test/support/chdb.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-counts-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: Buffer): string {
  writeFileSync(path.join(folder, name), content)
  return path.join(folder, name)
}

const window = { from: startAt, to: startAt + 86_400_000 }

describe.skipIf(!hasChdb)('an embedded count', () => {
  const count = countEmbedded(openClickHouse(loadChdb))

  it('counts over several files', async () => {
    const files = ['control', 'green'].map((variationId) =>
      file(`${variationId}.ndjson.gz`, gzipSync(toNdjson(visitRecords(variationId, 20, 5)))),
    )
    expect(
      await countExperiment(count, { raw: files, parts: [] }, experiment(), window, 'bought'),
    ).toMatchObject({
      ok: true,
      value: [
        { variationId: 'control', users: 20, conversions: 5 },
        { variationId: 'green', users: 20, conversions: 5 },
      ],
    })
  })

  it('counts over no file at all', async () => {
    expect(await countExperiment(count, { raw: [], parts: [] }, experiment(), window, 'bought')).toEqual({
      ok: true,
      value: [],
    })
  })

  it('fails and names a file that cannot be read, instead of counting less', async () => {
    const whole = gzipSync(toNdjson(visitRecords('green', 2000, 0)))
    const half = file('half.ndjson.gz', whole.subarray(0, whole.length / 2))
    expect(
      await countExperiment(count, { raw: [half], parts: [] }, experiment(), window, 'bought'),
    ).toMatchObject({
      ok: false,
      problem: { kind: 'job', message: expect.stringContaining('half.ndjson.gz') },
    })
  })
})

it('says in one sentence that chdb is missing, and what to do', async () => {
  const count = countEmbedded(
    openClickHouse(() => Promise.reject(new Error("Cannot find package 'chdb'\nand more"))),
  )
  expect(await countExperiment(count, { raw: [], parts: [] }, experiment(), window, 'bought')).toEqual({
    ok: false,
    problem: {
      kind: 'chdb-missing',
      message: expect.stringMatching(/npm install --include=optional.*'chdb'\)$/),
    },
  })
})

it('refuses a folder that ClickHouse would read as a pattern', async () => {
  const count = countEmbedded(openClickHouse(() => Promise.reject(new Error('not called'))))
  expect(
    await countExperiment(count, { raw: ['/tmp/a{b}/c.gz'], parts: [] }, experiment(), window, 'bought'),
  ).toMatchObject({
    ok: false,
    problem: { kind: 'job', message: expect.stringContaining('/tmp/a{b}/c.gz') },
  })
})
