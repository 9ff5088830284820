// What a run does with operations, from records to what the admin API is sent: real HTTP, real ClickHouse,
// and a simulated stack.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EventRecord } from '../analytics/records.ts'
import { whyNotDue } from '../core/model/operation-watch.ts'
import type { OperationFacts } from '../core/model/operation.ts'
import { hasChdb } from '../test/support/chdb.ts'
import {
  checkout,
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
import { readConfiguration } from './configuration.ts'
import { runBatch } from './run.ts'
import type { RunEvent } from './run-event.ts'

let cacheFolder = ''
let stack: SimulatedStack | undefined
beforeEach(() => {
  cacheFolder = mkdtempSync(path.join(os.tmpdir(), 'tackline-run-'))
})
afterEach(async () => {
  await stack?.close()
  rmSync(cacheFolder, { recursive: true })
})

async function run(state: Partial<SimulatedState>, now: number) {
  await stack?.close()
  stack = await startSimulatedStack({ flags: [checkout], goals: [purchase], ...state })
  const variables = { TACKLINE_URL: stack.url, TACKLINE_TOKEN: simulatedToken }
  const configuration = readConfiguration({ ...variables, TACKLINE_LAKE_CACHE: cacheFolder }, undefined)
  if (!configuration.ok) throw new Error(configuration.problem.message)
  const events: RunEvent[] = []
  const options = { environmentId: undefined, engine: 'exact', isDryRun: false, isRecount: false } as const
  await runBatch(
    { work: 'operations', ...options, lakeOrder: undefined },
    { configuration: configuration.value, variables: {}, now, onEvent: (event) => events.push(event) },
  )
  const outcomes = events.map((event) =>
    'operation' in event ? `${event.kind} ${event.operation.id}` : event.kind,
  )
  return { outcomes, posts: stack.posts, looks: stack.looks }
}

/** The same users again, `ms` later. */
const later = (records: readonly EventRecord[], ms: number): EventRecord[] =>
  records.map((each) => ({
    ...each,
    id: `${each.id}-later`,
    at: each.at + ms,
    receivedAt: each.receivedAt + ms,
  }))

describe.skipIf(!hasChdb)('a run over operations', () => {
  const failing = visitRecords('green', 300, 300)
  const now = startAt + 10 * 60_000

  it('sends what control finds due as well, and says what it saw', async () => {
    const guard = killSwitch({ threshold: 0.1 })
    const { outcomes, posts, looks } = await run({ operations: [guard], records: failing }, now)
    expect(outcomes).toEqual(['applied guard'])
    expect(whyNotDue(guard, posts[0]?.body as OperationFacts, now)).toBeUndefined()
    expect(looks).toMatchObject([{ operationId: 'guard', look: { state: 'due', exposedUsers: 300 } }])
  })

  it('does not act on an incident that is long over, nor on one before it was armed', async () => {
    const guard = killSwitch({ threshold: 0.1 })
    const healthy = later(visitRecords('green', 300, 0), 24 * hourMs)
    const dayAfter = now + 24 * hourMs
    const over = await run({ operations: [guard], records: [...failing, ...healthy] }, dayAfter)
    expect(over).toMatchObject({ outcomes: ['watched guard'], looks: [{ look: { exposedUsers: 600 } }] })
    const armed = killSwitch({ threshold: 0.1, countingFrom: startAt + hourMs })
    const { looks } = await run({ operations: [armed], records: failing }, now + hourMs)
    expect(looks).toMatchObject([{ look: { state: 'too-few-users', exposedUsers: 0 } }])
  })

  it('judges fewer goals than a limit only when the time for them is over', async () => {
    const buys = killSwitch({ comparison: 'at-most', threshold: 0.2, delayMs: hourMs })
    const state = { operations: [buys], records: visitRecords('green', 300, 0) }
    expect(await run(state, now)).toMatchObject({
      outcomes: ['watched guard'],
      looks: [{ look: { exposedUsers: 0, waitingUsers: 300 } }],
    })
    expect((await run(state, now + 1.2 * hourMs)).outcomes).toEqual(['applied guard'])
  })

  it('knows whom an anonymous id became, though that was weeks ago', async () => {
    const dayMs = 24 * hourMs
    const daysLater = 20
    const seen = later(visitRecords('green', 300, 0), daysLater * dayMs)
    const goals = visitRecords('green', 300, 300).filter(({ kind }) => kind === 'tracking')
    const bought = later(goals, daysLater * dayMs).map((each, i) => ({ ...each, targetingKey: `known-${i}` }))
    const became = seen.map((each, i): EventRecord => ({
      v: 2,
      kind: 'alias',
      id: `alias-${i}`,
      environmentId: 'demo',
      protocol: 'ofrep',
      sdk: '',
      keyKind: 'client',
      source: '',
      attributes: {},
      at: startAt + dayMs,
      receivedAt: startAt + dayMs,
      targetingKey: `known-${i}`,
      previousKey: each.targetingKey,
    }))
    const guard = killSwitch({ comparison: 'at-most', threshold: 0.2, delayMs: hourMs })
    const records = [...became, ...seen, ...bought]
    const { outcomes, looks } = await run(
      { operations: [guard], records },
      now + daysLater * dayMs + 2 * hourMs,
    )
    expect(outcomes).toEqual(['watched guard'])
    expect(looks).toMatchObject([{ look: { exposedUsers: 300, goalUsers: 300 } }])
  })

  it('compares with a baseline, whose rate it goes along with', async () => {
    const beside = killSwitch({
      baselineVariationId: 'control',
      ruleId: 'split',
      share: 0.5,
      threshold: 0.1,
      delayMs: 60_000,
    })
    const at = (bad: EventRecord[]) =>
      run({ operations: [beside], records: [...failing, ...bad] }, now + hourMs / 2)
    expect((await at(visitRecords('control', 300, 300))).outcomes).toEqual(['watched guard'])
    const { outcomes, posts } = await at(visitRecords('control', 300, 30))
    expect(outcomes).toEqual(['applied guard'])
    expect(posts[0]?.body).toMatchObject({ goalUsers: 300, baselineUsers: 300, baselineGoalUsers: 30 })
  })

  it('arms an operation again whose time to be quiet is over, and nothing else', async () => {
    const fired = { status: 'fired', firedAt: startAt } as const
    const operations = [
      killSwitch({ ...fired, rearmAfterMs: 24 * hourMs }),
      killSwitch({ ...fired, id: 'later', rearmAfterMs: 25 * hourMs }),
      killSwitch({ ...fired, id: 'by-hand' }),
    ]
    const { outcomes, posts, looks } = await run({ operations }, startAt + 24 * hourMs)
    expect({ outcomes, looks }).toEqual({ outcomes: ['armed guard', 'idle'], looks: [] })
    expect(posts.map((post) => post.path)).toEqual(['/api/v1/environments/demo/operations/guard/arm'])
  })

  it('goes on where the admin API keeps no looks', async () => {
    const state = { hasNoLooks: true, operations: [killSwitch()], records: failing.slice(0, 20) }
    expect((await run(state, now)).outcomes).toEqual(['watched guard'])
  })
})
