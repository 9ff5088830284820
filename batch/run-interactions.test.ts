// A run over two experiments whose users are the same: the result of each warns that its effect depends on
// the other, and a replay of one finds the same.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { EventRecord } from '../analytics/records.ts'
import type { ExperimentResult } from '../core/model/experiment-result.ts'
import { batchRun } from '../test/support/batch-run.ts'
import { hasChdb } from '../test/support/chdb.ts'
import {
  checkout,
  experiment,
  hourMs,
  purchase,
  startAt,
  visitRecords,
} from '../test/support/simulated-shop.ts'
import { interactionLines } from './print-interactions.ts'
import { integer } from './print-lake.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-interactions-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const search = { ...checkout, key: 'search' }
const experiments = [experiment(), experiment({ id: 'ranking', flagKey: 'search' })]

/** Users of a variation of both flags. */
const inBoth = (variationId: string, other: string, conversions: number): EventRecord[] =>
  visitRecords(variationId, 500, conversions).flatMap((record): EventRecord[] => {
    const own: EventRecord = {
      ...record,
      id: `${other} ${record.id}`,
      targetingKey: `${other} ${record.targetingKey}`,
    }
    return own.kind === 'exposure'
      ? [own, { ...own, id: `${own.id} search`, flagKey: 'search', variationId: other }]
      : [own]
  })

async function run(records: readonly EventRecord[], results: readonly ExperimentResult[] = []) {
  const state = { flags: [checkout, search], goals: [purchase], experiments, records, results }
  const how = { cache: folder, now: startAt + 5 * hourMs }
  const { concluded, failures } = await batchRun('experiments --engine exact', state, how)
  expect(failures).toEqual([])
  return new Map(concluded)
}

const checkOf = (result: ExperimentResult | undefined) =>
  result!.health.checks.find(({ name }) => name === 'interactions')

describe.runIf(hasChdb)('a run', () => {
  it('warns in both results that an effect depends on the other experiment', async () => {
    const results = await run([
      ...inBoth('control', 'control', 50),
      ...inBoth('green', 'control', 100),
      ...inBoth('control', 'green', 100),
      ...inBoth('green', 'green', 40),
    ])
    for (const [id, other] of [
      ['button', 'ranking'],
      ['ranking', 'button'],
    ] as const) {
      const result = results.get(id)!
      expect(checkOf(result)).toMatchObject({ status: 'warning', detail: expect.stringContaining(other) })
      expect(result.health.status).toBe('amber')
      expect(result.verdict.kind).not.toBe('withheld')
      expect(result.interactions).toMatchObject([
        {
          experimentId: other,
          outcome: 'found',
          cells: expect.arrayContaining([
            { variationId: 'green', otherVariationId: 'green', users: 500, conversions: 40 },
          ]),
        },
      ])
      // Once only: a result of many arms has many of them.
      expect(result.provenance!.evidence).not.toHaveProperty('overlaps')
      expect(interactionLines(result)[0]).toBe(
        `beside    ${other}: ${integer(2_000)} users in both, the effect depends on it`,
      )
    }
  })

  it('passes where the effect of each is the same beside the arms of the other', async () => {
    const results = await run([
      ...inBoth('control', 'control', 50),
      ...inBoth('green', 'control', 60),
      ...inBoth('control', 'green', 60),
      ...inBoth('green', 'green', 72),
    ])
    expect(checkOf(results.get('button'))).toMatchObject({ status: 'passed' })
    expect(results.get('button')!.health.status).toBe('green')
  })

  it('keeps what was found, with its counts, where it does not show any more', async () => {
    const found = await run([
      ...inBoth('control', 'control', 50),
      ...inBoth('green', 'control', 100),
      ...inBoth('control', 'green', 100),
      ...inBoth('green', 'green', 40),
    ])
    const alike = ['control', 'green'].flatMap((own) =>
      ['control', 'green'].flatMap((other) => inBoth(own, other, 60)),
    )
    const first = found.get('button')!
    const later = await run(alike, [first])
    expect(later.get('button')!.interactions).toEqual(first.interactions)
    const untrusted = await run(alike, [{ ...first, health: { ...first.health, status: 'red' } }])
    expect(untrusted.get('button')!.interactions).toMatchObject([{ outcome: 'not-found' }])
    expect((await run(alike)).get('button')!.interactions).toMatchObject([{ outcome: 'not-found' }])
  })

  it('says nothing of experiments that share nobody', async () => {
    const alone = visitRecords('control', 500, 50)
    const others = visitRecords('green', 500, 50).map((record) =>
      record.kind === 'exposure' ? { ...record, flagKey: 'search' } : record,
    )
    const results = await run([...alone, ...others])
    expect(checkOf(results.get('button'))).toBeUndefined()
    expect(results.get('button')).not.toHaveProperty('interactions')
  })
})
