// Objects that have nothing to do leave memory, and are not billed for it, while streams are open and a
// message to a webhook waits for its next attempt. From compatibility date 2026-10-01 a pending call or timer
// keeps an object in memory, so one that is forgotten costs for ever. workerd removes an object ten seconds
// after its last work; what it held in memory is gone then, and so is the mark that this test leaves on it.
//
// Source: https://developers.cloudflare.com/changelog/post/2026-10-01-pending-io-keep-alive/
import { listDurableObjectIds, runInDurableObject } from 'cloudflare:test'
import { beforeAll, expect, it } from 'vitest'
import { flagDraft } from '../../test/support/build/flag-draft.ts'
import { call, environment, objectOf, useOwner } from '../../test/support/control-entities.ts'
import { env } from '../../test/support/control-plane.ts'
import { assignmentStoreAt } from '../contracts/assignments-contract.ts'
import { addLive } from '../live/live-counters.ts'

beforeAll(useOwner)

/** Longer than workerd's ten seconds. */
const idleMs = 13_000
/** Alarms that follow a change wake some of them again. */
const roundsMax = 5
const pause = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms))

const mark = (stub: DurableObjectStub) =>
  runInDurableObject<DurableObject, void>(stub, (object) => void Object.assign(object, { mark: true }))
const isMarked = (stub: DurableObjectStub) =>
  runInDurableObject<DurableObject, boolean>(stub, (object) => 'mark' in object)

const isNamespace = (binding: unknown): binding is DurableObjectNamespace =>
  (binding as object).constructor.name === 'DurableObjectNamespace'

/** All that were ever asked, as the name of their binding and their stub. */
async function objectsThere() {
  const namespaces = Object.entries(env).filter((entry): entry is [string, DurableObjectNamespace] =>
    isNamespace(entry[1]),
  )
  const each = namespaces.map(async ([name, namespace]) =>
    (await listDurableObjectIds(namespace)).map((id) => ({ name, stub: namespace.get(id) })),
  )
  return { names: namespaces.map(([name]) => name), objects: (await Promise.all(each)).flat() }
}

/**
 * The names of those that are still in memory, as what they were, after they had nothing to do: once, and as
 * often as others than `expected` are there.
 */
async function stayingOf(
  objects: readonly { readonly name: string; readonly stub: DurableObjectStub }[],
  expected: readonly string[] = [],
) {
  let left = objects
  const hasOthers = () => left.some(({ name }) => !expected.includes(name))
  for (let round = 1; hasOthers() && round <= roundsMax; round++) {
    await pause(idleMs)
    const marks = await Promise.all(left.map(({ stub }) => isMarked(stub)))
    left = left.filter((_, i) => marks[i])
  }
  return left.map(({ name }) => name)
}

it('all objects leave memory, and a socket that hibernated hears the next revision', async () => {
  const path = await environment()
  const id = path.split('/')[2]!
  const shard = `${id}:here`
  const notifier = env.NOTIFIER.get(env.NOTIFIER.idFromName(shard)) as DurableObjectStub
  const address = `https://notifier/?environment=${id}&shard=${shard}`
  const { webSocket } = await notifier.fetch(address, { headers: { upgrade: 'websocket' } })
  const heard: string[] = []
  webSocket!.addEventListener('message', ({ data }) => void heard.push(String(data)))
  webSocket!.accept()
  const hook = { name: 'Hook', url: 'https://nobody.example.com/hook' }
  expect((await call('POST', `${path}/webhooks`, hook)).status).toBe(201)
  expect((await call('POST', `${path}/flags`, flagDraft('banner'))).status).toBe(201)
  const now = Date.now()
  const exposure = {
    v: 2,
    kind: 'exposure',
    environmentId: id,
    id: '1',
    at: now,
    receivedAt: now,
    targetingKey: 'ada',
    protocol: 'ofrep',
    sdk: '',
    attributes: {},
    keyKind: 'client',
    source: '',
    flagKey: 'banner',
    flagVersion: 1,
    variationId: 'on',
    ruleId: 'default',
    revision: 3,
    verified: true,
    unitAttribute: '',
    unit: '',
  } as const
  await addLive(env, 'batch', [exposure], now)
  await assignmentStoreAt(env.ASSIGNMENTS, id, 0).restore([['visitor:ada', 'rule', 'on']])
  await expect.poll(() => heard).toContain('3')
  const { names, objects } = await objectsThere()
  expect(new Set(objects.map(({ name }) => name))).toEqual(new Set(names))
  for (const { stub } of objects) await mark(stub)
  expect(await stayingOf(objects)).toEqual([])
  expect((await call('PATCH', `${path}/flags/banner`, { name: 'Banner' })).body.revision).toBe(4)
  await expect.poll(() => heard).toEqual(['1', '2', '3', '4'])
}, 180_000)

it('a timer that nobody stopped keeps an object: the emulator can tell', async () => {
  const [timer, idle] = [await environment(), await environment()].map(
    (path) => objectOf(path) as unknown as DurableObjectStub,
  ) as [DurableObjectStub, DurableObjectStub]
  const objects = Object.entries({ timer, idle }).map(([name, stub]) => ({ name, stub }))
  for (const { stub } of objects) await mark(stub)
  await runInDurableObject(timer, () => void setInterval(() => undefined, 1_000))
  expect(await stayingOf(objects, ['timer'])).toEqual(['timer'])
}, 180_000)
