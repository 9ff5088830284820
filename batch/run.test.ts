// The whole runner in one process: real HTTP, real ClickHouse, the closed form, and a simulated stack.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ExperimentResult } from '../core/model/experiment-result.ts'
import { evidenceNeeded } from '../core/statistics/e-detector.ts'
import { readConfiguration, type RunOptions } from './configuration.ts'
import type { Failure } from './failure.ts'
import { toText } from './print.ts'
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
import { simulatedBucket } from '../test/support/simulated-bucket.ts'
import {
  type SimulatedStack,
  type SimulatedState,
  lakeObjects,
  simulatedToken,
  startSimulatedStack,
} from '../test/support/simulated-stack.ts'
import { hasChdb } from '../test/support/chdb.ts'

const shop = { flags: [checkout], goals: [purchase] }
/** Within it, what happened at the start is not over at the end of the first day. */
const allDay = { delayMs: 24 * hourMs }
const provesIt = { after: expect.any(Number), minutes: expect.any(Array) }
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
  bucket = simulatedBucket(),
) {
  await stack?.close()
  stack = await startSimulatedStack(state, bucket)
  const variables = {
    TACKLINE_URL: stack.url,
    TACKLINE_TOKEN: simulatedToken,
    TACKLINE_LAKE_CACHE: cacheFolder,
  }
  const configuration = readConfiguration(variables, undefined)
  if (!configuration.ok) throw new Error(configuration.problem.message)
  const events: RunEvent[] = []
  const exitCode = await runBatch(
    {
      work: 'all',
      environmentId: undefined,
      engine: 'exact',
      isDryRun: false,
      isRecount: false,
      lakeOrder: undefined,
      ...options,
    },
    { configuration: configuration.value, variables: {}, now, onEvent: (event) => events.push(event) },
  )
  return {
    exitCode,
    events,
    kinds: events.map(({ kind }) => kind),
    posts: stack.posts,
    looks: stack.looks,
    fetched: stack.bucket.requests.filter((request) => request.startsWith('GET ')),
  }
}

describe.skipIf(!hasChdb)('a run', () => {
  it('counts, fits, stores the result and names the winner', async () => {
    const experiments = [experiment({ design: { minimumDays: 1 } })]
    const { exitCode, kinds, posts } = await run({ ...shop, experiments, records: twoGroups })
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
      killSwitch({ threshold: 0.1, ...allDay }),
      killSwitch({ id: 'calm' }),
      killSwitch({ id: 'old', status: 'fired' }),
    ]
    const { exitCode, kinds, posts, looks } = await run({
      ...shop,
      operations,
      experiments: [experiment()],
      records: twoGroups,
    })
    expect({ exitCode, kinds }).toEqual({ exitCode: 0, kinds: ['applied', 'watched', 'engine', 'concluded'] })
    expect(posts[0]).toMatchObject({
      path: '/api/v1/environments/demo/operations/guard/apply',
      body: { exposedUsers: 610, goalUsers: 120, ...ofVersion1, evidence: provesIt },
    })
    expect(looks).toMatchObject([
      {
        operationId: 'guard',
        look: { state: 'due', exposedUsers: 610, goalUsers: 120, needed: evidenceNeeded(0.05) },
      },
      { operationId: 'calm', look: { state: 'watching', exposedUsers: 610 } },
    ])
  })

  it('goes on without a damaged object: names it, applies operations, and withholds the verdict', async () => {
    const bucket = simulatedBucket()
    const day = 24 * hourMs
    const later = visitRecords('lost', 7, 0).map((each) => ({ ...each, receivedAt: startAt + day }))
    const [[lost]] = lakeObjects(later) as [[string, Uint8Array]]
    bucket.objects.set(lost, { body: new Uint8Array(), headers: { 'x-amz-meta-records': '7' } })
    const state = {
      ...shop,
      operations: [killSwitch({ threshold: 0.1, delayMs: 2 * day })],
      experiments: [experiment()],
      records: twoGroups,
    }
    const { exitCode, kinds, events, posts } = await run(state, {}, startAt + day + hourMs, bucket)
    expect({ exitCode, kinds }).toEqual({ exitCode: 0, kinds: ['damaged', 'applied', 'engine', 'concluded'] })
    expect(events[0]).toMatchObject({ environmentId: 'demo', object: { key: lost, records: 7 } })
    expect(posts[0]?.body).toMatchObject({
      exposedUsers: 610,
      goalUsers: 120,
      ...ofVersion1,
      evidence: provesIt,
    })
    const { health, verdict, variations } = ExperimentResult.parse(posts[1]?.body)
    expect(variations.map(({ users }) => users)).toEqual([600, 610])
    expect(health.status).toBe('red')
    expect(health.checks[0]).toEqual({
      name: 'lake-complete',
      status: 'failed',
      detail: "1 of the lake's objects cannot be read; at least 7 records are not counted.",
    })
    expect(verdict).toEqual({ kind: 'withheld', reason: health.checks[0]?.detail })
    // What was mended heals without a person.
    bucket.objects.clear()
    const healed = await run(state, { work: 'experiments' }, startAt + day + hourMs, bucket)
    expect(healed.kinds).toEqual(['engine', 'concluded'])
    expect(ExperimentResult.parse(healed.posts[0]?.body).health.status).toBe('green')
  })

  it('notices a cached file that was damaged and looks unchanged', async () => {
    const state = { ...shop, operations: [killSwitch()], records: twoGroups }
    await run(state)
    const [[key]] = lakeObjects(twoGroups) as [[string, Uint8Array]]
    const file = path.join(cacheFolder, key)
    const changedAt = Math.floor(statSync(file).mtimeMs) / 1000
    utimesSync(file, changedAt, changedAt)
    await run(state)
    writeFileSync(
      file,
      readFileSync(file).map((byte, i) => (i === 1000 ? byte ^ 1 : byte)),
    )
    utimesSync(file, changedAt, changedAt)
    expect((await run(state)).events).toMatchObject([
      { kind: 'watched', facts: { exposedUsers: 610, goalUsers: 120 } },
      { kind: 'engine' },
      { kind: 'idle' },
    ])
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

it('leaves out an archived environment, which could not take a result: nothing fails', async () => {
  const state = {
    ...shop,
    archived: true,
    operations: [killSwitch()],
    experiments: [experiment()],
    records: twoGroups,
  }
  for (const environmentId of [undefined, 'demo']) {
    const { exitCode, kinds, posts } = await run(state, { environmentId })
    expect({ exitCode, kinds, posts }).toEqual({ exitCode: 0, kinds: ['archived', 'engine'], posts: [] })
  }
})

it.skipIf(!hasChdb)(
  'watches the last days of an operation that is older than a year, and only days that exist are listed',
  async () => {
    const operations = [killSwitch({ countingFrom: startAt - 500 * 24 * hourMs })]
    const { exitCode, events } = await run(
      { ...shop, operations, records: twoGroups },
      { work: 'operations' },
    )
    expect({ exitCode, events }).toMatchObject({
      exitCode: 0,
      events: [{ kind: 'watched', facts: { exposedUsers: 610 } }],
    })
    expect(stack?.bucket.requests.filter((request) => request.startsWith('LIST'))).toHaveLength(2)
  },
)

it('does only the chosen work', async () => {
  expect((await run(shop, { work: 'operations' })).kinds).toEqual(['idle'])
  expect((await run(shop, { work: 'experiments' })).kinds).toEqual(['engine', 'idle'])
})

it('says which revision could not be published, and goes on', async () => {
  const unpublished = { revision: 7, since: startAt, attempts: 4 }
  const { exitCode, events } = await run({ ...shop, unpublished }, { work: 'operations' })
  expect({ exitCode, events }).toMatchObject({
    exitCode: 0,
    events: [{ kind: 'unpublished', environmentId: 'demo', ...unpublished }, { kind: 'idle' }],
  })
  expect(toText(events[0]!)).toMatch(/^demo: revision 7 is not published since .* after 4 attempts; edge /)
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

it.skipIf(!hasChdb)(
  'with nothing new lists once for all jobs, fetches nothing and counts the same',
  async () => {
    const experiments = ['one', 'two'].map((id) => experiment({ id }))
    const state = { ...shop, experiments, operations: [killSwitch()], records: twoGroups }
    const first = await run(state)
    const kept = readdirSync(path.join(cacheFolder, 'counting', 'environment=demo'))
    const later = await run(state, {}, startAt + 30 * hourMs)
    expect(later.kinds).toEqual(first.kinds)
    expect(stack?.bucket.requests.map((request) => request.split(' ')[0])).toEqual(['LIST', 'LIST'])
    const figures = ({ posts }: typeof first) =>
      posts
        .map(({ body }) => ExperimentResult.parse(body))
        .map(({ inputHash, variations }) => [inputHash, variations])
    expect(figures(later)).toEqual(figures(first))
    expect(readdirSync(path.join(cacheFolder, 'counting', 'environment=demo'))).toEqual(kept) // a later end is no other question
  },
)

/** Records of version 1 do not say who was verified, nor where they came from. */
const ofVersion1 = { verifiedUsers: 0, unverifiedUsers: 0, usersOverLimit: 0 }

describe('an endpoint that hangs', () => {
  it('costs ten seconds, not those of every job, and every job says so', async () => {
    const bucket = simulatedBucket()
    bucket.intercept = () => true
    const experiments = ['one', 'two', 'three'].map((id) => experiment({ id }))
    const operations = ['four', 'five'].map((id) => killSwitch({ id }))
    const before = performance.now()
    const { exitCode, events } = await run({ ...shop, experiments, operations }, {}, undefined, bucket)
    expect(performance.now() - before).toBeLessThan(25_000)
    const failures = events.filter(({ kind }) => kind === 'failed')
    expect(failures.map((event) => event.kind === 'failed' && event.subject.split('/')[1])).toEqual([
      'four',
      'five',
      'one',
      'two',
      'three',
    ])
    for (const { failure } of failures as { failure: Failure }[])
      expect(failure).toEqual({
        kind: 'lake-unreachable',
        message: expect.stringMatching(/does not answer at .*tackline-lake: nothing came for 10 s/),
      })
    expect(exitCode).toBe(7)
    expect(bucket.requests.length).toBeLessThanOrEqual(4) // days are listed side by side
  }, 60_000)
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
