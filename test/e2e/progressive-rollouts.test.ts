// A progressive rollout on the whole stack, which is killed on the way: each step is made once, users who are
// in stay in, and AB Tasty's file says the same as edge.
import { rmSync } from 'node:fs'
import murmurhash from 'murmurhash-js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ProgressiveRollout } from '../../core/model/progressive-rollout.ts'
import { call } from '../../scripts/admin.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { flagDraft } from '../support/build/flag-draft.ts'
import { pause } from '../support/environment.ts'
import { freePort } from '../../scripts/free-port.ts'
import { preparedFolder } from '../support/stack-fixture.ts'

const directory = await preparedFolder()
const path = '/environments/shop'
const patience = { timeout: 60_000, interval: 50 }
const holdMs = 3_000
const visitors = Array.from({ length: 100 }, (_, i) => `visitor-${i}`)

let stack: Stack
let start: () => Promise<Stack>
let clientKey: string

beforeAll(async () => {
  const port = await freePort()
  start = () => startStack({ port, directory, state: 'keep' })
  stack = await start()
  await call(stack, 'POST', '/environments', { id: 'shop' })
  const off = { strategy: { kind: 'fixed', variationId: 'off' } }
  await call(stack, 'POST', `${path}/flags`, flagDraft('banner', { defaultStrategy: off }))
  clientKey = (await call<{ key: string }>(stack, 'POST', `${path}/sdk-keys`, { role: 'client' })).key
})
afterAll(async () => {
  await stack?.stop()
  rmSync(directory, { recursive: true, force: true })
})

const read = () => call<ProgressiveRollout>(stack, 'GET', `${path}/progressive-rollouts/launch`)

async function isIn(visitor: string): Promise<boolean> {
  const response = await fetch(`${stack.url}/ofrep/v1/evaluate/flags/banner`, {
    method: 'POST',
    headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ context: { targetingKey: visitor } }),
  })
  return ((await response.json()) as { value: unknown }).value === true
}

/** By the file alone, as AB Tasty's SDKs do it. */
async function isInByFile(): Promise<(visitor: string) => boolean> {
  const response = await fetch(`${stack.url}/shop/bucketing.json`)
  const { campaigns } = (await response.json()) as any
  const [group] = campaigns[0].variationGroups
  return (visitor) => {
    let cumulative = 0
    const bucket = murmurhash.murmur3(group.id + visitor, 0) % 100
    return group.variations.find(({ allocation }: any) => bucket < (cumulative += allocation))?.id === 'on'
  }
}

it('goes on after a kill, makes each step once, and lets nobody out', async () => {
  const steps = [20_000, 40_000, 60_000, 100_000].map((weight) => ({ weight, holdMs }))
  const rollout = { id: 'launch', flagKey: 'banner', variationId: 'on', steps }
  await call(stack, 'POST', `${path}/progressive-rollouts`, rollout)
  let inside = new Set<string>()
  const look = async () => {
    const byEdge = await Promise.all(visitors.map(isIn))
    const now = new Set(visitors.filter((_, i) => byEdge[i]))
    for (const visitor of inside) expect(now).toContain(visitor)
    inside = now
  }
  await expect.poll(async () => (await Promise.all(visitors.map(isIn))).some(Boolean), patience).toBe(true)
  await look()
  const byFile = await isInByFile()
  if ((await read()).stepsMade === 1) expect(visitors.filter(byFile)).toEqual([...inside])
  await expect.poll(async () => (await read()).stepsMade, patience).toBeGreaterThan(1)
  await stack.kill()
  await pause(holdMs + 500)
  stack = await start()
  await expect.poll(isInAgain, patience).toBe(true)
  await look()
  while ((await read()).status === 'running') await look()
  await expect.poll(async () => (await Promise.all(visitors.map(isIn))).every(Boolean), patience).toBe(true)
  expect(await read()).toMatchObject({ status: 'finished', stepsMade: 4 })
  const { revisions } = await call<{ revisions: { actor: { id: string }; comment: string }[] }>(
    stack,
    'GET',
    `${path}/revisions`,
  )
  const made = revisions.filter(({ actor }) => actor.id === 'progressive-rollout')
  expect(made.map(({ comment }) => comment)).toEqual(
    [4, 3, 2, 1].map((step) => expect.stringContaining(`step ${step} of 4`)),
  )
})

const isInAgain = () =>
  isIn(visitors[0]!).then(
    () => true,
    () => false,
  )
