// The stack is killed between changes and their deliveries, and amid deliveries. Every acknowledged change is
// told of, with one id however often it is tried.
import { rmSync } from 'node:fs'
import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { freePort } from '../../scripts/free-port.ts'
import { type Receiver, controlWith, startReceiver } from '../support/webhook-receiver.ts'
import { preparedFolder } from '../support/stack-fixture.ts'

const directory = await preparedFolder()
const path = '/environments/shop'
/** Acknowledged changes before each kill, in all. */
const changesBeforeCut = [6, 20, 45]

let receiver: Receiver
let stack: Stack
let start: () => Promise<Stack>

beforeAll(async () => {
  receiver = await startReceiver()
  const port = await freePort()
  const configs = { control: controlWith(receiver) }
  start = () => startStack({ port, directory, state: 'keep', configs })
  stack = await start()
  await call(stack, 'POST', '/environments', { id: 'shop' })
}, 90_000)
afterAll(async () => {
  await stack?.stop()
  await receiver?.close()
  rmSync(directory, { recursive: true, force: true })
})

const createHook = (id: string) =>
  call<{ secret: string; revision: number }>(stack, 'POST', `${path}/webhooks`, {
    id,
    url: `https://hooks.example.com/${id}`,
    events: ['goal.created'],
  })

/** Creates goals as fast as answers come, until the stack is gone. Adds the acknowledged revisions. */
async function createGoals(prefix: string, acknowledged: number[]): Promise<void> {
  for (let n = 0; ; n++) {
    try {
      const body = { key: `${prefix}-${n}` }
      acknowledged.push((await call<{ revision: number }>(stack, 'POST', `${path}/goals`, body)).revision)
    } catch {
      return
    }
  }
}

it('loses no notification of an acknowledged change', async () => {
  const { secret } = await createHook('kept')
  const acknowledged: number[] = []
  const delivered = new Set<number>()
  const take = (count: number) => {
    const { body, headers } = receiver.at('/kept')[count - 1]!
    return new Verifier(secret).verify(body, headers) as { data: { revision: number } }
  }
  for (const [round, changes] of changesBeforeCut.entries()) {
    // the receiver fails while the stack lives, so that nothing is delivered before the kill
    receiver.behave('/kept', (response) => void response.writeHead(500).end())
    const isEnough = () => acknowledged.length >= changes
    const creating = [0, 1].map((lane) => createGoals(`round-${round}-${lane}`, acknowledged))
    await expect.poll(isEnough, { timeout: 60_000, interval: 5 }).toBe(true)
    await stack.kill()
    await Promise.all(creating)
    receiver.behave('/kept', (response, _, count) => {
      delivered.add(take(count).data.revision)
      response.end()
    })
    stack = await start()
    // nobody asks for anything: the alarms do it
    const missing = () => acknowledged.filter((revision) => !delivered.has(revision))
    await expect.poll(missing, { timeout: 90_000, interval: 200 }).toEqual([])
  }
  const idsOf = new Map<number, Set<string>>()
  for (const [place, { headers }] of receiver.at('/kept').entries()) {
    const { revision } = take(place + 1).data
    idsOf.set(revision, (idsOf.get(revision) ?? new Set()).add(headers['webhook-id']!))
  }
  expect(acknowledged.filter((revision) => idsOf.get(revision)?.size !== 1)).toEqual([])
})

it('tries again what a kill cut off', async () => {
  receiver.behave('/cut', () => undefined) // hangs
  await createHook('cut')
  await call(stack, 'POST', `${path}/goals`, { key: 'cut' })
  await expect.poll(() => receiver.at('/cut').length, { timeout: 30_000 }).toBe(1)
  await stack.kill()
  receiver.behave('/cut', (response) => void response.end())
  stack = await start()
  await expect.poll(() => receiver.at('/cut').length, { timeout: 60_000 }).toBe(2)
  const [first, second] = receiver.at('/cut')
  expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id'])
  expect(second!.body).toBe(first!.body)
})
