// Requests with events to edge, beside a route that parses the same request and sends the same bytes to the
// queue: both in one workerd, in turn.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventRecord } from '../../analytics/records.ts'
import { compile } from '../../core/evaluation/compile.ts'
import { evaluate } from '../../core/evaluation/evaluate.ts'
import type { Snapshot } from '../../core/model/snapshot.ts'
import type { Ports } from '../../workers/contracts/ports.ts'
import { makeSdkKey } from '../../workers/http/sdk-key.ts'
import { bucketeerRoutes } from '../../workers/protocols/bucketeer/routes.ts'
import { flagshipIoRoutes } from '../../workers/protocols/flagship-io/routes.ts'
import { ofrepRoutes } from '../../workers/protocols/ofrep/routes.ts'
import { pack } from '../../workers/storage/event-queue.ts'
import { toFlags } from '../contenders/flagd.ts'
import { load, once } from '../edge/load.ts'
import { bundleAll, type EdgeServer, startEdge } from '../edge/server.ts'
import { median, ratio, short } from '../numbers.ts'
import { toSnapshot } from '../tackline.ts'
import { users } from '../users.ts'
import { slice, workload } from '../workloads.ts'
import { workerdVersion } from '../workerd/server.ts'

const environmentId = 'bench'
const key = makeSdkKey('client', environmentId, new Uint8Array(24).fill(7))
const { flags } = slice(workload('W4'), 200)
const snapshot: Snapshot = {
  ...toSnapshot(flags, 'percent'),
  sdkKeys: [{ id: 'bench', role: 'client', sha256: createHash('sha256').update(key).digest('hex') }],
}
const compiled = compile(snapshot)
const callers = users().slice(0, 50)
const connections = 8
const warmUps = 3

interface Case {
  readonly name: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly status: number
  readonly body: string
  /** What edge sends to the queue. */
  readonly message: string
}

const attributesOf = ({ id: _, ...user }: (typeof callers)[number]) =>
  Object.fromEntries(Object.entries(user).map(([name, value]) => [name, String(value)]))

/** What the SDK of this user was told of the flag, and reports. */
function decided(user: (typeof callers)[number], flagKey: string) {
  const attributes = attributesOf(user)
  const { cause, flag, variation } = evaluate(compiled, flagKey, { targetingKey: user.id, attributes })
  const ruleId = 'ruleId' in cause ? cause.ruleId : ''
  const type = ruleId === '' ? 'OFF_VARIATION' : ruleId === flag!.defaultStrategy.id ? 'DEFAULT' : 'RULE'
  return { variationId: variation!.id, reason: { type, ...(type === 'RULE' && { ruleId }) } }
}

const requests = (events: number): Omit<Case, 'message'>[] => {
  const some = callers.slice(0, events)
  const timestamp = Math.floor(Date.now() / 1_000)
  return [
    {
      name: `Bucketeer, ${events}`,
      path: '/register_events',
      headers: { authorization: key },
      status: 200,
      body: JSON.stringify({
        events: some.map((user, i) => ({
          id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
          type: 3,
          event: {
            '@type': 'type.googleapis.com/bucketeer.event.client.EvaluationEvent',
            timestamp,
            featureId: flags[i % flags.length]!.key,
            featureVersion: 1,
            userId: user.id,
            user: { id: user.id, data: attributesOf(user) },
            ...decided(user, flags[i % flags.length]!.key),
            tag: 'web',
            sourceId: 7,
            sdkVersion: '2.6.1',
            metadata: {},
          },
        })),
        sdkVersion: '2.6.1',
        sourceId: 7,
      }),
    },
    {
      name: `OFREP, ${events}`,
      path: '/ofrep/v1/track',
      headers: { authorization: `Bearer ${key}` },
      status: 200,
      body: JSON.stringify({
        events: some.map((user, i) => ({
          kind: 'goal',
          name: 'purchase',
          value: i,
          id: `event-${i}`,
          context: { targetingKey: user.id, ...attributesOf(user) },
        })),
      }),
    },
    {
      name: `AB Tasty, ${events}`,
      path: '/',
      headers: { 'x-sdk-client': 'TypeScript', 'x-sdk-version': '5.2.0' },
      status: 204,
      body: JSON.stringify({
        cid: environmentId,
        ds: 'APP',
        t: 'BATCH',
        h: some.map((user, i) => ({
          vid: user.id,
          t: 'EVENT',
          ea: `purchase-${i}`,
          ec: 'Action Tracking',
          ev: i,
          qt: 5,
        })),
      }),
    },
  ]
}

/** The message that edge sends: the product's own code, in this process. */
async function messageOf({ path, headers, body, status }: Omit<Case, 'message'>): Promise<string> {
  const sent: EventRecord[] = []
  const ports = {
    snapshots: { read: () => ({ status: 'ready', compiled, staleMs: 0 }) },
    limits: { allows: () => true, countRecords: () => undefined },
    assignments: { read: () => Promise.resolve([]), keep: () => undefined },
    events: {
      send: (records: readonly EventRecord[]) => {
        sent.push(...records)
        return Promise.resolve({ ok: true, tooLarge: [] })
      },
      countRefused: () => undefined,
    },
    exposureSecret: undefined,
    now: () => Date.now(),
  } as unknown as Ports
  const routes = [bucketeerRoutes, ofrepRoutes, flagshipIoRoutes].map((make) => make(ports))
  const handler = routes[['/register_events', '/ofrep/v1/track', '/'].indexOf(path)]!
  const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body }
  const answer = await handler.fetch(new Request(`http://bench.test${path}`, init), {}, path)
  const { messages } = pack(sent)
  if (answer.status !== status || messages.length !== 1)
    throw new Error(`${path}: ${answer.status} ${await answer.text()}, ${messages.length} messages`)
  return messages[0]!
}

export async function benchIntake(isQuick: boolean): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tackline-events-'))
  try {
    await bundleAll(directory)
    const server = await startEdge(directory, {
      snapshot: JSON.stringify(snapshot),
      flagdFlags: toFlags(flags),
    })
    try {
      const rounds = isQuick ? 9 : 25
      console.log(
        '| events in a request | requests a second | events a second | CPU a request | of the bare route |',
      )
      console.log('| --- | ---: | ---: | ---: | ---: |')
      for (const events of [50, 1])
        for (const each of requests(events)) await compare(server, each, events, rounds)
      console.log(`\nworkerd ${workerdVersion()}, ${rounds} rounds over ${connections} connections`)
    } finally {
      await server.stop()
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function compare(server: EdgeServer, each: Omit<Case, 'message'>, events: number, rounds: number) {
  const message = await messageOf(each)
  await once({ method: 'PUT', path: '/bytes', bodies: [message], port: server.port('bare') })
  const request = { method: 'POST', headers: each.headers, bodies: [each.body] }
  const answer = await once({ ...request, path: each.path, port: server.port('edge') })
  if (answer.status !== each.status) throw new Error(`${each.name}: ${answer.status} ${answer.text}`)
  const sides = {
    edge: { ...request, path: each.path, port: server.port('edge'), status: each.status },
    bare: { ...request, path: '/queue', port: server.port('bare'), status: 204 },
  }
  const rate = { edge: [] as number[], bare: [] as number[] }
  const cpu = { edge: [] as number[], bare: [] as number[] }
  const perRound = events === 1 ? 300 : 150
  for (let round = -warmUps; round < rounds; round++)
    for (const name of round % 2 === 0 ? (['edge', 'bare'] as const) : (['bare', 'edge'] as const)) {
      const { status, ...side } = sides[name]
      const before = server.spentNs()
      const took = await load(side, connections, perRound, status)
      if (round < 0) continue
      cpu[name].push((server.spentNs() - before) / took.requests / 1_000)
      rate[name].push(took.requests / took.seconds)
    }
  const cells = (name: string, own: 'edge' | 'bare', share: string) =>
    console.log(
      `| ${name} | ${short(median(rate[own]))} | ${short(events * median(rate[own]))} | ` +
        `${short(median(cpu[own]))} µs | ${share} |`,
    )
  cells(`${each.name}: bare`, 'bare', '')
  const share = Math.round(100 * ratio(rate.edge, rate.bare))
  cells(each.name, 'edge', `${share} % (CPU ${ratio(cpu.edge, cpu.bare).toFixed(2)} ×)`)
}
