// Runs counting/overlaps.sql over any records, in real ClickHouse. What an experiment counts of one user is
// held by its own count; who is in which pair of variations is added up here, user by user.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { variationsOf } from '../../batch/counting/answers.ts'
import { countEmbedded } from '../../batch/counting/counts.ts'
import { countOverlaps, type OverlapRow } from '../../batch/counting/overlap-counts.ts'
import { experimentQuestion } from '../../batch/counting/question.ts'
import { recordsInPlace } from '../../batch/counting/records-in-place.ts'
import { loadChdb, openClickHouse } from '../../batch/lake/clickhouse.ts'
import { onDisk } from '../../batch/lake/record-source.ts'
import { anyRecords } from '../../test/support/any-records.ts'
import { hasChdb } from '../../test/support/chdb.ts'
import { experiment, hourMs, startAt, visitRecords } from '../../test/support/simulated-shop.ts'
import { toNdjson } from '../lake.ts'
import type { EventRecord } from '../records.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-overlaps-'))
afterAll(() => rmSync(folder, { recursive: true }))
const chdb = openClickHouse(loadChdb)
const window = { from: startAt, to: startAt + hourMs }
const questions = [
  experimentQuestion(experiment(), window, ['bought']),
  experimentQuestion(experiment({ flagKey: 'search' }), window, ['visited']),
  // Of a metric or a unit nothing is asked.
  experimentQuestion(experiment({ ruleId: 'staff', counts: 'server' }), window, []),
]
const pairs = [
  [1, 2],
  [3, 1],
] as const
let files = 0

function asked(records: readonly EventRecord[]) {
  const file = path.join(folder, `${files++}.ndjson.gz`)
  writeFileSync(file, gzipSync(toNdjson(records)))
  return { raw: [file], parts: [] }
}

async function overlaps(records: readonly EventRecord[]): Promise<readonly OverlapRow[]> {
  const count = countOverlaps(chdb, recordsInPlace(chdb, onDisk))
  const rows = await count(asked(records), { questions, pairs })
  if (!rows.ok) throw new Error(rows.problem.message)
  return rows.value
}

/** User by user, each in the variation and with the goal that a count of this user alone says. */
async function userByUser(records: readonly EventRecord[]) {
  const cells = new Map<string, OverlapRow>()
  for (const own of Map.groupBy(records, ({ targetingKey }) => targetingKey).values()) {
    const totals = await countEmbedded(chdb)(
      asked(own),
      questions.map((question, i) => ({ x: i + 1, question })),
    )
    if (!totals.ok) throw new Error(totals.problem.message)
    const seen = questions.map((_, i) => variationsOf(totals.value, i + 1, 1).find(({ users }) => users > 0))
    for (const [x, y] of pairs) {
      const [mine, other] = [seen[x - 1], seen[y - 1]]
      if (!mine || !other) continue
      const key = JSON.stringify([x, y, mine.variationId, other.variationId])
      const { users = 0, converted = 0, otherConverted = 0 } = cells.get(key) ?? {}
      cells.set(key, {
        x,
        y,
        variationId: mine.variationId,
        otherVariationId: other.variationId,
        users: users + 1,
        converted: converted + mine.conversions,
        otherConverted: otherConverted + other.conversions,
      })
    }
  }
  return [...cells.values()]
}

const sorted = (rows: readonly OverlapRow[]) =>
  rows.map((row) => JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)))).toSorted()

describe.skipIf(!hasChdb)('overlaps.sql', () => {
  it('counts each user whom two experiments count in one cell, with the goals of both', async () => {
    const law = fc.asyncProperty(anyRecords, async (records) => {
      expect(sorted(await overlaps(records))).toEqual(sorted(await userByUser(records)))
    })
    await fc.assert(law, { numRuns: scaled(4) })
  })

  it('has the cells of a shop whose visitors are in both experiments', async () => {
    const visits = [...visitRecords('control', 5, 2), ...visitRecords('green', 4, 3)]
    const searches = visits.flatMap((record): EventRecord[] =>
      record.kind === 'exposure' && !record.targetingKey.endsWith('-0')
        ? [{ ...record, id: `${record.id}-search`, flagKey: 'search', variationId: 'new' }]
        : [],
    )
    const cell = { x: 1, y: 2, otherVariationId: 'new', otherConverted: 0 }
    expect(await overlaps([...visits, ...searches])).toEqual([
      { ...cell, variationId: 'control', users: 4, converted: 1 },
      { ...cell, variationId: 'green', users: 3, converted: 2 },
    ])
  })

  it('answers for a lake that nobody is in', async () => {
    expect(await overlaps([])).toEqual([])
  })
})
