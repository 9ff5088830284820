// The soak with kills: changes and events are sent without pause, the whole stack is killed at a random
// moment and started again, many times. Afterwards what was acknowledged is compared with what is there.
// Events go through a queue that outlives a kill (durable-ingest/), because wrangler's does not.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lakeCache } from '../../batch/lake/cache.ts'
import { countEmbedded, countExperiment } from '../../batch/counting/counts.ts'
import { askedMinutes, minutesCounter } from '../../batch/counting/operation-minutes.ts'
import { recordsInPlace } from '../../batch/counting/records-in-place.ts'
import { onDisk } from '../../batch/lake/record-source.ts'
import { s3Store } from '../../batch/lake/s3.ts'
import { loadChdb, openClickHouse } from '../../batch/lake/clickhouse.ts'
import type { Experiment } from '../../core/model/experiment.ts'
import type { Flag } from '../../core/model/flag.ts'
import type { Operation } from '../../core/model/operation.ts'
import { call } from '../../scripts/admin.ts'
import { demoEnvironment, seedDemo } from '../../scripts/demo-data.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { randomFrom } from '../support/bad-input/mutations.ts'
import { pause, readLake } from '../support/environment.ts'
import { freePort } from '../../scripts/free-port.ts'
import {
  changesLost,
  eventsLost,
  expectedCounts,
  type Ledger,
  newLedger,
  protocols,
  type Visitor,
} from './ledger.ts'
import { changeFlag, createGoals, flagKey, goalEvent, report, type Target, visit } from './traffic.ts'

const flags = ['soaked-0', 'soaked-1', 'soaked-2']
/** Traffic lasts so long at least and at most before a kill. */
const [aliveMinMs, aliveMaxMs] = [100, 5_000]
/** Every second visitor whose request was cut off sends it again; the others never come back. */
const returns = (index: number) => index % 2 === 0
const path = `/environments/${demoEnvironment}`

export interface KillReport {
  readonly kills: number
  readonly acknowledgedChanges: number
  readonly acknowledgedEvents: number
  /** Requests of events that a kill cut off. */
  readonly cutEvents: number
  /** Copies in the lake beyond one of each event. */
  readonly copies: number
  readonly startMs: readonly number[]
  /** Sentences; none if all is well. */
  readonly findings: readonly string[]
}

export async function soakWithKills(
  kills: number,
  seed: number,
  progress: (line: string) => void,
): Promise<KillReport> {
  const directory = mkdtempSync(join(tmpdir(), 'tackline-kills-'))
  const port = await freePort()
  const random = randomFrom(seed)
  const ledger = newLedger()
  const findings: string[] = []
  const startMs: number[] = []
  let cutEvents = 0
  let stack = await start('reset')
  try {
    const { clientKey } = await seedDemo(stack, demoEnvironment)
    for (const key of flags) await call(stack, 'POST', `${path}/flags`, draft(key))
    const { flags: stored } = await call<{ flags: Flag[] }>(stack, 'GET', `${path}/flags`)
    const ruleId = stored.find(({ key }) => key === flagKey)!.defaultStrategy.id
    const target = () => ({ stack, environmentId: demoEnvironment, clientKey, ruleId })
    let returning: Visitor[] = []
    for (let kill = 1; kill <= kills; kill++) {
      const visitorsBefore = ledger.visitors.length
      const traffic = startTraffic(target(), ledger, returning)
      await pause(aliveMinMs + random() * (aliveMaxMs - aliveMinMs))
      await stack.kill()
      await traffic
      stack = await start('keep')
      findings.push(...(await compareChanges(target(), ledger)).map((finding) => `kill ${kill}: ${finding}`))
      const cut = ledger.visitors.slice(visitorsBefore).filter(isCut)
      cutEvents += cut.length
      returning = [...returning.filter(isCut), ...cut.filter((_, index) => returns(index))]
      if (kill % 10 === 0)
        progress(`${kill} kills, ${ledger.acknowledgedChanges} changes, ${ledger.visitors.length} visitors`)
    }
    const { copies, lost } = await compareEvents(target(), ledger, directory)
    findings.push(...lost)
    const outcomes = ledger.visitors.flatMap(({ exposure, goal }) => [exposure, goal])
    const acknowledgedEvents = outcomes.filter((outcome) => outcome === 'acknowledged').length
    const { acknowledgedChanges } = ledger
    return { kills, acknowledgedChanges, acknowledgedEvents, cutEvents, copies, startMs, findings }
  } finally {
    await stack.stop()
    rmSync(directory, { recursive: true, force: true })
  }

  async function start(state: 'keep' | 'reset'): Promise<Stack> {
    const from = performance.now()
    const configs = {
      edge: 'test/soak/durable-edge/wrangler.toml',
      ingest: 'test/soak/durable-ingest/wrangler.toml',
    }
    const started = await startStack({ port, directory, state, configs })
    startMs.push(performance.now() - from)
    return started
  }
}

const isCut = ({ exposure, goal }: Visitor) => exposure === 'asked' || goal === 'asked'

/** Ends when every lane has met the kill. */
async function startTraffic(target: Target, ledger: Ledger, returning: readonly Visitor[]): Promise<void> {
  await Promise.allSettled([
    ...flags.map((key) => changeFlag(target, key, ledger)),
    createGoals(target, ledger),
    ...returning.map((visitor) => report(target, visitor)),
    ...protocols.flatMap((protocol) => [visit(target, protocol, ledger), visit(target, protocol, ledger)]),
  ])
}

const draft = (key: string) => ({
  key,
  type: 'boolean',
  variations: [
    { id: `${key}-on`, value: 'true' },
    { id: `${key}-off`, value: 'false' },
  ],
  offVariationId: `${key}-off`,
  defaultStrategy: { strategy: { kind: 'fixed', variationId: `${key}-on` } },
})

const publishedWithinMs = 15_000

async function compareChanges({ stack, clientKey }: Target, ledger: Ledger): Promise<string[]> {
  const [{ flags: stored }, goals, { revisions }] = await Promise.all([
    call<{ flags: Flag[] }>(stack, 'GET', `${path}/flags`),
    allGoals(stack),
    call<{ revisions: { number: number }[] }>(stack, 'GET', `${path}/revisions?limit=200`),
  ])
  const numbers = revisions.map(({ number }) => number)
  const findings = changesLost(ledger, { flags: stored, goals, revisions: numbers })
  const wanted = JSON.stringify({
    revision: String(numbers[0]),
    versions: stored.map(({ key, version }) => `${key} ${version}`).toSorted(),
  })
  const deadline = Date.now() + publishedWithinMs
  let served = ''
  while (served !== wanted && Date.now() < deadline) served = await versionsServed(stack, clientKey)
  return served === wanted ? findings : [...findings, `edge serves ${served}, D1 has ${wanted}`]
}

/** A page has at most 200. */
async function allGoals(stack: Stack): Promise<{ key: string }[]> {
  const goals: { key: string }[] = []
  for (let cursor = ''; ;) {
    const page = await call<{ goals: { key: string }[]; nextCursor?: string }>(
      stack,
      'GET',
      `${path}/goals?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    goals.push(...page.goals)
    if (page.nextCursor === undefined) return goals
    cursor = page.nextCursor
  }
}

async function versionsServed({ url }: Stack, clientKey: string): Promise<string> {
  const response = await fetch(`${url}/ofrep/v1/evaluate/flags`, {
    method: 'POST',
    headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
    body: '{"context":{"targetingKey":"ada"}}',
  })
  if (!response.ok) return String(response.status)
  const { flags: decided, metadata } = (await response.json()) as {
    flags: { key: string; metadata: { version: string } }[]
    metadata: { version: string }
  }
  const versions = decided.map((each) => `${each.key} ${each.metadata.version}`).toSorted()
  return JSON.stringify({ revision: metadata.version, versions })
}

const drainedWithinMs = 60_000

/** Compares the lake with the ledger, and what the project's own queries count with what they must count. */
async function compareEvents(
  { stack, environmentId, clientKey, ruleId }: Target,
  ledger: Ledger,
  directory: string,
): Promise<{ copies: number; lost: string[] }> {
  const deadline = Date.now() + drainedWithinMs
  const waiting = async () =>
    ((await (await fetch(`${stack.url}/queue`)).json()) as { waiting: number }).waiting
  while ((await waiting()) > 0 && Date.now() < deadline) await pause(200)
  const records = await readLake({ ...stack, environmentId, clientKey, serverKey: '' })
  const lost = eventsLost(ledger, records).map((event) => `${event} is lost`)
  const store = s3Store({
    endpoint: `${stack.url}/cdn-cgi/local/r2/s3`,
    bucket: 'tackline-lake',
    accessKeyId: 'local',
    secretAccessKey: 'local-secret',
  })
  const window = { from: ledger.visitors[0]!.at - 3_600_000, to: Date.now() + 3_600_000 }
  const cached = await lakeCache(store, join(directory, 'lake'), Date.now()).files(environmentId, window)
  if (!cached.ok) throw new Error(cached.problem.message)
  const files = cached.value
  lost.push(...files.damaged.map((object) => `${object.key} is damaged: ${object.reason}`))
  const clickHouse = openClickHouse(loadChdb)
  const count = countEmbedded(clickHouse)
  const experiment = { flagKey, ruleId } as Experiment
  const counted = await countExperiment(count, files, experiment, window, goalEvent)
  if (!counted.ok) throw new Error(counted.problem.message)
  const expected = expectedCounts(ledger, records)
  for (const [variationId, wanted] of expected) {
    const row = counted.value.find((each) => each.variationId === variationId)
    const found = { users: row?.users, conversions: row?.conversions }
    if (JSON.stringify(found) !== JSON.stringify(wanted) || row?.usersInTwoVariations !== 0)
      lost.push(`${variationId}: counted ${JSON.stringify(row)}, must be ${JSON.stringify(wanted)}`)
    const operation = { flagKey, variationId, comparison: 'at-least', countingFrom: window.from } as Operation
    const watched = askedMinutes({ operation, event: goalEvent }, 1, window.to)
    const minutes = await minutesCounter(clickHouse, recordsInPlace(clickHouse, onDisk))(files, [watched])
    if (!minutes.ok) throw new Error(minutes.problem.message)
    const sumOf = (field: 'users' | 'goalUsers') =>
      minutes.value[0]!.reduce((sum, row) => sum + row[field], 0)
    if (sumOf('users') !== wanted.users || sumOf('goalUsers') !== wanted.conversions)
      lost.push(
        `${variationId}: the operation counted ${sumOf('users')} users and ${sumOf('goalUsers')} with the goal, ` +
          `must be ${JSON.stringify(wanted)}`,
      )
  }
  if (counted.value.length !== expected.size) lost.push('a variation was counted that nobody was given')
  const distinct = new Set(records.map(({ kind, targetingKey }) => `${kind} ${targetingKey}`))
  return { copies: records.length - distinct.size, lost }
}
