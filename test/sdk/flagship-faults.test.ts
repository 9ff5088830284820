// AB Tasty's published SDK, Node and edge builds, while edge does not know the environment, has no snapshot,
// does not answer or cannot be reached. Nothing throws and the SDK returns defaults. Afterwards everything
// works without a restart, and late hits and exposures arrive.
import http from 'node:http'
import https from 'node:https'
import { pathToFileURL } from 'node:url'
import {
  type BucketingDTO,
  DecisionMode,
  EventCategory,
  type Flagship,
  FSSdkStatus,
  HitType,
  type Visitor,
} from '@flagship.io/js-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { identityOf } from '../../analytics/lake.ts'
import { type EventRecord, sameWithinMs } from '../../analytics/records.ts'
import { call } from '../../scripts/admin.ts'
import { bootstrapText } from '../../workers/protocols/flagship-io/bootstrap.ts'
import type { Faults } from '../e2e/chaos-edge/index.ts'
import { subjectOf } from '../support/record-subject.ts'
import { createTestEnvironment, pause, readLake, useOwnStack } from '../support/stack-fixture.ts'
import { flagshipOptions } from '../support/sdk/flagship-options.ts'
import { type FaultProxy, startFaultProxy } from '../support/sdk/fault-proxy.ts'

const stack = useOwnStack({ edge: 'test/e2e/chaos-edge/wrangler.toml' })
const request = https.request
const { fetch } = globalThis
let proxy: FaultProxy

beforeAll(async () => {
  proxy = await startFaultProxy(stack().url)
  const { default: point } = (await import(
    /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(bootstrapText)}`
  )) as { default: (to: string, ...modules: object[]) => void }
  point(proxy.url, https, http)
})
afterAll(() => {
  https.request = request
  globalThis.fetch = fetch
  proxy.close()
})

const chaos = async (faults: Faults) =>
  void (await fetch(`${stack().url}/chaos`, { method: 'PUT', body: JSON.stringify(faults) }))

/** An environment with one flag and one key. It exists only after `create`. */
let environmentCount = 0
function newEnvironment() {
  const environmentId = `faults-${++environmentCount}`
  const key = String(environmentCount).padStart(64, 'f00dcafe')
  const file = {
    campaigns: [
      {
        id: 'colour',
        variationGroups: [
          {
            id: `${environmentId}-all`,
            targeting: {
              targetingGroups: [{ targetings: [{ operator: 'EQUALS', key: 'fs_all_users', value: '' }] }],
            },
            variations: [
              { id: 'red', allocation: 100, modifications: { type: 'FLAG', value: { colour: 'red' } } },
            ],
          },
        ],
      },
    ],
    sdkKeys: [{ key, role: 'client', name: 'of before' }],
  }
  const base = `/environments/${environmentId}`
  return {
    environmentId,
    key,
    url: stack().url,
    create: async () => {
      await createTestEnvironment(stack(), environmentId)
      await call(stack(), 'POST', `${base}/import/flagship-io`, file)
    },
    change: (value: string) =>
      call(stack(), 'PATCH', `${base}/flags/colour`, { variations: [{ id: 'red', value }] }),
    panic: (panic: boolean) => call(stack(), 'PATCH', `${base}/settings`, { panic }),
  }
}
type FaultEnvironment = ReturnType<typeof newEnvironment>

const builds = { Node: 'index.node.esm.mjs', edge: 'index.edge.esm.js' }
type Build = keyof typeof builds
let loads = 0
/** A fresh module, as in another process, because an SDK keeps the key and queues of its first start. */
async function load(build: Build): Promise<typeof Flagship> {
  Reflect.deleteProperty(globalThis, '__flagship_instance__') // where the Node build keeps it
  const file = new URL(`../../node_modules/@flagship.io/js-sdk/dist/${builds[build]}`, import.meta.url)
  const fresh = `${pathToFileURL(file.pathname).href}?load=${++loads}`
  const loaded = (await import(/* @vite-ignore */ fresh)) as { Flagship: typeof Flagship }
  return loaded.Flagship
}

const builtFor = [
  ['Node', DecisionMode.DECISION_API],
  ['Node', DecisionMode.BUCKETING],
  ['edge', DecisionMode.DECISION_API],
  ['edge', DecisionMode.BUCKETING],
] as const

interface Client {
  readonly name: string
  readonly sdk: Flagship
  readonly visitor: Visitor
}

async function start(
  { environmentId, key }: FaultEnvironment,
  build: Build,
  mode: DecisionMode,
  more: { initialBucketing?: BucketingDTO } = {},
): Promise<Client> {
  const options = { ...flagshipOptions(mode), timeout: 0.5, ...more }
  const sdk = await (await load(build)).start(environmentId, key, options)
  const name = `${build} ${mode}`
  return { name, sdk, visitor: sdk.newVisitor({ visitorId: name, hasConsented: true }) }
}
const startAll = async (env: FaultEnvironment) => {
  const clients: Client[] = []
  for (const [build, mode] of builtFor) clients.push(await start(env, build, mode))
  return clients
}

/** Fetches flags. Returns each client's SDK status, flag status and value. */
async function fetchAndRead(clients: readonly Client[]): Promise<string[]> {
  const each = clients.map(async ({ sdk, visitor }) => {
    await visitor.fetchFlags()
    const { status, reason } = visitor.flagsStatus
    const value = visitor.getFlag('colour').getValue('mine', false)
    return `${FSSdkStatus[sdk.getStatus()]} ${status} ${reason} ${value}`
  })
  return Promise.all(each)
}
const initialized = 'SDK_INITIALIZED'
const failed = `${initialized} FETCH_REQUIRED FLAGS_FETCHING_ERROR mine`
const empty = `${initialized} FETCHED NONE mine`
const fetched = (value: string) => `${initialized} FETCHED NONE ${value}`
const all = (text: string) => builtFor.map(() => text)

const buy = (clients: readonly Client[], action: string) =>
  Promise.all(
    clients.map(({ visitor }) =>
      visitor.sendHit({ type: HitType.EVENT, category: EventCategory.ACTION_TRACKING, action }),
    ),
  )
const expose = (clients: readonly Client[]) => {
  for (const { visitor } of clients) visitor.getFlag('colour').getValue('mine')
}

/**
 * Records of the event in the lake, each event once, as results count them. Delivery is at least once: the
 * SDK sends a hit again if there was no response within half a second, even if edge accepted it. A copy that
 * took longer on its way has a later time, and another id if a step of the clock lies between: it is told by
 * its content.
 */
async function inLake(env: FaultEnvironment, what: string) {
  const records = await readLake({ ...env, token: '', clientKey: '', serverKey: '' })
  const events = new Map(records.map((record) => [identityOf(record), record]))
  const own = [...events.values()].filter((record) => subjectOf(record) === what)
  return own.toSorted((a, b) => a.at - b.at).filter((record, i, all) => !all.slice(0, i).some(isSame(record)))
}

const isSame = (record: EventRecord) => (before: EventRecord) =>
  record.kind === 'tracking' &&
  before.kind === 'tracking' &&
  record.targetingKey === before.targetingKey &&
  record.content !== undefined &&
  record.content === before.content &&
  record.at - before.at <= sameWithinMs
const names = (clients: readonly Client[]) => clients.map(({ name }) => name).toSorted()
async function expectOnce(env: FaultEnvironment, what: string, clients: readonly Client[]) {
  const who = async () => (await inLake(env, what)).map(({ targetingKey }) => targetingKey).toSorted()
  await expect.poll(who, { timeout: 20_000 }).toEqual(names(clients))
}

/** Calls for this environment, without the polling of other SDKs in this process. */
const callsOf = ({ environmentId }: FaultEnvironment) =>
  proxy.calls.filter((each) => !each.startsWith('GET /faults-') || each.includes(`/${environmentId}/`))
async function waitForCall(wanted: string) {
  await expect.poll(() => proxy.calls, { timeout: 5_000 }).toContain(wanted)
}

/** How long a fault lasts after a hit, so that the time of the hit differs from the time of arrival. */
const outlastingMs = 1_500

interface Fault {
  readonly name: string
  readonly begin: () => Promise<void> | void
  readonly end: () => Promise<void> | void
  /** The recorded result of requests for the bucketing file, and of all others. */
  readonly file: string | number
  readonly rest: string | number
}
const faults: Fault[] = [
  {
    name: 'edge has no copy and can get none',
    begin: () => chaos({ memory: 'lost', kv: 'refuses', object: 'refuses' }),
    end: () => chaos({}),
    file: 500,
    rest: 503,
  },
  {
    name: 'nothing answers in time',
    begin: () => proxy.set('hangs'),
    end: () => proxy.set('passes'),
    file: 'hangs',
    rest: 'hangs',
  },
  {
    name: 'connections break',
    begin: () => proxy.set('breaks'),
    end: () => proxy.set('passes'),
    file: 'breaks',
    rest: 'breaks',
  },
]

describe.each(faults)('while $name', ({ begin, end, file, rest }) => {
  it('an SDK starts with the defaults, keeps its hits, and sends them afterwards', async () => {
    const env = newEnvironment()
    const path = `/v2/${env.environmentId}/campaigns`
    const filePath = `/${env.environmentId}/bucketing.json`
    await env.create()
    proxy.calls.length = 0

    await begin()
    const clients = await startAll(env)
    expect(await fetchAndRead(clients)).toEqual([failed, empty, failed, empty])
    await buy(clients, 'early')
    await waitForCall(`POST / ${rest}`)
    expect(proxy.calls).toEqual(expect.arrayContaining([`POST ${path} ${rest}`, `GET ${filePath} ${file}`]))
    await pause(outlastingMs)
    const endedAt = Date.now()
    await end()
    await expect.poll(() => fetchAndRead(clients), { timeout: 5_000 }).toEqual(all(fetched('red')))
    await expectOnce(env, 'early', clients)
    const times = (await inLake(env, 'early')).map(({ at, receivedAt }) => [
      at < endedAt,
      receivedAt >= endedAt,
    ])
    expect(times).toEqual(clients.map(() => [true, true])) // it happened when it did, not when it came

    proxy.calls.length = 0
    await begin()
    await waitForCall(`GET ${filePath} ${file}`)
    // In bucketing mode the SDK still has its file. Otherwise each fetch is a request, and old flags are
    // dropped.
    expect(await fetchAndRead(clients)).toEqual([failed, fetched('red'), failed, fetched('red')])
    expose(clients)
    await buy(clients, 'late')
    await waitForCall(`POST / ${rest}`)
    await waitForCall(`POST /v2/activate ${rest}`)
    await end()
    await expectOnce(env, 'late', clients)
    await expectOnce(
      env,
      'red',
      clients.filter(({ name }) => name.endsWith('BUCKETING')),
    )
    await expect.poll(() => fetchAndRead(clients), { timeout: 5_000 }).toEqual(all(fetched('red')))

    proxy.calls.length = 0
    await waitForCall(`GET ${filePath} 304`)
    await env.change('blue')
    await expect.poll(() => fetchAndRead(clients), { timeout: 5_000 }).toEqual(all(fetched('blue')))
    expect(proxy.calls).toContain(`GET ${filePath} 200`)
  }, 60_000)
})

it('an SDK that starts before its environment exists uses defaults until it exists', async () => {
  const env = newEnvironment()
  proxy.calls.length = 0
  const clients = await startAll(env)
  expect(await fetchAndRead(clients)).toEqual([failed, empty, failed, empty])
  await buy(clients, 'early')
  await waitForCall('POST / 404')
  expect(proxy.calls).toEqual(
    expect.arrayContaining([
      `GET /${env.environmentId}/accountSettings.json 404`,
      `GET /${env.environmentId}/bucketing.json 404`,
      `POST /v2/${env.environmentId}/campaigns 404`,
    ]),
  )
  await env.create()
  await expect.poll(() => fetchAndRead(clients), { timeout: 5_000 }).toEqual(all(fetched('red')))
  await expectOnce(env, 'early', clients)
}, 60_000)

it('the SDK sends hits and exposures again that the queue refused', async () => {
  const env = newEnvironment()
  await env.create()
  const clients = await startAll(env)
  // a first answer that took a slow machine half a second was given up
  await expect.poll(() => fetchAndRead(clients), { timeout: 5_000 }).toEqual(all(fetched('red')))
  proxy.calls.length = 0
  await chaos({ queue: 'refuses' })
  expose(clients)
  await buy(clients, 'bought')
  await waitForCall('POST / 503')
  await waitForCall('POST /v2/activate 503')
  await chaos({})
  await expectOnce(env, 'bought', clients)
  await expectOnce(env, 'red', clients)
}, 60_000)

it('every build and mode follows panic mode, sends nothing during it, and recovers', async () => {
  const env = newEnvironment()
  await env.create()
  const clients = await startAll(env)
  // a first answer that took a slow machine half a second was given up
  await expect.poll(() => fetchAndRead(clients), { timeout: 5_000 }).toEqual(all(fetched('red')))
  await env.panic(true)
  await expect.poll(() => fetchAndRead(clients), { timeout: 5_000 }).toEqual(all('SDK_PANIC PANIC NONE mine'))
  expose(clients)
  await buy(clients, 'in panic')
  await env.panic(false)
  await expect.poll(() => fetchAndRead(clients), { timeout: 5_000 }).toEqual(all(fetched('red')))
  await buy(clients, 'after')
  await expectOnce(env, 'after', clients)
  expect([...(await inLake(env, 'in panic')), ...(await inLake(env, 'red'))]).toEqual([])
}, 60_000)

describe('in BUCKETING_EDGE mode, with a file from edge', () => {
  const mode = DecisionMode.BUCKETING_EDGE
  const fileOf = async ({ environmentId }: FaultEnvironment) =>
    (await (await fetch(`${proxy.url}/${environmentId}/bucketing.json`)).json()) as BucketingDTO

  it.each(Object.keys(builds) as Build[])('the %s build evaluates without any request', async (build) => {
    const env = newEnvironment()
    await env.create()
    const initialBucketing = await fileOf(env)
    proxy.calls.length = 0
    const client = await start(env, build, mode, { initialBucketing })
    expect(await fetchAndRead([client])).toEqual([fetched('red')])
    expect(callsOf(env)).toEqual([])
    await env.panic(true)
    const readPanic = async () => (await fileOf(env)).panic
    await expect.poll(readPanic, { timeout: 3_000 }).toBe(true)
    const again = await start(env, build, mode, { initialBucketing: await fileOf(env) })
    expect(await fetchAndRead([again])).toEqual(['SDK_PANIC PANIC NONE mine'])
    const unknown = { ...env, environmentId: 'nowhere' }
    const without = await start(unknown, build, mode, { initialBucketing: await fileOf(unknown) })
    expect(await fetchAndRead([without])).toEqual([empty]) // the body of a 404 is no bucketing file, and does no harm
  })

  it('the edge build sends everything on close, and again if there was no response', async () => {
    const env = newEnvironment()
    await env.create()
    const client = await start(env, 'edge', mode, { initialBucketing: await fileOf(env) })
    expect(await fetchAndRead([client])).toEqual([fetched('red')])
    proxy.calls.length = 0
    expose([client])
    await buy([client], 'bought')
    await pause(1_500) // more than an interval of the other modes
    expect(callsOf(env)).toEqual([])
    proxy.set('hangs')
    await client.sdk.close()
    expect(callsOf(env).toSorted()).toEqual(['POST / hangs', 'POST /v2/activate hangs'])
    proxy.set('passes')
    await client.sdk.close()
    await expectOnce(env, 'bought', [client])
    await expectOnce(env, 'red', [client])
  })
})
