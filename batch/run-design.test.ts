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
import { toText } from './print.ts'
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

  it('goes on at a fixed horizon from what a look named that could be trusted, and from no other', async () => {
    const design = { decision: 'fixed-horizon', minimumDays: 0 } as const
    const experiments = [experiment({ design, stopAt: startAt + 30 * hourMs })]
    const first = await run({ ...shop, experiments, records: twoGroups })
    const seen = ExperimentResult.parse(first.posts.at(-1)?.body)
    expect(seen.comparisons).toMatchObject([{ outcome: 'better', horizon: { named: 'higher' } }])
    // As an earlier release wrote it.
    const comparisons = seen.comparisons!.map(({ horizon, ...one }) => {
      const { named: _, endAt: __, ...state } = horizon!
      return { ...one, horizon: state }
    })
    const alike = [...visitRecords('control', 600, 60), ...visitRecords('green', 610, 62)]
    const after = async (status: 'green' | 'red') => {
      const results = [{ ...seen, comparisons, health: { status, checks: [] } }]
      const { posts } = await run({ ...shop, experiments, records: alike, results })
      return ExperimentResult.parse(posts.at(-1)?.body).comparisons
    }
    expect(await after('green')).toMatchObject([{ outcome: 'better' }])
    expect(await after('red')).toMatchObject([{ outcome: 'open' }])
  })

  it('ships no winner past a guardrail, and says so', async () => {
    const bought = { ...purchase, key: 'second', event: 'bought' }
    const design = (relative: number) => ({
      minimumDays: 0,
      lowerIsBetter: ['second'],
      guardrails: [{ goalKey: 'second', margin: { relative } }],
    })
    const state = { flags: [checkout], goals: [bought, purchase], records: twoGroups }
    const verdicts = async (margin: number) => {
      const experiments = [experiment({ goalKeys: ['purchase', 'second'], design: design(margin) })]
      const { posts, events } = await run({ ...state, experiments })
      const printed = events.filter(({ kind }) => kind === 'concluded').map(toText)
      return { results: posts.map(({ body }) => ExperimentResult.parse(body)), printed }
    }
    const { results, printed } = await verdicts(0.01)
    expect(results.map(({ role, verdict }) => [role, verdict.kind])).toEqual([
      ['primary', 'guardrail-broken'],
      ['guardrail', 'guardrail'],
    ])
    expect(results[1]).toMatchObject({ verdict: { broken: ['green'], kept: [] } })
    expect(results[0]?.guardrails).toEqual(results[1]?.guardrails)
    expect(printed[0]).toMatch(/guardrail-broken: Do not ship green: it beats control.*green breaks second/)
    const open = await verdicts(0.9)
    expect(open.results[0]?.verdict).toMatchObject({
      kind: 'undecided',
      reason: expect.stringContaining('green is not yet shown to keep second'),
    })
  })

  it('counts no user who came after exposures were frozen, and what the others do until the end', async () => {
    const exposuresUntil = startAt + 500_000
    const late = (variationId: string) =>
      visitRecords(variationId, 600, 600).filter(
        ({ at, kind }) => kind === 'tracking' && at < startAt + hourMs,
      )
    const records = [...visitRecords('control', 600, 0), ...visitRecords('green', 610, 0), ...late('green')]
    const experiments = [experiment({ exposuresUntil, design: { minimumDays: 0 } })]
    const { posts, events } = await run({ ...shop, experiments, records })
    const result = ExperimentResult.parse(posts[0]?.body)
    expect(result.window.exposuresUntil).toBe(exposuresUntil)
    expect(result.variations.map(({ users, conversions }) => [users, conversions])).toEqual([
      [500, 0],
      [500, 500],
    ])
    expect(result.health.status).not.toBe('red')
    expect(events.map(toText).join()).toContain('1 000 users who came until 2026-11-01 00:08 UTC')
  })

  it('leaves no goal to decide once the primary one was taken off', async () => {
    const experiments = [experiment({ primaryGoalKey: 'other', design: { minimumDays: 0 } })]
    const { posts } = await run({ ...shop, experiments, records: twoGroups })
    expect(ExperimentResult.parse(posts[0]?.body)).toMatchObject({
      role: 'secondary',
      verdict: { kind: 'secondary', better: ['green'] },
    })
  })

  it('counts a planned experiment by its own times, whether or not anybody wrote them down', async () => {
    const stopAt = startAt + 12 * hourMs
    const planned = experiment({ status: 'waiting', stopAt, design: { minimumDays: 0 } })
    const state = { ...shop, experiments: [planned], records: twoGroups }
    const late = await run({ ...state, now: startAt + 24 * hourMs })
    expect(late.kinds).toEqual(['engine', 'advanced', 'concluded'])
    expect(late.events[1]).toMatchObject({ experiment: { status: 'stopped', stopAt } })
    expect(toText(late.events[1]!)).toMatch(/^demo\/[^ ]+: has ended, as planned for 20/)
    expect(late.posts[0]?.path).toMatch(/\/advance$/)
    const resultOf = ({ posts }: typeof late) => ExperimentResult.parse(posts.at(-1)?.body)
    expect(resultOf(late).window).toEqual({ from: startAt, to: stopAt })
    const unknown = await run(state)
    expect(unknown.kinds).toEqual(['engine', 'concluded'])
    const noted = await run({ ...state, experiments: [{ ...planned, status: 'stopped' }] })
    for (const other of [unknown, noted]) expect(resultOf(other)).toEqual(resultOf(late))
  })

  it('leaves drafts and archived experiments alone', async () => {
    const experiments = (['draft', 'archived'] as const).map((status) => experiment({ status }))
    const { kinds, posts } = await run({ ...shop, experiments, records: twoGroups })
    expect(kinds).toEqual(['engine', 'idle'])
    expect(posts).toEqual([])
  })

  it('of an A/A test says whether the pipeline is sound, and names no winner', async () => {
    const design = { aa: true, minimumDays: 0 }
    const state = { ...shop, experiments: [experiment({ design, stopAt: startAt + 12 * hourMs })] }
    const verdictOf = async (records: SimulatedState['records']) =>
      ExperimentResult.parse((await run({ ...state, records })).posts.at(-1)?.body).verdict
    expect(await verdictOf(twoGroups)).toMatchObject({ kind: 'unsound' })
    const alike = [...visitRecords('control', 600, 60), ...visitRecords('green', 610, 62)]
    expect(await verdictOf(alike)).toMatchObject({ kind: 'sound' })
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
