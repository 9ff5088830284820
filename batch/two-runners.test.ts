// Several runners on one environment: each operation and each step takes effect once and in order, whichever
// runner dies and whichever answer is lost. Real HTTP, real ClickHouse, and control's own decisions.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type HeldLease, decideLease } from '../core/model/lease.ts'
import { root, typescript } from '../scripts/tool.ts'
import fc from '../test/support/build/fast-check.ts'
import { hasChdb } from '../test/support/chdb.ts'
import { SimulatedEnvironment } from '../test/support/simulated-environment.ts'
import { checkout, startAt, visitRecords } from '../test/support/simulated-shop.ts'
import {
  type SimulatedStack,
  type SimulatedState,
  simulatedToken,
  startSimulatedStack,
} from '../test/support/simulated-stack.ts'
import { readConfiguration } from './configuration.ts'
import { runBatch } from './run.ts'
import type { RunEvent } from './run-event.ts'

const minuteMs = 60_000
const now = startAt + 10 * minuteMs
const split = { ...checkout.defaultStrategy, strategy: { kind: 'fixed', variationId: 'control' } } as const

let folder = ''
let stack: SimulatedStack | undefined
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-runners-'))
})
afterEach(async () => {
  await stack?.close()
  stack = undefined
  rmSync(folder, { recursive: true })
})

function world(goals: number) {
  const environment = new SimulatedEnvironment(startAt, [{ ...checkout, defaultStrategy: split }])
  environment.make({ kind: 'create-goal', goal: { key: 'purchase', event: 'bought' } })
  const watched = { kind: 'event-rate', flagKey: 'checkout', variationId: 'green', goalKey: 'purchase' }
  environment.make({
    kind: 'create-operation',
    operation: {
      id: 'guard',
      ...watched,
      comparison: 'at-least',
      threshold: 0.1,
      minimumUsers: 100,
      delayMs: 2 * minuteMs,
      action: { kind: 'notify' },
    },
  })
  const step = { holdMs: 1_000, minimumUsers: 250, guardrails: ['guard'] }
  const steps = [10_000, 50_000].map((weight) => ({ weight, ...step }))
  environment.make({
    kind: 'create-progressive-rollout',
    progressiveRollout: { id: 'launch', flagKey: 'checkout', variationId: 'green', steps },
  })
  environment.advanceTo(now)
  const state: Partial<SimulatedState> = {
    environment,
    flags: [checkout],
    records: visitRecords('green', 300, goals),
  }
  return { environment, state }
}

async function run(state: Partial<SimulatedState>, name = 'one') {
  stack ??= await startSimulatedStack(state)
  const variables = { TACKLINE_URL: stack.url, TACKLINE_TOKEN: simulatedToken }
  const cache = { TACKLINE_LAKE_CACHE: path.join(folder, name) }
  const configuration = readConfiguration({ ...variables, ...cache }, undefined)
  if (!configuration.ok) throw new Error(configuration.problem.message)
  const events: RunEvent[] = []
  const options = { environmentId: undefined, engine: 'exact', isDryRun: false, isRecount: false } as const
  await runBatch(
    { work: 'operations', ...options, lakeOrder: undefined },
    { configuration: configuration.value, variables: {}, now, onEvent: (event) => events.push(event) },
  )
  return events.map(({ kind }) => kind)
}

describe.skipIf(!hasChdb)('runners of one environment', () => {
  it('confirm a step whose users have come and whose guardrail has judged them, once', async () => {
    const { environment, state } = world(0)
    expect(await run(state)).toEqual(['watched', 'confirmed'])
    expect(environment.state.progressiveRollout.get('launch')).toMatchObject({ stepsMade: 2, stepAt: now })
    expect(stack?.rolloutLooks).toMatchObject([{ rolloutId: 'launch', look: { users: 300, missing: [] } }])
    expect(await run(state)).toEqual(['watched'])
    expect(stack?.rolloutLooks[1]?.look.missing).toEqual([
      '0 users met the variation, 250 are needed',
      'operation guard has judged 0 users of the step, 100 are needed',
    ])
  })

  it('fire an operation once though the answer is lost, and the rollout pauses with it', async () => {
    const { environment, state } = world(300)
    state.lostAnswers = 1
    expect(await run(state)).toContain('applied')
    const kinds = environment.log.map(({ command }) => command.kind)
    expect(kinds.filter((kind) => kind === 'apply-operation')).toHaveLength(1)
    expect(environment.state.progressiveRollout.get('launch')?.status).toBe('paused')
    expect(await run(state)).toEqual(['idle'])
  })

  it('work one at a time: who comes second does nothing, until the first one is done or dead', async () => {
    const { environment, state } = world(300)
    state.lease = { holder: 'a runner that died', until: Date.now() + 60_000 }
    expect(await run(state)).toEqual(['leased'])
    expect(environment.state.operation.get('guard')?.status).toBe('active')
    // So long it waits: the next run heals what a killed one left.
    state.lease = { holder: 'a runner that died', until: Date.now() + 1_000 }
    expect(await run(state)).toContain('applied')
    expect(state.lease).toBeUndefined()
  })
})

describe.skipIf(!hasChdb)('processes of one environment at once', () => {
  it(
    'apply each operation once: whoever has the lease works, the others wait or leave',
    { timeout: 240_000 },
    async () => {
      const { environment, state } = world(300)
      // The events are of another day: the processes live then.
      const clock = `const real = Date.now; const ahead = ${now} - real(); Date.now = () => real() + ahead`
      stack = await startSimulatedStack(state)
      const start = async (name: string) => {
        const variables = {
          ...process.env,
          TACKLINE_URL: stack!.url,
          TACKLINE_TOKEN: simulatedToken,
          TACKLINE_LAKE_CACHE: path.join(folder, name),
          NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(clock)}`,
        }
        const command = [...typescript, 'batch/cli.ts', 'operations', '--engine', 'exact', '--json']
        const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root, env: variables })
        return stdout
          .trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as RunEvent).kind)
      }
      const heard = (await Promise.all(['one', 'two', 'three'].map(start))).flat()
      expect(heard).toContain('applied')
      expect(heard.filter((kind) => kind === 'applied')).toHaveLength(1)
      const kinds = environment.log.map(({ command }) => command.kind)
      expect(kinds.filter((kind) => kind === 'apply-operation')).toHaveLength(1)
      expect(state.lease).toBeUndefined()
    },
  )
})

it('nobody has a lease while another has it, however they ask', () => {
  const ask = fc.record({
    holder: fc.constantFrom('a', 'b', 'c'),
    forMs: fc.constantFrom(0, 10, 100),
    afterMs: fc.nat(60),
  })
  fc.assert(
    fc.property(fc.array(ask), (asks) => {
      let held: HeldLease | undefined
      let at = 0
      for (const { holder, forMs, afterMs } of asks) {
        at += afterMs
        const isTaken = held !== undefined && held.holder !== holder && held.until > at
        const { answer, next } = decideLease(held, { holder, forMs }, at)
        expect(answer.granted).toBe(!isTaken)
        expect(next).toEqual(isTaken ? held : forMs === 0 ? undefined : { holder, until: at + forMs })
        held = next
      }
    }),
  )
})
