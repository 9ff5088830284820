// The whole runner in one process: real HTTP, real ClickHouse, the closed form, and a simulated stack.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ExperimentResult } from '../core/model/experiment-result.ts'
import { readConfiguration, type RunOptions } from './configuration.ts'
import type { RunEvent } from './run-event.ts'
import { runBatch } from './run.ts'
import {
  checkout,
  experiment,
  hourMs,
  killSwitch,
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

const hasChdb = await import('chdb').then(
  () => true,
  () => false,
)
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

async function run(
  state: Partial<SimulatedState>,
  options: Partial<RunOptions> = {},
  now = startAt + 24 * hourMs,
) {
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
  const exitCode = await runBatch(
    { work: 'all', environmentId: undefined, engine: 'exact', ...options },
    { configuration: configuration.value, variables: {}, now, onEvent: (event) => events.push(event) },
  )
  return {
    exitCode,
    events,
    kinds: events.map(({ kind }) => kind),
    posts: stack.posts,
    fetched: stack.fetched,
  }
}

describe.skipIf(!hasChdb)('a run', () => {
  it('counts, fits, stores the result and names the winner', async () => {
    const { exitCode, kinds, posts } = await run({ ...shop, experiments: [experiment()], records: twoGroups })
    expect({ exitCode, kinds }).toEqual({ exitCode: 0, kinds: ['idle', 'engine', 'concluded'] })
    expect(posts.map((post) => post.path)).toEqual(['/api/v1/environments/demo/experiments/button/results'])
    expect(ExperimentResult.parse(posts[0]?.body)).toMatchObject({
      goalKey: 'purchase',
      baselineVariationId: 'control',
      window: { from: startAt, to: startAt + 24 * hourMs },
      variations: [
        { variationId: 'control', users: 600, conversions: 60 },
        { variationId: 'green', users: 610, conversions: 120 },
      ],
      health: { status: 'green' },
      verdict: { kind: 'winner', variationId: 'green' },
    })
  })

  it('gives equal results for equal counts, and fetches each object once', async () => {
    const state = { ...shop, experiments: [experiment()], records: twoGroups }
    const first = await run(state)
    const second = await run(state)
    expect(second.posts).toEqual(first.posts)
    expect([first.fetched.length, second.fetched.length]).toEqual([1, 0])
  })

  it('applies a due operation before it looks at experiments', async () => {
    const operations = [
      killSwitch({ threshold: 0.1 }),
      killSwitch({ id: 'calm' }),
      killSwitch({ id: 'old', status: 'fired' }),
    ]
    const { exitCode, kinds, posts } = await run({
      ...shop,
      operations,
      experiments: [experiment()],
      records: twoGroups,
    })
    expect({ exitCode, kinds }).toEqual({ exitCode: 0, kinds: ['applied', 'watched', 'engine', 'concluded'] })
    expect(posts[0]).toEqual({
      path: '/api/v1/environments/demo/operations/guard/apply',
      body: { exposedUsers: 610, goalUsers: 120 },
    })
  })

  it('reports that there are no events yet, also by its exit code, and stores nothing', async () => {
    const { exitCode, kinds, posts } = await run({ ...shop, experiments: [experiment()] })
    expect({ exitCode, kinds, posts }).toEqual({
      exitCode: 9,
      kinds: ['idle', 'engine', 'no-events'],
      posts: [],
    })
  })

  it('goes on if one experiment fails, and says so by its exit code', async () => {
    const experiments = [
      experiment({ id: 'lost', flagKey: 'gone' }),
      experiment({ goalKeys: ['no-goal', 'purchase'] }),
    ]
    const { exitCode, events } = await run(
      { ...shop, experiments, records: twoGroups },
      { work: 'experiments' },
    )
    expect(exitCode).toBe(8)
    expect(events).toMatchObject([
      { kind: 'engine' },
      {
        kind: 'failed',
        subject: 'demo/lost',
        failure: { message: expect.stringContaining('There is no flag gone') },
      },
      { kind: 'failed', subject: 'demo/button', failure: { message: 'There is no goal no-goal.' } },
      { kind: 'concluded', goalKey: 'purchase' },
    ])
  })
})

it('does only the chosen work', async () => {
  expect((await run(shop, { work: 'operations' })).kinds).toEqual(['idle'])
  expect((await run(shop, { work: 'experiments' })).kinds).toEqual(['engine', 'idle'])
})

it('does not conclude an experiment that has not started', async () => {
  const { exitCode, kinds } = await run(
    { ...shop, experiments: [experiment()] },
    { work: 'experiments' },
    startAt,
  )
  expect({ exitCode, kinds }).toEqual({ exitCode: 0, kinds: ['engine', 'not-started'] })
})

it('names the existing environments if the requested one does not exist', async () => {
  const { exitCode, events } = await run(shop, { environmentId: 'prod' })
  expect(exitCode).toBe(2)
  expect(events).toMatchObject([{ failure: { message: 'There is no environment prod; there are: demo.' } }])
})

describe('a control that is one release ahead', () => {
  const holdout = { ...experiment({ id: 'holdout-1' }), kind: 'holdout' }
  const paused = { ...experiment({ id: 'paused-1' }), status: 'paused' }
  const schedule = { ...killSwitch({ id: 'schedule-1' }), kind: 'schedule' }

  it('gets its unknown experiments skipped by name, and the others go on', async () => {
    const experiments = [holdout, experiment({ startAt: startAt + 48 * hourMs }), paused] as never
    const { exitCode, events } = await run({ ...shop, experiments }, { work: 'experiments' })
    expect({ exitCode, events }).toMatchObject({
      exitCode: 0,
      events: [
        { kind: 'engine' },
        {
          kind: 'skipped',
          work: 'experiments',
          id: 'holdout-1',
          reason: expect.stringContaining('"holdout"'),
        },
        { kind: 'skipped', work: 'experiments', id: 'paused-1', reason: expect.stringContaining('"paused"') },
        { kind: 'not-started', experiment: { id: 'button' } },
      ],
    })
  })

  it('gets its unknown operations skipped by name', async () => {
    const { exitCode, events } = await run(
      { ...shop, operations: [schedule] as never },
      { work: 'operations' },
    )
    expect({ exitCode, events }).toMatchObject({
      exitCode: 0,
      events: [{ kind: 'skipped', work: 'operations', id: 'schedule-1' }],
    })
  })

  it.skipIf(!hasChdb)(
    'may use a strategy that this release cannot read, unless it is under test',
    async () => {
      const rule = { id: 'vip', anyOf: [], strategy: { kind: 'bandit', arms: 3 } }
      const flags = [{ ...checkout, rules: [rule] }] as never
      const experiments = [experiment(), experiment({ id: 'vips', ruleId: 'vip' })]
      const { events } = await run(
        { ...shop, flags, experiments, records: twoGroups },
        { work: 'experiments' },
      )
      expect(events).toMatchObject([
        { kind: 'engine' },
        { kind: 'concluded', experiment: { id: 'button' } },
        { kind: 'skipped', id: 'vips', reason: expect.stringContaining('strategy of rule vip') },
      ])
    },
  )
})
