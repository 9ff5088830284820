// Runs counting/segments.sql over any records, in real ClickHouse. Who is counted and who converted is held
// by the count of all; in which segment somebody is, by plain code.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { variationsOf } from '../../batch/counting/answers.ts'
import { countEmbedded } from '../../batch/counting/counts.ts'
import { experimentQuestion } from '../../batch/counting/question.ts'
import { recordsInPlace } from '../../batch/counting/records-in-place.ts'
import { countSegments, type SegmentRow, toSegments } from '../../batch/counting/segment-counts.ts'
import { loadChdb, openClickHouse } from '../../batch/lake/clickhouse.ts'
import { onDisk } from '../../batch/lake/record-source.ts'
import { exposureAttributes } from '../../core/model/breakdown.ts'
import { anyRecords } from '../../test/support/any-records.ts'
import { hasChdb } from '../../test/support/chdb.ts'
import { experiment, hourMs, startAt } from '../../test/support/simulated-shop.ts'
import { toNdjson } from '../lake.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-segments-'))
afterAll(() => rmSync(folder, { recursive: true }))
const chdb = openClickHouse(loadChdb)
const attributes = ['plan', 'a"b', 'absent', ...exposureAttributes]
const window = { from: startAt, to: startAt + hourMs }
let files = 0

async function both(records: readonly object[], split: object = {}) {
  const file = path.join(folder, `${files++}.ndjson.gz`)
  writeFileSync(file, gzipSync(toNdjson(records)))
  const exposures = experimentQuestion(experiment(split), window, ['bought', 'visited'])
  const asked = { raw: [file], parts: [] }
  const totals = await countEmbedded(chdb)(asked, [{ x: 1, question: exposures }])
  const rows = await countSegments(chdb, recordsInPlace(chdb, onDisk))(asked, { exposures, attributes })
  if (!totals.ok || !rows.ok) throw new Error(JSON.stringify([totals, rows]))
  return { totals: totals.value, segments: toSegments(rows.value, { exposures, attributes }) }
}

describe.skipIf(!hasChdb)('segments.sql', () => {
  it('has everybody who is counted in one segment of each attribute', async () => {
    const split = { phases: [{ startAt, weights: {}, unitAttribute: 'company' }] }
    const anySplit = fc.constantFrom({}, split)
    const law = fc.asyncProperty(anyRecords, anySplit, async (records, phases) => {
      const { totals, segments } = await both(records, phases)
      for (const [i, event] of ['bought', 'visited'].entries()) {
        const all = variationsOf(totals, 1, i + 1).filter(({ users }) => users > 0)
        for (const attribute of attributes) {
          const own = segments.get(event)!.filter((cell) => cell.attribute === attribute)
          for (const { variationId, users, conversions } of all) {
            const cells = own.filter((cell) => cell.variationId === variationId)
            const sum = (field: 'users' | 'conversions') =>
              cells.reduce((total, cell) => total + cell[field], 0)
            expect([attribute, sum('users'), sum('conversions')]).toEqual([attribute, users, conversions])
          }
        }
      }
    })
    await fc.assert(law, { numRuns: scaled(3) })
  })

  it('takes the attributes of the first exposure that counts, of the copy that was received first', async () => {
    const common = {
      v: 2,
      keyKind: 'client',
      source: '',
      environmentId: 'demo',
      protocol: 'ofrep',
      kind: 'exposure',
      flagKey: 'checkout',
      flagVersion: 1,
      variationId: 'control',
      ruleId: 'split',
      unitAttribute: '',
      unit: '',
    }
    const seen = (targetingKey: string, id: string, seconds: number, more: object) => {
      const at = startAt + 1_000 * seconds
      return {
        ...common,
        targetingKey,
        id,
        at,
        receivedAt: at,
        sdk: 'js',
        revision: 3,
        verified: true,
        ...more,
      }
    }
    const { segments } = await both([
      seen('ann', '2', 9, { attributes: { plan: 'free' } }),
      seen('ann', '1', 5, { attributes: { plan: 'pro' } }),
      seen('ann', '1', 5, { attributes: { plan: 'copy' }, receivedAt: startAt + 7_000 }),
      seen('ben', '1', 5, { attributes: {}, sdk: 'go', revision: 4, verified: false }),
    ])
    const found = segments.get('bought')!.map(({ attribute, value, users }) => [attribute, value, users])
    expect(found).toEqual([
      ['a"b', '', 2],
      ['absent', '', 2],
      ['exposure.day', '2026-11-01', 2],
      ['exposure.protocol', 'ofrep', 2],
      ['exposure.revision', '3', 1],
      ['exposure.revision', '4', 1],
      ['exposure.sdk', 'go', 1],
      ['exposure.sdk', 'js', 1],
      ['exposure.verified', 'false', 1],
      ['exposure.verified', 'true', 1],
      ['plan', '', 1],
      ['plan', 'pro', 1],
    ])
  })
})

it('lists the twenty values with the most users, and all others together', () => {
  const row = (segment: string | null, users: number, q = 0): SegmentRow => ({
    attribute: 1,
    segment,
    variationId: 'on',
    q,
    users,
  })
  const exposures = experimentQuestion(experiment(), window, ['bought'])
  const rows = [
    ...Array.from({ length: 25 }, (_, i) => row(`v${i}`, 100 - i)),
    row('v24', 7, 1),
    row(null, 50),
    row('v0', 9, 1),
  ]
  const cells = toSegments(rows, { exposures, attributes: ['plan'] }).get('bought')!
  expect(cells).toHaveLength(21)
  expect(cells.find(({ value }) => value === null)).toMatchObject({
    users: 50 + 80 + 79 + 78 + 77 + 76,
    conversions: 7,
  })
  expect(cells.find(({ value }) => value === 'v0')).toMatchObject({ users: 100, conversions: 9 })
})
