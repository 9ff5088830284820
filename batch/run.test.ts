// The whole runner in one process: real HTTP, real ClickHouse, the closed-form engine, and a simulated stack.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ExperimentResult } from '../core/model/experiment-result.ts'
import { type Question, readConfiguration } from './configuration.ts'
import type { Report } from './run-event.ts'
import { runBatch } from './run.ts'
import {
  checkout,
  experiment,
  hourMs,
  killSwitch,
  purchase,
  startAt,
  visits,
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
const everybody = [...visits('control', 600, 60), ...visits('green', 610, 120)]

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
  changes: Partial<Question> = {},
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
  if (!configuration.ok) throw new Error(configuration.failure.message)
  const reports: Report[] = []
  const exitCode = await runBatch({
    configuration: configuration.value,
    question: { work: 'all', environmentId: undefined, engine: 'exact', ...changes },
    variables: {},
    now,
    tell: (report) => reports.push(report),
  })
  return {
    exitCode,
    reports,
    kinds: reports.map(({ kind }) => kind),
    posts: stack.posts,
    fetched: stack.fetched,
  }
}

describe.skipIf(!hasChdb)('a run', () => {
  it('counts, fits, stores the result and names the winner', async () => {
    const { exitCode, kinds, posts } = await run({ ...shop, experiments: [experiment()], records: everybody })
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
    const state = { ...shop, experiments: [experiment()], records: everybody }
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
      records: everybody,
    })
    expect({ exitCode, kinds }).toEqual({ exitCode: 0, kinds: ['applied', 'watched', 'engine', 'concluded'] })
    expect(posts[0]).toEqual({
      path: '/api/v1/environments/demo/operations/guard/apply',
      body: { exposedUsers: 610, goalUsers: 120 },
    })
  })

  it('says that there are no events yet, by its exit code too, and stores nothing', async () => {
    const { exitCode, kinds, posts } = await run({ ...shop, experiments: [experiment()] })
    expect({ exitCode, kinds, posts }).toEqual({
      exitCode: 9,
      kinds: ['idle', 'engine', 'no-events'],
      posts: [],
    })
  })

  it('goes on when one experiment fails, and tells by its exit code', async () => {
    const experiments = [
      experiment({ id: 'lost', flagKey: 'gone' }),
      experiment({ goalKeys: ['no-goal', 'purchase'] }),
    ]
    const { exitCode, reports } = await run(
      { ...shop, experiments, records: everybody },
      { work: 'experiments' },
    )
    expect(exitCode).toBe(8)
    expect(reports).toMatchObject([
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

it('does only the work that was asked for', async () => {
  expect((await run(shop, { work: 'operations' })).kinds).toEqual(['idle'])
  expect((await run(shop, { work: 'experiments' })).kinds).toEqual(['engine', 'idle'])
})

it('leaves an experiment that has not started alone', async () => {
  const { exitCode, kinds } = await run(
    { ...shop, experiments: [experiment()] },
    { work: 'experiments' },
    startAt,
  )
  expect({ exitCode, kinds }).toEqual({ exitCode: 0, kinds: ['engine', 'not-started'] })
})

it('names the environments there are when it is asked for another', async () => {
  const { exitCode, reports } = await run(shop, { environmentId: 'prod' })
  expect(exitCode).toBe(2)
  expect(reports).toMatchObject([{ failure: { message: 'There is no environment prod; there are: demo.' } }])
})
