// What an experiment's design makes of a run: real HTTP, real ClickHouse, the closed form, a simulated stack.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ExperimentResult } from '../core/model/experiment-result.ts'
import {
  checkout,
  experiment,
  hourMs,
  purchase,
  startAt,
  visitRecords,
} from '../test/support/simulated-shop.ts'
import {
  type SimulatedStack,
  type SimulatedState,
  simulatedToken,
  startSimulatedStack,
} from '../test/support/simulated-stack.ts'
import { readConfiguration } from './configuration.ts'
import type { RunEvent } from './run-event.ts'
import { runBatch } from './run.ts'
import { hasChdb } from '../test/support/chdb.ts'

const shop = { flags: [checkout], goals: [purchase] }
const twoGroups = [...visitRecords('control', 600, 60), ...visitRecords('green', 610, 120)]

let cacheFolder = ''
let stack: SimulatedStack | undefined
beforeEach(() => {
  cacheFolder = mkdtempSync(path.join(os.tmpdir(), 'tackline-run-'))
})
afterEach(async () => {
  await stack?.close()
  rmSync(cacheFolder, { recursive: true })
})

/** One run, a day after the start. */
async function run(state: Partial<SimulatedState>) {
  await stack?.close()
  stack = await startSimulatedStack(state)
  const variables = {
    TACKLINE_URL: stack.url,
    TACKLINE_TOKEN: simulatedToken,
    TACKLINE_LAKE_CACHE: cacheFolder,
  }
  const configuration = readConfiguration(variables, undefined)
  if (!configuration.ok) throw new Error(configuration.problem.message)
  const events: RunEvent[] = []
  const now = startAt + 24 * hourMs
  await runBatch(
    {
      work: 'experiments',
      environmentId: undefined,
      engine: 'exact',
      isDryRun: false,
      isRecount: false,
      lakeOrder: undefined,
    },
    { configuration: configuration.value, variables: {}, now, onEvent: (event) => events.push(event) },
  )
  return { events, kinds: events.map(({ kind }) => kind), posts: stack.posts }
}

describe.skipIf(!hasChdb)('a run', () => {
  it('names no winner in the first week, unless the design says so', async () => {
    const { posts } = await run({ ...shop, experiments: [experiment()], records: twoGroups })
    expect(ExperimentResult.parse(posts[0]?.body)).toMatchObject({
      comparisons: [{ variationId: 'green', outcome: 'better' }],
      verdict: { kind: 'undecided', reason: expect.stringContaining('wait 6 days more') },
    })
  })

  it('lets only the first goal decide, and goes on from what was stored', async () => {
    const other = { ...purchase, key: 'second', event: 'bought' }
    const experiments = [experiment({ goalKeys: ['purchase', 'second'], design: { minimumDays: 0 } })]
    const state = { flags: [checkout], goals: [other, purchase], experiments, records: twoGroups }
    const { posts } = await run(state)
    const results = posts.map(({ body }) => ExperimentResult.parse(body))
    expect(results.map(({ goalKey, role, verdict }) => [goalKey, role, verdict.kind])).toEqual([
      ['purchase', 'primary', 'winner'],
      ['second', 'secondary', 'secondary'],
    ])
    const lopsided = { logFactor: 0, highestLogFactor: 9 }
    const later = await run({ ...state, results: [{ ...results[0]!, sampleRatio: lopsided }] })
    const [first, second] = later.posts.map(({ body }) => ExperimentResult.parse(body))
    expect([first?.health.status, first?.verdict.kind]).toEqual(['red', 'withheld'])
    expect(second?.health.status).toBe('green')
  })

  it('skips an experiment whose design a later release wrote', async () => {
    const design = { decision: 'bandit' } as never
    const { kinds, events } = await run({
      ...shop,
      experiments: [experiment({ design })],
      records: twoGroups,
    })
    expect(kinds).toContain('skipped')
    expect(events.find(({ kind }) => kind === 'skipped')).toMatchObject({
      reason: 'its design is unknown to this release',
    })
  })
})
