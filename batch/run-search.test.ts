// A run whose users are lost by one SDK: the result says so, and a replay from the lake finds the same.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { EventRecord } from '../analytics/records.ts'
import { batchRun } from '../test/support/batch-run.ts'
import { hasChdb } from '../test/support/chdb.ts'
import { experiment, hourMs, purchase, startAt, visitRecords } from '../test/support/simulated-shop.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-search-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const from = (records: readonly EventRecord[], sdk: string): EventRecord[] =>
  records.map((each) => ({
    ...each,
    sdk,
    id: `${sdk} ${each.id}`,
    targetingKey: `${sdk} ${each.targetingKey}`,
  }))

async function run(records: readonly EventRecord[]) {
  const state = { goals: [purchase], experiments: [experiment()], records }
  const how = { cache: folder, now: startAt + 5 * hourMs }
  const { results, failures } = await batchRun('experiments --engine exact', state, how)
  expect(failures).toEqual([])
  return results
}

describe.runIf(hasChdb)('a run', () => {
  it('says which SDK loses users, and keeps what it counted for that with the result', async () => {
    const [result] = await run([
      ...from([...visitRecords('control', 900, 90), ...visitRecords('green', 890, 90)], 'web 2.0'),
      ...from([...visitRecords('control', 900, 90), ...visitRecords('green', 500, 50)], 'web 2.1'),
      ...from([...visitRecords('control', 900, 90), ...visitRecords('green', 905, 90)], 'server 1.4'),
    ])
    expect(result!.health.status).toBe('red')
    const { detail } = result!.health.checks.find(({ name }) => name === 'sample-ratio')!
    expect(detail).toContain('All of it comes from SDK web 2.1 (1400 of 4995 users)')
    const evidence = result!.provenance!.evidence as { search: { attribute: string }[] }
    expect(new Set(evidence.search.map(({ attribute }) => attribute))).toContain('exposure.sdk')
  })

  it('searches for nothing where the shares are as promised', async () => {
    const [result] = await run(
      from([...visitRecords('control', 900, 90), ...visitRecords('green', 890, 90)], 'a'),
    )
    expect(result!.health.status).not.toBe('red')
    expect(result!.provenance!.evidence).not.toHaveProperty('search')
  })
})
