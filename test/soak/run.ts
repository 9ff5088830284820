// `npm run soak`: edge at full load for minutes in a bare workerd, all protocols at the same time, while its
// environment is published anew every second. Exits with 1 if any response is wrong, or if memory grows after
// the warm-up. With `--kill N` it is the soak with kills instead (kill.ts).
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeSdkKey } from '../../workers/http/sdk-key.ts'
import { type LoadRequest, load, once } from '../../bench/edge/load.ts'
import { bundleAll, isolateHeapMax, startEdge } from '../../bench/edge/server.ts'
import { exitWithUsage, readOptions, readWholeNumber } from '../../scripts/command-line.ts'
import { median } from '../../bench/numbers.ts'
import { toSnapshot } from '../../bench/tackline.ts'
import { users } from '../../bench/users.ts'
import { slice, workload } from '../../bench/workloads.ts'
import { type KillReport, soakWithKills } from './kill.ts'

const { values } = readOptions({
  minutes: { type: 'string', default: '10' },
  kill: { type: 'string' },
  seed: { type: 'string', default: '1' },
})
if (values.kill !== undefined) {
  const kills = readWholeNumber('kill', values.kill, 1, 10_000)
  const report = await soakWithKills(kills, readWholeNumber('seed', values.seed, 0, 2 ** 32 - 1), console.log)
  printKills(report)
  process.exit(report.findings.length === 0 ? 0 : 1)
}
const minutes = /^\d{1,3}(\.\d{1,3})?$/.test(values.minutes) ? Number(values.minutes) : 0
if (minutes === 0) exitWithUsage(`--minutes takes a number above 0 and below 1,000, not '${values.minutes}'.`)
const forMs = minutes * 60_000
const connectionsEach = 3
const requestsAtOnce = 500
const sampleMs = 2_000
/**
 * The warm-up is the first fifth of the time. Afterwards memory may grow by no more than the garbage that has
 * not been collected yet.
 */
const growthMax = 1.15

const key = makeSdkKey('client', 'bench', new Uint8Array(24).fill(7))
const sha256 = createHash('sha256').update(key).digest('hex')
const { flags } = slice(workload('W4'), 200)
const snapshot = JSON.stringify({
  ...toSnapshot(flags, 'percent'),
  sdkKeys: [{ id: 'client', role: 'client', sha256 }],
})
const { id, ...attributes } = users()[0]!
const data = { country: attributes.country, appVersion: attributes.appVersion }
const goal = {
  '@type': 'type.googleapis.com/bucketeer.event.client.GoalEvent',
  timestamp: Math.floor(Date.now() / 1_000),
  goalId: 'bought',
  userId: id,
  value: 1,
}

const requests: Record<string, [request: Omit<LoadRequest, 'port'>, status: number]> = {
  'OFREP, one flag': [ofrep('/flag-0004'), 200],
  'OFREP, all flags': [ofrep(''), 200],
  'Bucketeer, all flags': [post('/get_evaluations', { authorization: key }, { user: { id, data } }), 200],
  'Bucketeer, an event': [
    post('/register_events', { authorization: key }, { events: [{ id: 'event', event: goal }] }),
    200,
  ],
  'AB Tasty, a decision': [
    post('/v2/bench/campaigns', { 'x-api-key': key }, { visitor_id: id, context: data, trigger_hit: false }),
    200,
  ],
  'AB Tasty, the file': [
    { method: 'GET', path: '/bench/bucketing.json', headers: { 'accept-encoding': 'br' } },
    200,
  ],
}

function post(path: string, headers: Record<string, string>, body: unknown): Omit<LoadRequest, 'port'> {
  return { method: 'POST', path, headers, bodies: [JSON.stringify(body)] }
}

function ofrep(path: string): Omit<LoadRequest, 'port'> {
  const context = { targetingKey: id, ...attributes }
  return post(`/ofrep/v1/evaluate/flags${path}`, { authorization: `Bearer ${key}` }, { context })
}

const directory = mkdtempSync(join(tmpdir(), 'tackline-soak-'))
try {
  await bundleAll(directory)
  const server = await startEdge(directory, {
    snapshot,
    flagdFlags: '{"flags":{}}',
    publish: 'every second',
    heapMax: isolateHeapMax,
  })
  const port = server.port('edge')
  const until = Date.now() + forMs
  const answered = new Map<string, number>()
  const memory: number[] = []
  const lags: number[] = []
  try {
    await Promise.all([
      ...Object.entries(requests).map(async ([name, [request, status]]) => {
        while (Date.now() < until) {
          await load({ ...request, port }, connectionsEach, requestsAtOnce, status)
          answered.set(name, (answered.get(name) ?? 0) + requestsAtOnce)
        }
      }),
      sample(sampleMs, () => memory.push(server.residentBytes() / 1e6)),
      sample(100, async () => {
        const askedAt = Date.now()
        const { headers } = await once({ ...ofrep('/flag-0004'), port })
        lags.push(Math.max(0, askedAt - (Number(headers.get('x-revision')) + 1) * 1_000))
      }),
    ])
  } finally {
    await server.stop()
  }
  const growth = report(answered, memory, lags)
  if (growth > growthMax) throw new Error(`memory has grown to ${growth.toFixed(2)} times what it was`)

  async function sample(everyMs: number, take: () => unknown): Promise<void> {
    while (Date.now() < until) {
      await take()
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}

/** Memory at the end, as a multiple of its size after the warm-up. */
function report(
  answered: ReadonlyMap<string, number>,
  memory: readonly number[],
  lags: readonly number[],
): number {
  const fifth = Math.ceil(memory.length / 5)
  const [warm, end] = [memory.slice(fifth, 2 * fifth), memory.slice(-fifth)].map(median) as [number, number]
  const sorted = lags.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
  const total = [...answered.values()].reduce((sum, each) => sum + each, 0)
  console.log(`${values.minutes} minutes, a publication every second, every answer as it should be\n`)
  console.log('| figure | value |\n| --- | ---: |')
  for (const [name, count] of answered) console.log(`| ${name}, answers | ${count.toLocaleString('en-US')} |`)
  console.log(`| all answers | ${total.toLocaleString('en-US')} |`)
  console.log(`| a second | ${Math.round(total / (forMs / 1_000)).toLocaleString('en-US')} |`)
  console.log('| answers of 500 and above | 0 |')
  console.log(`| resident memory, second fifth of the time | ${Math.round(warm)} MB |`)
  console.log(`| resident memory, last fifth | ${Math.round(end)} MB |`)
  console.log(`| most | ${Math.round(Math.max(...memory))} MB |`)
  console.log(`| decided by a revision that was replaced for: median | ${at(0.5)} ms |`)
  console.log(`| 99th percentile | ${at(0.99)} ms |`)
  console.log(`| most | ${at(1)} ms |`)
  return end / warm
}

function printKills({ findings, startMs, ...figures }: KillReport): void {
  console.log('| figure | value |\n| --- | ---: |')
  for (const [name, value] of Object.entries(figures))
    console.log(`| ${name} | ${value.toLocaleString('en-US')} |`)
  console.log(`| start after a kill, median | ${(median(startMs) / 1_000).toFixed(1)} s |`)
  console.log(`| findings | ${findings.length} |`)
  for (const finding of findings) console.log(`\n${finding}`)
}
