// Worlds through everything: core assigns users, events lie in a lake, ClickHouse counts them, and the runner
// concludes. Counts must be what happened, and verdicts as often right as the statistics promise.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { EventRecord } from '../../analytics/records.ts'
import { readConfiguration } from '../../batch/configuration.ts'
import { runBatch } from '../../batch/run.ts'
import type { RunEvent } from '../../batch/run-event.ts'
import { compile } from '../../core/evaluation/compile.ts'
import { evaluate } from '../../core/evaluation/evaluate.ts'
import { snapshotOf } from '../support/build/flags.ts'
import { checkout, experiment, hourMs, purchase, startAt } from '../support/simulated-shop.ts'
import { simulatedToken, startSimulatedStack } from '../support/simulated-stack.ts'
import { randomFrom, shareError, type Random } from './random.ts'
import type { Table } from './table.ts'

const usersEach = 4_000
const days = 8

interface Outcome {
  readonly isExact: boolean
  readonly health: string
  readonly verdict: string
}

export async function pipeline(times: number): Promise<Table> {
  const rows: string[][] = []
  for (const [name, lifted] of [
    ['no difference', 0.1],
    ['10 % against 15 %', 0.15],
  ] as const) {
    const random = randomFrom(113)
    const outcomes: Outcome[] = []
    for (let i = 0; i < times; i++) outcomes.push(await once(random, 0.1, lifted, i))
    const told = (isSo: (outcome: Outcome) => boolean) => {
      const share = outcomes.filter(isSo).length / times
      return `${(share * 100).toFixed(1)} (${(shareError(share, times) * 100).toFixed(1)})`
    }
    rows.push([
      name,
      String(times),
      told(({ isExact }) => isExact),
      told(({ health }) => health === 'green'),
      told(({ verdict }) => verdict === 'winner'),
    ])
  }
  const columns = ['truth', 'worlds', 'counted exactly, %', 'green, %', 'a winner named, %']
  return { title: `The whole pipeline, ${usersEach} users`, columns, rows }
}

async function once(random: Random, base: number, lifted: number, world: number): Promise<Outcome> {
  const compiled = compile(snapshotOf([checkout]))
  const truth: Record<string, { users: number; conversions: number }> = {}
  const records: EventRecord[] = []
  for (let user = 0; user < usersEach; user++) {
    const targetingKey = `world-${world}-user-${user}`
    const variationId = evaluate(compiled, checkout.key, { targetingKey, attributes: {} }).variation?.id ?? ''
    const counted = (truth[variationId] ??= { users: 0, conversions: 0 })
    const at = startAt + Math.floor(random.uniform() * (days - 1) * 24 * hourMs)
    const isConverted = random.uniform() < (variationId === 'green' ? lifted : base)
    counted.users++
    if (isConverted) counted.conversions++
    records.push(...eventsOf(targetingKey, variationId, at, isConverted))
  }
  const cacheFolder = mkdtempSync(path.join(os.tmpdir(), 'tackline-simulate-'))
  const stack = await startSimulatedStack({
    flags: [checkout],
    goals: [purchase],
    experiments: [experiment()],
    records,
  })
  try {
    const configuration = readConfiguration(
      { TACKLINE_URL: stack.url, TACKLINE_TOKEN: simulatedToken, TACKLINE_LAKE_CACHE: cacheFolder },
      undefined,
    )
    if (!configuration.ok) throw new Error(configuration.problem.message)
    const events: RunEvent[] = []
    await runBatch(
      {
        work: 'experiments',
        environmentId: undefined,
        engine: 'exact',
        isDryRun: false,
        isRecount: false,
        lakeOrder: undefined,
      },
      {
        configuration: configuration.value,
        variables: {},
        now: startAt + days * 24 * hourMs,
        onEvent: (event) => events.push(event),
      },
    )
    const concluded = events.find((event) => event.kind === 'concluded')
    if (!concluded) throw new Error(JSON.stringify(events))
    const { variations, health, verdict } = concluded.result
    const isExact = variations.every(
      ({ variationId, users, conversions }) =>
        truth[variationId]?.users === users && truth[variationId]?.conversions === conversions,
    )
    return { isExact, health: health.status, verdict: verdict.kind }
  } finally {
    await stack.close()
    rmSync(cacheFolder, { recursive: true })
  }
}

function eventsOf(
  targetingKey: string,
  variationId: string,
  at: number,
  isConverted: boolean,
): EventRecord[] {
  const common = {
    v: 1 as const,
    environmentId: 'demo',
    protocol: 'bucketeer' as const,
    sdk: '',
    targetingKey,
    attributes: {},
  }
  const saw = { id: `${targetingKey}-saw`, at, receivedAt: at, flagKey: 'checkout', flagVersion: 1 }
  const exposure: EventRecord = { ...common, ...saw, kind: 'exposure', variationId, ruleId: 'split' }
  if (!isConverted) return [exposure]
  const later = at + hourMs
  const bought = { id: `${targetingKey}-bought`, at: later, receivedAt: later, event: 'bought', value: 1 }
  return [exposure, { ...common, ...bought, kind: 'tracking' }]
}
