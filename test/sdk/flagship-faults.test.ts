// AB Tasty's published SDK, Node and edge builds, where edge does not know the environment, has no copy to
// decide by, does not answer or cannot be reached: nothing throws, the defaults of the code are used, and all
// is well again without a restart, late hits and exposures included.
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
import { call } from '../../scripts/admin.ts'
import { bootstrapText } from '../../workers/protocols/flagship-io/bootstrap.ts'
import type { Faults } from '../e2e/chaos-edge/index.ts'
import { subjectOf } from '../support/record-subject.ts'
import { createTestEnvironment, pause, readLake, useStack } from '../support/stack-fixture.ts'
import { flagshipOptions } from '../support/sdk/flagship-options.ts'
import { type Gate, openGate } from '../support/sdk/flagship-gate.ts'

const stack = useStack({ edge: 'test/e2e/chaos-edge/wrangler.toml' })
const request = https.request
const { fetch } = globalThis
let gate: Gate

beforeAll(async () => {
  gate = await openGate(stack().url)
  const { default: point } = (await import(
    /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(bootstrapText)}`
  )) as { default: (to: string, ...modules: object[]) => void }
  point(gate.url, https, http)
})
afterAll(() => {
  https.request = request
  globalThis.fetch = fetch
  gate.close()
})

const chaos = async (faults: Faults) =>
  void (await fetch(`${stack().url}/chaos`, { method: 'PUT', body: JSON.stringify(faults) }))

/** An environment that is made with its flags and its key, or is not there yet. */
let worlds = 0
function newWorld() {
  const environmentId = `faults-${++worlds}`
  const key = String(worlds).padStart(64, 'f00dcafe')
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
    make: async () => {
      await createTestEnvironment(stack(), environmentId)
      await call(stack(), 'POST', `${base}/import/flagship-io`, file)
    },
    change: (value: string) =>
      call(stack(), 'PATCH', `${base}/flags/colour`, { variations: [{ id: 'red', value }] }),
    panic: (panic: boolean) => call(stack(), 'PATCH', `${base}/settings`, { panic }),
  }
}
type World = ReturnType<typeof newWorld>

const builds = { Node: 'index.node.esm.mjs', edge: 'index.edge.esm.js' }
type Build = keyof typeof builds
let loads = 0
/** As in a process of its own: an SDK keeps its first start's key and queues for good. */
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
  { environmentId, key }: World,
  build: Build,
  mode: DecisionMode,
  more: { initialBucketing?: BucketingDTO } = {},
): Promise<Client> {
  const options = { ...flagshipOptions(mode), timeout: 0.5, ...more }
  const sdk = await (await load(build)).start(environmentId, key, options)
  const name = `${build} ${mode}`
  return { name, sdk, visitor: sdk.newVisitor({ visitorId: name, hasConsented: true }) }
}
const startAll = async (world: World) => {
  const clients: Client[] = []
  for (const [build, mode] of builtFor) clients.push(await start(world, build, mode))
  return clients
}

/** What a new fetch gives each: the SDK's status, and the value that the code would use. */
async function told(clients: readonly Client[]): Promise<string[]> {
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
 * Who did it, once for each event as readers of the lake count them: delivery is at least once, so a hit may
 * lie there twice. The SDK sends again what was not answered within half a second, also if edge took it.
 */
async function inLake(world: World, what: string) {
  const records = await readLake({ ...world, token: '', clientKey: '', serverKey: '' })
  const events = new Map(records.map((record) => [identityOf(record), record]))
  return [...events.values()].filter((record) => subjectOf(record) === what)
}
const names = (clients: readonly Client[]) => clients.map(({ name }) => name).toSorted()
async function expectOnce(world: World, what: string, clients: readonly Client[]) {
  const who = async () => (await inLake(world, what)).map(({ targetingKey }) => targetingKey).toSorted()
  await expect.poll(who, { timeout: 20_000 }).toEqual(names(clients))
}

/** Without what other SDKs of this process poll. */
const callsOf = ({ environmentId }: World) =>
  gate.calls.filter((each) => !each.startsWith('GET /faults-') || each.includes(`/${environmentId}/`))
async function seen(wanted: string) {
  await expect.poll(() => gate.calls, { timeout: 5_000 }).toContain(wanted)
}

/** A fault goes on for so long after a hit that the hit's own time cannot be that of its arrival. */
const outlastingMs = 1_500

interface Fault {
  readonly name: string
  readonly begin: () => Promise<void> | void
  readonly end: () => Promise<void> | void
  /** What is answered to the bucketing file, and to everything else. */
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
    begin: () => gate.set('hangs'),
    end: () => gate.set('passes'),
    file: 'hangs',
    rest: 'hangs',
  },
  {
    name: 'connections break',
    begin: () => gate.set('breaks'),
    end: () => gate.set('passes'),
    file: 'breaks',
    rest: 'breaks',
  },
]

describe.each(faults)('where $name', ({ begin, end, file, rest }) => {
  it('an SDK starts with the defaults of the code, keeps what it has, and sends it when all is well', async () => {
    const world = newWorld()
    const path = `/v2/${world.environmentId}/campaigns`
    const filePath = `/${world.environmentId}/bucketing.json`
    await world.make()
    gate.calls.length = 0

    await begin()
    const clients = await startAll(world)
    expect(await told(clients)).toEqual([failed, empty, failed, empty])
    await buy(clients, 'early')
    await seen(`POST / ${rest}`)
    expect(gate.calls).toEqual(expect.arrayContaining([`POST ${path} ${rest}`, `GET ${filePath} ${file}`]))
    await pause(outlastingMs)
    const endedAt = Date.now()
    await end()
    await expect.poll(() => told(clients), { timeout: 5_000 }).toEqual(all(fetched('red')))
    await expectOnce(world, 'early', clients)
    const times = (await inLake(world, 'early')).map(({ at, receivedAt }) => [
      at < endedAt,
      receivedAt >= endedAt,
    ])
    expect(times).toEqual(clients.map(() => [true, true])) // it happened when it did, not when it came

    gate.calls.length = 0
    await begin()
    await seen(`GET ${filePath} ${file}`)
    // In bucketing mode the SDK has its file; else it asks for each fetch, and forgets what it had.
    expect(await told(clients)).toEqual([failed, fetched('red'), failed, fetched('red')])
    expose(clients)
    await buy(clients, 'late')
    await seen(`POST / ${rest}`)
    await seen(`POST /v2/activate ${rest}`)
    await end()
    await expectOnce(world, 'late', clients)
    await expectOnce(
      world,
      'red',
      clients.filter(({ name }) => name.endsWith('BUCKETING')),
    )
    await expect.poll(() => told(clients), { timeout: 5_000 }).toEqual(all(fetched('red')))

    gate.calls.length = 0
    await seen(`GET ${filePath} 304`)
    await world.change('blue')
    await expect.poll(() => told(clients), { timeout: 5_000 }).toEqual(all(fetched('blue')))
    expect(gate.calls).toContain(`GET ${filePath} 200`)
  }, 60_000)
})

it('an SDK that is there before its environment has the defaults of the code, and then has all', async () => {
  const world = newWorld()
  gate.calls.length = 0
  const clients = await startAll(world)
  expect(await told(clients)).toEqual([failed, empty, failed, empty])
  await buy(clients, 'early')
  await seen('POST / 404')
  expect(gate.calls).toEqual(
    expect.arrayContaining([
      `GET /${world.environmentId}/accountSettings.json 404`,
      `GET /${world.environmentId}/bucketing.json 404`,
      `POST /v2/${world.environmentId}/campaigns 404`,
    ]),
  )
  await world.make()
  await expect.poll(() => told(clients), { timeout: 5_000 }).toEqual(all(fetched('red')))
  await expectOnce(world, 'early', clients)
}, 60_000)

it('hits and exposures that the queue refuses come again', async () => {
  const world = newWorld()
  await world.make()
  const clients = await startAll(world)
  expect(await told(clients)).toEqual(all(fetched('red')))
  gate.calls.length = 0
  await chaos({ queue: 'refuses' })
  expose(clients)
  await buy(clients, 'bought')
  await seen('POST / 503')
  await seen('POST /v2/activate 503')
  await chaos({})
  await expectOnce(world, 'bought', clients)
  await expectOnce(world, 'red', clients)
}, 60_000)

it('every build and mode is in panic when the environment is, sends nothing meanwhile, and comes out of it', async () => {
  const world = newWorld()
  await world.make()
  const clients = await startAll(world)
  expect(await told(clients)).toEqual(all(fetched('red')))
  await world.panic(true)
  await expect.poll(() => told(clients), { timeout: 5_000 }).toEqual(all('SDK_PANIC PANIC NONE mine'))
  expose(clients)
  await buy(clients, 'in panic')
  await world.panic(false)
  await expect.poll(() => told(clients), { timeout: 5_000 }).toEqual(all(fetched('red')))
  await buy(clients, 'after')
  await expectOnce(world, 'after', clients)
  expect([...(await inLake(world, 'in panic')), ...(await inLake(world, 'red'))]).toEqual([])
}, 60_000)

describe('in BUCKETING_EDGE mode, with the file that edge gave', () => {
  const mode = DecisionMode.BUCKETING_EDGE
  const fileOf = async ({ environmentId }: World) =>
    (await (await fetch(`${gate.url}/${environmentId}/bucketing.json`)).json()) as BucketingDTO

  it.each(Object.keys(builds) as Build[])('the %s build decides, and asks nobody', async (build) => {
    const world = newWorld()
    await world.make()
    const initialBucketing = await fileOf(world)
    gate.calls.length = 0
    const client = await start(world, build, mode, { initialBucketing })
    expect(await told([client])).toEqual([fetched('red')])
    expect(callsOf(world)).toEqual([])
    await world.panic(true)
    const readPanic = async () => (await fileOf(world)).panic
    await expect.poll(readPanic, { timeout: 3_000 }).toBe(true)
    const again = await start(world, build, mode, { initialBucketing: await fileOf(world) })
    expect(await told([again])).toEqual(['SDK_PANIC PANIC NONE mine'])
    const unknown = { ...world, environmentId: 'nowhere' }
    const without = await start(unknown, build, mode, { initialBucketing: await fileOf(unknown) })
    expect(await told([without])).toEqual([empty]) // what a 404 says is no file, and no harm
  })

  it('the edge build sends all when it is closed, and again when nobody answered', async () => {
    const world = newWorld()
    await world.make()
    const client = await start(world, 'edge', mode, { initialBucketing: await fileOf(world) })
    expect(await told([client])).toEqual([fetched('red')])
    gate.calls.length = 0
    expose([client])
    await buy([client], 'bought')
    await pause(1_500) // more than an interval of the other modes
    expect(callsOf(world)).toEqual([])
    gate.set('hangs')
    await client.sdk.close()
    expect(callsOf(world).toSorted()).toEqual(['POST / hangs', 'POST /v2/activate hangs'])
    gate.set('passes')
    await client.sdk.close()
    await expectOnce(world, 'bought', [client])
    await expectOnce(world, 'red', [client])
  })
})
