// Compares a whole request to the AB Tasty routes with OFREP's response for the same hundred flags: CPU time
// in this process, from the request to the read response. Prints Markdown. `npm run bench:edge` measures
// through workerd.
import { createHash } from 'node:crypto'
import { compile } from '../../core/evaluation/compile.ts'
import { makeSdkKey } from '../../workers/http/sdk-key.ts'
import type { Ports } from '../../workers/contracts/ports.ts'
import { flagshipIoRoutes } from '../../workers/protocols/flagship-io/routes.ts'
import { ofrepRoutes } from '../../workers/protocols/ofrep/routes.ts'
import { median, ratio, short } from '../numbers.ts'
import { toSnapshot } from '../tackline.ts'
import { cpuNanoseconds } from '../timing.ts'
import { users } from '../users.ts'
import { slice, workload } from '../workloads.ts'

const flags = 100
const rounds = 15
const callsARound = 500
const environmentId = 'bench'
const key = makeSdkKey('client', environmentId, new Uint8Array(24).fill(7))
const snapshot = {
  ...toSnapshot(slice(workload('W4'), flags).flags, 'percent'),
  environmentId,
  sdkKeys: [
    { id: 'client', role: 'client' as const, sha256: createHash('sha256').update(key).digest('hex') },
  ],
}
const compiled = compile(snapshot)
let sent = 0
const ports: Ports = {
  snapshots: { read: () => ({ status: 'ready', compiled, staleMs: 0 }) },
  foreignKeys: { knows: () => true, environmentOf: () => Promise.resolve({ status: 'unknown' }) },
  limits: { allows: () => true, countRecords: () => undefined },
  events: {
    send: (records) => {
      sent += records.length
      return Promise.resolve({ ok: true, tooLarge: [] })
    },
    countRefused: () => undefined,
  },
  assignments: { read: () => Promise.resolve(undefined), keep: () => undefined },
  defer: (work) => void work,
  feed: { subscribe: () => Promise.resolve(() => {}) },
  exposureSecret: undefined,
  now: () => Date.now(),
}
const handlers = { flagship: flagshipIoRoutes(ports), ofrep: ofrepRoutes(ports) }
const people = users().slice(0, 200)
const json = { 'content-type': 'application/json' }
const asFlagship = { ...json, 'x-api-key': key, 'x-sdk-client': 'TypeScript', 'x-sdk-version': '5.2.0' }
const asOfrep = { ...json, authorization: `Bearer ${key}` }
const bodies = people.map(({ id, ...context }) => ({
  /** The request of the published SDK, with what it adds to every context. */
  flagship: JSON.stringify({
    visitorId: id,
    anonymousId: null,
    trigger_hit: false,
    context: { ...context, fs_client: 'TypeScript', fs_version: '5.2.0', fs_users: id },
    visitor_consent: true,
  }),
  activating: JSON.stringify({ visitorId: id, context, trigger_hit: true }),
  ofrep: JSON.stringify({ context: { targetingKey: id, ...context } }),
}))
const bodyOf = (i: number) => bodies[i % bodies.length]!

const post = (path: string, body: string, headers: Record<string, string>) =>
  new Request(`https://edge.test${path}`, {
    method: 'POST',
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    body,
  })
const campaigns = (i: number, query: string) =>
  handlers.flagship.fetch(post(`/v2/bench/campaigns${query}`, bodyOf(i).flagship, asFlagship), {})
const bulk = (i: number, headers = asOfrep) =>
  handlers.ofrep.fetch(post('/ofrep/v1/evaluate/flags', bodyOf(i).ofrep, headers), {})
const file = (headers: Record<string, string>) =>
  handlers.flagship.fetch(new Request('https://edge.test/bench/bucketing.json', { headers }), {})

const tags = await Promise.all(people.map(async (_, i) => (await bulk(i)).headers.get('etag')!))
const modified = (await file({})).headers.get('last-modified')!
const reference = 'OFREP bulk, 200'
const ofSdk = '?exposeAllKeys=true&extras[]=accountSettings'

const cases: Record<string, [status: number, send: (i: number) => Response | Promise<Response>]> = {
  [reference]: [200, (i) => bulk(i)],
  'OFREP bulk, 304': [304, (i) => bulk(i, { ...asOfrep, 'if-none-match': tags[i % tags.length]! } as never)],
  'campaigns as the SDK requests them': [200, (i) => campaigns(i, ofSdk)],
  'campaigns, `sendContextEvent=false`': [200, (i) => campaigns(i, `${ofSdk}&sendContextEvent=false`)],
  'campaigns, `mode=simple`': [200, (i) => campaigns(i, '?mode=simple')],
  'campaigns that are all activated': [
    200,
    (i) => handlers.flagship.fetch(post('/v2/bench/campaigns', bodyOf(i).activating, asFlagship), {}),
  ],
  'flags with metadata': [
    200,
    (i) => handlers.flagship.fetch(post('/v2/bench/flags', bodyOf(i).flagship, asFlagship), {}),
  ],
  'bucketing file, 304 by date': [304, () => file({ 'if-modified-since': modified })],
}

const taken = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]))
const bytes = new Map<string, number>()
for (let round = -3; round < rounds; round++) {
  for (const [name, [status, send]] of Object.entries(cases)) {
    const spent = await cpuNanoseconds(async () => {
      for (let i = 0; i < callsARound; i++) {
        const answer = await send(i)
        const text = await answer.text()
        if (answer.status !== status) throw new Error(`${name}: ${answer.status} ${text}`)
        bytes.set(name, text.length)
      }
    })
    if (round >= 0) taken.get(name)!.push(spent / callsARound / 1_000)
  }
}
if (sent === 0) throw new Error('nothing was activated')
console.log(`| ${flags} flags of W4 | CPU | times OFREP bulk | bytes |\n| --- | ---: | ---: | ---: |`)
for (const [name, spent] of taken) {
  const times = ratio(spent, taken.get(reference)!).toFixed(2)
  console.log(`| ${name} | ${short(median(spent))} µs | ${times} | ${bytes.get(name)} |`)
}
