// What a run finds of a holdout, from records to its last look: real HTTP and real ClickHouse.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { EventRecord } from '../analytics/records.ts'
import { slicesTotal } from '../core/model/limits.ts'
import { hasChdb } from '../test/support/chdb.ts'
import { SimulatedEnvironment } from '../test/support/simulated-environment.ts'
import { checkout, hourMs, startAt, visitRecords } from '../test/support/simulated-shop.ts'
import {
  type SimulatedStack,
  type SimulatedState,
  simulatedToken,
  startSimulatedStack,
} from '../test/support/simulated-stack.ts'
import { readConfiguration } from './configuration.ts'
import { lookAt } from './jobs/observe-holdouts.ts'
import { runBatch } from './run.ts'
import type { RunEvent } from './run-event.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-holdouts-'))
let stack: SimulatedStack | undefined
afterEach(async () => {
  await stack?.close()
  stack = undefined
  rmSync(folder, { recursive: true, force: true })
})

/** A holdout of a fifth of the users that holds the rollout of `checkout`. */
function world(records: readonly EventRecord[], more: object = {}) {
  const environment = new SimulatedEnvironment(startAt - 10_000, [checkout])
  for (const event of ['bought', 'left']) environment.make({ kind: 'create-goal', goal: { key: event } })
  const holdout = { id: 'year', slices: slicesTotal / 5, goalKeys: ['bought', 'left'], ...more }
  environment.make({ kind: 'create-holdout', holdout })
  environment.make({
    kind: 'create-experiment',
    experiment: { id: 'e', flagKey: 'checkout', goalKeys: ['bought'], baselineVariationId: 'control' },
  })
  const state: Partial<SimulatedState> = { environment, flags: [checkout], records }
  return { environment, state }
}

async function run(state: Partial<SimulatedState>, now: number) {
  stack = await startSimulatedStack(state)
  if (state.environment) state.environment.now = now
  const variables = { TACKLINE_URL: stack.url, TACKLINE_TOKEN: simulatedToken, TACKLINE_LAKE_CACHE: folder }
  const configuration = readConfiguration(variables, undefined)
  if (!configuration.ok) throw new Error(configuration.problem.message)
  const events: RunEvent[] = []
  const options = { environmentId: undefined, engine: 'exact', isDryRun: false, isRecount: false } as const
  await runBatch(
    { work: 'experiments', ...options, lakeOrder: undefined },
    { configuration: configuration.value, variables: {}, now, onEvent: (event) => events.push(event) },
  )
  return { events, looks: stack.holdoutLooks }
}

/** The same users under another name, exposed by another rule. */
const by = (records: readonly EventRecord[], prefix: string, ruleId?: string): EventRecord[] =>
  records.map(
    (each) =>
      ({
        ...each,
        id: `${prefix}${each.id}`,
        targetingKey: `${prefix}${each.targetingKey}`,
        ...(each.kind === 'exposure' && ruleId !== undefined && { ruleId }),
      }) as EventRecord,
  )

describe.runIf(hasChdb)('a run', () => {
  it('counts users of a holdout beside the others, whatever rule kept them out', async () => {
    const records = [
      ...visitRecords('control', 300, 30),
      ...visitRecords('green', 300, 90),
      ...by(visitRecords('control', 200, 20), 'layered-', 'layer:l:split'),
      ...by(visitRecords('control', 200, 20), 'held-', 'holdout:year:split'),
      // Another holdout is part of what the others get. Another rule's users are in no group.
      ...by(visitRecords('control', 50, 50), 'other-', 'holdout:other:split'),
      ...by(visitRecords('control', 50, 50), 'rule-', 'beta'),
    ]
    const { environment, state } = world(records)
    expect(environment.state.holdout.get('year')!.held).toHaveLength(1)
    const { looks, events } = await run(state, startAt + 2 * hourMs)
    expect(events.filter(({ kind }) => kind === 'failed')).toEqual([])
    expect(looks).toMatchObject([
      {
        holdoutId: 'year',
        look: {
          sampleRatio: 'passed',
          goals: [
            {
              goalKey: 'bought',
              heldOut: { users: 200, converted: 20 },
              others: { users: 850, converted: 190 },
              comparison: {
                variationId: 'others',
                difference: { estimate: expect.closeTo(190 / 850 - 20 / 200, 10) },
              },
            },
            {
              goalKey: 'left',
              others: { users: 850, converted: 0 },
              comparison: { outcome: 'not-measured' },
            },
          ],
        },
      },
    ])
  })

  it('looks at no holdout without goals or rules', async () => {
    const { looks } = await run(
      world(visitRecords('control', 10, 1), { goalKeys: [] }).state,
      startAt + hourMs,
    )
    expect(looks).toEqual([])
  })
})

describe('a look at a holdout', () => {
  const holdout = { slices: 500, startAt: 0, stopAt: 90 * 24 * hourMs }
  const groups = (users: number, heldUsers: number, rates: readonly [number, number]) => ({
    heldOut: { users: heldUsers, converted: Math.round(heldUsers * rates[0]) },
    others: { users, converted: Math.round(users * rates[1]) },
  })

  it('names what everything together did, and nothing where nothing differs', () => {
    const [better] = lookAt(holdout, ['g'], [groups(95_000, 5_000, [0.1, 0.13])], hourMs).goals
    expect(better!.comparison).toMatchObject({
      outcome: 'better',
      relative: { estimate: expect.any(Number) },
    })
    const [same] = lookAt(holdout, ['g'], [groups(95_000, 5_000, [0.1, 0.1])], hourMs).goals
    expect(same!.comparison.outcome).not.toMatch(/better|worse/)
  })

  it('is stricter with more goals', () => {
    const found = groups(95_000, 5_000, [0.1, 0.13])
    const low = (goals: number) =>
      lookAt(
        holdout,
        Array.from({ length: goals }, String),
        Array.from({ length: goals }, () => found),
        1,
      ).goals[0]!.comparison.difference!.low
    expect(low(5)).toBeLessThan(low(1))
  })

  it('says that the groups have other sizes than their slices', () => {
    expect(lookAt(holdout, ['g'], [groups(95_000, 5_000, [0.1, 0.1])], 1).sampleRatio).toBe('passed')
    expect(lookAt(holdout, ['g'], [groups(95_000, 4_000, [0.1, 0.1])], 1).sampleRatio).toBe('failed')
    // Nothing is to be read then, so nothing is said to differ.
    const named = (heldOut: number) =>
      lookAt(holdout, ['g'], [groups(95_000, heldOut, [0.1, 0.2])], 1).goals[0]!.comparison.outcome
    expect([named(5_000), named(4_000)]).toEqual(['better', 'open'])
  })
})
