// A run whose users are lost by one SDK: the result says so, and a replay from the lake finds the same.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { EventRecord } from '../analytics/records.ts'
import { hasChdb } from '../test/support/chdb.ts'
import {
  checkout,
  experiment,
  hourMs,
  purchase,
  startAt,
  visitRecords,
} from '../test/support/simulated-shop.ts'
import { simulatedToken, startSimulatedStack } from '../test/support/simulated-stack.ts'
import { readConfiguration } from './configuration.ts'
import { runBatch } from './run.ts'
import type { RunEvent } from './run-event.ts'

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
  const stack = await startSimulatedStack({
    flags: [checkout],
    goals: [purchase],
    experiments: [experiment()],
    records,
  })
  try {
    const variables = { TACKLINE_URL: stack.url, TACKLINE_TOKEN: simulatedToken, TACKLINE_LAKE_CACHE: folder }
    const configuration = readConfiguration(variables, undefined)
    if (!configuration.ok) throw new Error(configuration.problem.message)
    const events: RunEvent[] = []
    const options = { environmentId: undefined, engine: 'exact', isDryRun: false, isRecount: false } as const
    const now = startAt + 5 * hourMs
    await runBatch(
      { work: 'experiments', ...options, lakeOrder: undefined },
      { configuration: configuration.value, variables: {}, now, onEvent: (event) => events.push(event) },
    )
    expect(events.filter(({ kind }) => kind === 'failed')).toEqual([])
    return events.flatMap((event) => (event.kind === 'concluded' ? [event.result] : []))
  } finally {
    await stack.close()
  }
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
