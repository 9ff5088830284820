// Plays one schedule in an environment of its own: events come while edge's queue, ingest, R2, D1, the runner
// and its endpoints fail; then all is well again, and nobody repairs anything.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { badPrefix, deadLetterPrefix } from '../../analytics/lake.ts'
import { call } from '../../scripts/admin.ts'
import type { Stack } from '../../scripts/stack.ts'
import { randomFrom } from '../support/bad-input/mutations.ts'
import { createTestEnvironment, executeSql, localStore, pause, readObjects } from '../support/environment.ts'
import {
  type Counts,
  eventsLost,
  expectedCounts,
  newLedger,
  protocols,
  type Visitor,
} from '../soak/ledger.ts'
import { arrive, flagKey, goalEvent, partsInOrder, report, type Target } from '../soak/traffic.ts'
import { harmCache } from './cache-files.ts'
import { noWorkerFaults, type Progress, type WorkerFaults } from './faults.ts'
import { judgeCounts, judgeQuiet, judgeRun } from './judge.ts'
import { damaged, noProxyFaults, type ProxyPlan } from './proxy.ts'
import { type Run, runBatch, type RunnerSetting } from './runner.ts'
import type { Schedule } from './schedule.ts'

export interface Played {
  readonly schedule: Schedule
  readonly environmentId: string
  /** Sentences; none if all is well so far. */
  readonly findings: string[]
  /** What has to be counted, by variation. */
  readonly expected: ReadonlyMap<string, Counts>
  readonly acknowledged: number
  /** Records in the lake beyond one of each event. */
  readonly copies: number
  readonly runs: readonly Run[]
}

/** The variation of the operation. */
export const watched = 'a'
const settledWithinMs = 120_000
const lanes = 6
const minuteMs = 60_000
/** Minutes apart, so that the latency of a request is not what puts a goal before its exposure. */
const [exposedAgoMs, convertedAgoMs] = [40 * minuteMs, 30 * minuteMs]
/** Of the visitors, who reached the goal before they were exposed. A copy of it may count after that. */
const earlyShare = 0.25
const earlyAgoMs = 50 * minuteMs
/** Copies of a body from so long ago; none counts in the future. */
const staleMinutesMax = 25

export async function play(schedule: Schedule, stack: Stack, setting: RunnerSetting): Promise<Played> {
  const folder = mkdtempSync(join(tmpdir(), 'tackline-chaos-'))
  const random = randomFrom(schedule.seed)
  const ledger = newLedger()
  const findings: string[] = []
  const runs: Run[] = []
  const environmentId = `chaos-${schedule.seed}`
  const cache = join(folder, 'cache')
  const here = { url: stack.url, environmentId }

  async function run(order: string, plan: ProxyPlan, cacheFolder = cache): Promise<Run> {
    const done = await runBatch(setting, order, environmentId, plan, cacheFolder)
    runs.push(done)
    return done
  }
  const note = (when: string, found: readonly string[]) =>
    findings.push(...found.map((finding) => `${when}: ${finding}`))

  try {
    const target = await makeEnvironment(stack, environmentId)
    await setFaults(stack, schedule.workers)
    const traffic = sendEvents(target)
    for (const { order, plan, cache: harm } of schedule.during) {
      harmCache(cache, harm, random)
      const done = await run(order, plan)
      note('under faults', judgeRun(done, plan.killAt > 0, environmentId))
    }
    await traffic
    note('afterwards', await settle(stack))
    if ((await deadLetters()) > 0) {
      const replayed = await run('replay', noProxyFaults)
      if (replayed.exitCode !== 0) note('replay', [`ended with ${replayed.exitCode}: ${replayed.errors}`])
    }
    const records = [...(await readObjects(here)).values()].flat()
    note(
      'in the lake',
      eventsLost(ledger, records).map((event) => `${event} is lost`),
    )
    note('in the lake', await badObjects())
    if (schedule.object !== 'sound') await withDamagedObject(schedule.object)
    if (schedule.database === 'away') await withoutDatabase()
    if (schedule.killed) {
      const done = await run('compact', schedule.killed)
      note('a compaction is killed', judgeRun(done, true, environmentId))
    }
    const wanted = expectedCounts(ledger, records)
    harmCache(cache, schedule.cache, random)
    const healed = await run('all', noProxyFaults)
    note('the next run', [...judgeQuiet(healed), ...judgeCounts(healed, environmentId, wanted, watched)])
    const distinct = new Set(records.map(({ kind, targetingKey }) => `${kind} ${targetingKey}`))
    const outcomes = ledger.visitors.flatMap(({ exposure, goal }) => [exposure, goal])
    return {
      schedule,
      environmentId,
      findings,
      expected: wanted,
      acknowledged: outcomes.filter((outcome) => outcome === 'acknowledged').length,
      copies: records.length - distinct.size,
      runs,
    }
  } finally {
    await setFaults(stack, noWorkerFaults)
    rmSync(folder, { recursive: true, force: true })
  }

  /** Ends when every event is acknowledged, or its client has gone. */
  async function sendEvents(target: Target): Promise<void> {
    const numbers = Array.from({ length: schedule.visitors }, (_, i) => i)
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        for (let i = numbers.shift(); i !== undefined; i = numbers.shift()) {
          const now = Date.now()
          const protocol = protocols[i % protocols.length]!
          const goalAgoMs = random() < earlyShare ? earlyAgoMs : convertedAgoMs
          const visitor = await arrive(target, protocol, ledger, now - exposedAgoMs, now - goalAgoMs)
          await reportUntilDone(target, visitor, schedule.staleShare, random)
        }
      }),
    )
  }

  /** With a cache that has no good copy. */
  async function withDamagedObject(how: 'empties' | 'damages'): Promise<void> {
    const when = 'an object is damaged'
    const store = localStore(stack.url)
    const objects = await readObjects(here)
    const keys = [...objects.keys()]
    if (keys.length === 0) return
    const key = keys[Math.floor(random() * keys.length)]!
    const good = await store.readVersion(key)
    if (!good.ok || !good.value) throw new Error(`${key} cannot be read`)
    const { bytes, etag } = good.value
    const bad = damaged(bytes, how, Math.floor(random() * 2 ** 31))
    const badEtag = await replaceObject(key, bad, etag)
    const done = await run('all', noProxyFaults, join(folder, 'damaged'))
    await replaceObject(key, bytes, badEtag)
    note(when, judgeRun(done, false, environmentId))
    const named = done.events
      .filter((event) => event.kind === 'damaged')
      .find(({ object }) => object.key === key)
    // What a compaction has read before is counted from its part.
    const mayBeCompacted = runs.some(({ order }) => order === 'compact')
    if (!named && !mayBeCompacted) note(when, [`${key} is not named`])
    const isMissing = named !== undefined && !named.object.isCounted
    const records = [...objects].flatMap(([each, held]) => (isMissing && each === key ? [] : held))
    note(when, judgeCounts(done, environmentId, expectedCounts(ledger, records), watched))
  }

  async function replaceObject(key: string, body: Uint8Array, etag: string): Promise<string> {
    const store = localStore(stack.url)
    const replaced = await store.replace(key, body, etag)
    const version = await store.readVersion(key)
    if (!replaced.ok || replaced.value !== 'replaced' || !version.ok || !version.value)
      throw new Error(`${key} cannot be replaced`)
    return version.value.etag
  }

  async function withoutDatabase(): Promise<void> {
    const rename = (from: string, to: string) => executeSql(stack.url, `ALTER TABLE ${from} RENAME TO ${to}`)
    await rename('experiment_results', 'experiment_results_gone')
    const done = await run('all', noProxyFaults)
    await rename('experiment_results_gone', 'experiment_results')
    note('without D1', judgeRun(done, false, environmentId))
    const isWatched = done.events.some(({ kind }) => kind === 'watched')
    if (!isWatched) note('without D1', ['the operation was not counted, though it needs no results'])
  }

  async function deadLetters(): Promise<number> {
    return (await keysOf(deadLetterPrefix)).length
  }

  async function badObjects(): Promise<string[]> {
    return (await keysOf(badPrefix)).map((key) => `${key} was taken for bad`)
  }

  async function keysOf(prefix: string): Promise<string[]> {
    const listed = await localStore(stack.url).list(prefix)
    if (!listed.ok) throw new Error(listed.problem.message)
    return listed.value.map(({ key }) => key)
  }
}

/** Of the clients, who never come back after a failure. */
const goneShare = 0.1
/** Of events that were acknowledged, and are sent again: the answer was lost on the way. */
const againShare = 0.2

async function reportUntilDone(
  target: Target,
  visitor: Visitor,
  staleShare: number,
  random: () => number,
): Promise<void> {
  const parts = random() < 0.3 ? partsInOrder.toReversed() : partsInOrder
  const isLeaving = random() < goneShare
  for (;;) {
    try {
      await report(target, visitor, parts)
      break
    } catch {
      if (isLeaving) return
      await pause(50)
    }
  }
  const sendAgain = (staleMs: number) => {
    const again: Visitor = { ...visitor, exposure: 'unsent', goal: 'unsent' }
    return report(target, again, parts, staleMs).catch(() => undefined)
  }
  if (random() < againShare) await sendAgain(0)
  if (random() < staleShare) await sendAgain(Math.ceil(random() * staleMinutesMax) * minuteMs)
}

async function makeEnvironment(stack: Stack, environmentId: string): Promise<Target> {
  const { clientKey } = await createTestEnvironment(stack, environmentId)
  const path = `/environments/${environmentId}`
  const shares = ['a', 'b'].map((variationId) => ({ variationId, weight: 50_000 }))
  const strategy = { strategy: { kind: 'rollout', shares } }
  const variations = ['a', 'b'].map((id) => ({ id, value: id }))
  const since = Date.now() - 120 * minuteMs
  const flag = { key: flagKey, type: 'string', enabled: true, variations, offVariationId: 'a' }
  await call(stack, 'POST', `${path}/flags`, { ...flag, defaultStrategy: strategy })
  await call(stack, 'POST', `${path}/goals`, { key: goalEvent })
  await call(stack, 'POST', `${path}/experiments`, {
    id: 'experiment',
    flagKey,
    goalKeys: [goalEvent],
    baselineVariationId: 'a',
    startAt: since,
    sharedAddress: true,
  })
  await call(stack, 'POST', `${path}/operations`, {
    id: 'operation',
    kind: 'event-rate',
    action: { kind: 'notify' },
    flagKey,
    variationId: watched,
    goalKey: goalEvent,
    comparison: 'at-least',
    threshold: 1,
    minimumUsers: 1_000_000,
    countingFrom: since,
  })
  const { flags } = await call<{ flags: { key: string; defaultStrategy: { id: string } }[] }>(
    stack,
    'GET',
    `${path}/flags`,
  )
  return { stack, environmentId, clientKey, ruleId: flags[0]!.defaultStrategy.id }
}

async function setFaults({ url }: Stack, faults: WorkerFaults): Promise<void> {
  const set = await fetch(`${url}/chaos`, { method: 'PUT', body: JSON.stringify(faults) })
  if (!set.ok) throw new Error(`the faults were not set: ${set.status} ${await set.text()}`)
}

export const progressOf = async ({ url }: Stack): Promise<Progress> =>
  (await (await fetch(`${url}/chaos`)).json()) as Progress

/** Ends the faults, and waits until ingest has settled what the queue took. */
async function settle(stack: Stack): Promise<string[]> {
  await setFaults(stack, noWorkerFaults)
  const deadline = Date.now() + settledWithinMs
  for (;;) {
    const { sent, settled } = await progressOf(stack)
    if (sent === settled) return []
    if (Date.now() > deadline) return [`${sent - settled} messages were never settled`]
    await pause(100)
  }
}
