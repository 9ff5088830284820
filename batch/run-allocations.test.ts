// What a run does with dynamic allocations, from records to moved shares: real HTTP, real ClickHouse, and
// control's own decisions.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { EventRecord } from '../analytics/records.ts'
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
import { runBatch } from './run.ts'
import type { RunEvent } from './run-event.ts'

const dayMs = 24 * hourMs
const folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-allocations-'))
let stack: SimulatedStack | undefined
afterEach(async () => {
  await stack?.close()
  stack = undefined
  rmSync(folder, { recursive: true, force: true })
})

function world(records: readonly EventRecord[]) {
  const environment = new SimulatedEnvironment(startAt - 10_000, [checkout])
  environment.make({ kind: 'create-goal', goal: { key: 'purchase', event: 'bought' } })
  const dynamicAllocation = { id: 'x', flagKey: 'checkout', goalKey: 'purchase', delayMs: hourMs }
  environment.make({ kind: 'create-dynamic-allocation', dynamicAllocation })
  const state: Partial<SimulatedState> = { environment, flags: [checkout], records }
  return { environment, state, allocation: () => environment.state.dynamicAllocation.get('x')! }
}

async function run(state: Partial<SimulatedState>, now: number) {
  await stack?.close()
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
  return events
}

const moved = (records: readonly EventRecord[], changes: Partial<EventRecord>, ms: number): EventRecord[] =>
  records.map(
    (each) =>
      ({
        ...each,
        ...changes,
        id: `${each.id}-again`,
        at: each.at + ms,
        receivedAt: each.receivedAt + ms,
      }) as EventRecord,
  )

describe.skipIf(!hasChdb)('a run over dynamic allocations', () => {
  it('counts each user once, in the phase and variation met first, and moves the shares', async () => {
    const green = visitRecords('green', 300, 90)
    const control = visitRecords('control', 300, 30)
    // They come back in the other variation, and buy there; and everything is delivered twice.
    const others = moved(green, { variationId: 'control' } as Partial<EventRecord>, 2 * hourMs)
    const { state, allocation } = world([...green, ...control, ...others, ...control])
    const now = startAt + dayMs
    const [, first] = await run(state, now)
    expect(first).toMatchObject({ kind: 'moved', changed: true, facts: { until: now - hourMs - 300_000 } })
    expect(stack?.posts[0]?.body).toMatchObject({
      phases: [{ arms: { green: { users: 300, goals: 90 }, control: { users: 300, goals: 30 } } }],
    })
    expect(allocation().phases.at(-1)!.weights).toEqual({ control: 40_000, green: 60_000 })
    const { look } = stack!.allocationLooks[0]!
    expect(look).toMatchObject({ at: now, until: now - hourMs - 300_000 })
    expect(look).not.toHaveProperty('reason')
    const byArm = new Map(look.arms.map(({ variationId, ...counts }) => [variationId, counts]))
    expect(byArm.get('green')).toMatchObject({ users: 300, goals: 90, chance: expect.closeTo(1, 6) })
    expect(byArm.get('control')).toMatchObject({ users: 300, goals: 30, chance: expect.closeTo(0, 6) })

    // The next day is a phase of its own: users of the first day who come back stay in the first.
    const nextDay = visitRecords('green', 200, 20).map(
      (each) =>
        ({
          ...each,
          id: `${each.id}-2`,
          targetingKey: `${each.targetingKey}-2`,
          at: each.at + dayMs + hourMs,
          receivedAt: each.receivedAt + dayMs + hourMs,
        }) as EventRecord,
    )
    const again = { ...state, records: [...nextDay, ...moved(control, {}, dayMs + hourMs)] }
    const [, second] = await run(
      { ...again, records: [...(state.records ?? []), ...again.records] },
      now + dayMs + 5_000,
    )
    // 200 users of green and none of control in the second phase: somebody loses users, and nothing moves.
    expect(second).toMatchObject({ kind: 'not-moved', reason: expect.stringContaining('shares of users') })
  })

  it('leaves the shares with too few users, and does not look before the time', async () => {
    const { state } = world([...visitRecords('green', 300, 90), ...visitRecords('control', 30, 3)])
    expect((await run(state, startAt + hourMs)).map(({ kind }) => kind)).toEqual(['engine', 'idle'])
    const [, event] = await run(state, startAt + dayMs)
    expect(event).toMatchObject({ kind: 'not-moved' })
    const reason = expect.stringContaining('shares of users')
    expect(stack!.allocationLooks).toMatchObject([{ allocationId: 'x', look: { reason } }])
  })
})
