// A scheduled change is made once, by the environment itself: also if the stack is killed before its time and
// starts after it.
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Schedule } from '../../core/model/schedule.ts'
import { call } from '../../scripts/admin.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { flagDraft } from '../support/build/flag-draft.ts'
import { pause } from '../support/environment.ts'
import { freePort } from '../../scripts/free-port.ts'
import { preparedFolder } from '../support/stack-fixture.ts'

const directory = await preparedFolder()
const path = '/environments/shop'
const patience = { timeout: 60_000, interval: 50 }

let stack: Stack
let start: () => Promise<Stack>
let clientKey: string

beforeAll(async () => {
  const port = await freePort()
  start = () => startStack({ port, directory, state: 'keep' })
  stack = await start()
  await call(stack, 'POST', '/environments', { id: 'shop' })
  await call(stack, 'POST', `${path}/flags`, flagDraft('banner'))
  clientKey = (await call<{ key: string }>(stack, 'POST', `${path}/sdk-keys`, { role: 'client' })).key
})
afterAll(async () => {
  await stack?.stop()
  rmSync(directory, { recursive: true, force: true })
})

const schedule = (id: string, at: number, enabled: boolean) =>
  call(stack, 'POST', `${path}/schedules`, { id, flagKey: 'banner', at, changes: { enabled } })
const statusOf = async (id: string) => (await call<Schedule>(stack, 'GET', `${path}/schedules/${id}`)).status

async function served(): Promise<unknown> {
  const response = await fetch(`${stack.url}/ofrep/v1/evaluate/flags/banner`, {
    method: 'POST',
    headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
    body: '{"context":{"targetingKey":"ada"}}',
  })
  return ((await response.json()) as { value: unknown }).value
}

it('is served soon after its time, without anybody asking for it', async () => {
  await expect.poll(served, patience).toBe(true)
  await schedule('off', Date.now() + 2_000, false)
  await expect.poll(served, patience).toBe(false)
  expect(await statusOf('off')).toBe('applied')
})

it('is made once though the stack is killed before its time', async () => {
  const at = Date.now() + 3_000
  await schedule('on', at, true)
  await stack.kill()
  await pause(Math.max(0, at + 500 - Date.now()))
  stack = await start()
  await expect.poll(served, patience).toBe(true)
  expect(await statusOf('on')).toBe('applied')
  const { revisions } = await call<{ revisions: { actor: { id: string } }[] }>(
    stack,
    'GET',
    `${path}/revisions`,
  )
  expect(revisions.filter(({ actor }) => actor.id === 'schedule')).toHaveLength(2)
})
