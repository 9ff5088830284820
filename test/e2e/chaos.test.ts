// Each fault is injected into the running stack while a change is made, and no evaluation may fail. Then the
// fault is removed, and everything must work again without a restart. The guarantees are in
// docs/reliability.md.
import { beforeAll, describe, expect, it } from 'vitest'
import {
  changeFlag,
  createFlag,
  createTestEnvironment,
  executeSql,
  pause,
  type TestEnvironment,
  useOwnStack,
} from '../support/stack-fixture.ts'
import type { Faults, Seen } from './chaos-edge/index.ts'

const stack = useOwnStack({ edge: 'test/e2e/chaos-edge/wrangler.toml' })

let made = 0
async function freshPlace(): Promise<TestEnvironment> {
  const environment = await createTestEnvironment(stack(), `chaos-${++made}`)
  await createFlag(environment, {
    key: 'lights',
    type: 'string',
    enabled: true,
    variations: ['on', 'off'].map((id) => ({ id, value: id })),
    offVariationId: 'off',
    defaultStrategy: { strategy: { kind: 'fixed', variationId: 'on' } },
  })
  return environment
}

const chaos = async (faults: Faults): Promise<Seen> => {
  const answer = await fetch(`${stack().url}/chaos`, { method: 'PUT', body: JSON.stringify(faults) })
  return (await answer.json()) as Seen
}

interface Decided {
  readonly status: number
  readonly value: string
  readonly staleMs: number
}

async function decide({ url, clientKey }: TestEnvironment): Promise<Decided> {
  const answer = await fetch(`${url}/ofrep/v1/evaluate/flags/lights`, {
    method: 'POST',
    headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
    body: '{}',
  })
  const { value = '' } = (await answer.json()) as { value?: string }
  const staleMs = Number(answer.headers.get('x-stale-ms') ?? 0)
  return { status: answer.status, value, staleMs }
}

async function decideFor(ms: number, environment: TestEnvironment): Promise<Decided[]> {
  const decided: Decided[] = []
  for (const until = Date.now() + ms; Date.now() < until; await pause(25))
    decided.push(await decide(environment))
  return decided
}

/** Long enough for a slow source to time out and for a copy to count as stale. */
const sufferMs = 4_000

const faults: [name: string, faults: Faults, isSeen: boolean][] = [
  ['KV refuses', { kv: 'refuses' }, true],
  ['KV takes five seconds', { kv: 'sleeps' }, true],
  ['the snapshot in KV is corrupt', { kv: 'corrupt' }, true],
  ['the snapshot in KV is of a newer format', { kv: 'newer' }, true],
  ['the object refuses', { object: 'refuses' }, false],
  ['the object takes five seconds', { object: 'sleeps' }, false],
  ['KV and the object refuse', { kv: 'refuses', object: 'refuses' }, false],
  ['KV and the object take five seconds', { kv: 'sleeps', object: 'sleeps' }, false],
]

describe.each(faults)('while %s', (_, fault, isSeen) => {
  it(`evaluations ${isSeen ? 'use the change' : 'report their age'}; afterwards all works without a restart`, async () => {
    const environment = await freshPlace()
    expect(await decide(environment)).toMatchObject({ status: 200, value: 'on' })
    await chaos(fault)
    await changeFlag(environment, 'lights', { enabled: false })
    const during = await decideFor(sufferMs, environment)
    const { points, waitedInVain } = await chaos({})
    const after = await decideFor(2_500, environment)

    expect(during.map(({ status }) => status)).toEqual(during.map(() => 200))
    const values = during.map(({ value }) => value)
    expect(values.join()).toMatch(/^(on,?)*(off,?)*$/) // never back to the older one
    expect(values.at(-1)).toBe(isSeen ? 'off' : 'on')
    expect(during.at(-1)!.staleMs > 0).toBe(!isSeen)
    // the metric: evaluations by staleness in ms
    if (!isSeen) expect(JSON.stringify(points)).toMatch(/"doubles":\[1,[1-9]\d{3},/)
    expect(waitedInVain, 'who waits for a check that hangs').toBeLessThanOrEqual(3)
    expect(after.at(-1)).toMatchObject({ status: 200, value: 'off', staleMs: 0 })
  })
})

describe('an environment that no isolate has in memory', () => {
  it.each([
    ['KV', { kv: 'refuses' }, 200],
    ['KV in time', { kv: 'sleeps' }, 200],
    ['the object', { object: 'refuses' }, 200],
    ['the object in time', { object: 'sleeps' }, 200],
    ['KV and the object', { kv: 'refuses', object: 'refuses' }, 500],
  ] satisfies [string, Faults, number][])('without %s is loaded or refused', async (_, fault, status) => {
    const environment = await freshPlace()
    await chaos(fault)
    const { status: answered } = await decide(environment)
    const { sleptThrough } = await chaos({})
    expect(answered).toBe(status)
    expect(sleptThrough, 'calls that were waited for to their end').toBe(0)
    await pause(1_000)
    expect(await decide(environment)).toMatchObject({ status: 200, value: 'on' })
  })
})

/** The period of the binding in chaos-edge, and a margin. */
const limitPeriodMs = 10_500

it('limits the rate of one key by the real binding, of no other key, and only for the period', async () => {
  const [eager, other] = [await freshPlace(), await freshPlace()]
  await chaos({ limits: 'tight' })
  const statuses: number[] = []
  for (let i = 0; i < 300 && !statuses.includes(429); i++) statuses.push((await decide(eager)).status)
  expect([...new Set(statuses)]).toEqual([200, 429])
  expect(statuses.length).toBeGreaterThanOrEqual(100)
  const { status } = await decide(other)
  await pause(limitPeriodMs)
  const after = [await decide(eager), await decide(eager), await decide(eager)]
  await chaos({})
  expect([status, ...after.map((each) => each.status)]).toEqual([200, 200, 200, 200])
})

describe('events', () => {
  const send = ({ url, environmentId, clientKey }: TestEnvironment, id: string) =>
    Promise.all([
      fetch(`${url}/register_events`, {
        method: 'POST',
        headers: { authorization: clientKey, 'content-type': 'application/json' },
        body: JSON.stringify({
          events: [
            {
              id,
              event: {
                '@type': 'type.googleapis.com/bucketeer.event.client.GoalEvent',
                timestamp: Math.floor(Date.now() / 1_000),
                goalId: 'bought',
                userId: 'ada',
                value: 1,
              },
            },
          ],
        }),
      }),
      fetch(`${url}/`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          cid: environmentId,
          vid: 'ada',
          t: 'EVENT',
          ea: 'bought',
          ec: 'Action Tracking',
        }),
      }),
    ])

  it('are refused as retriable while the queue fails, and accepted afterwards', async () => {
    const environment = await freshPlace()
    await chaos({ queue: 'refuses' })
    const [bucketeer, hit] = await send(environment, 'event-1')
    for (const refused of [bucketeer, hit])
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await decide(environment)).toMatchObject({ status: 200 })
    await chaos({})
    const [again, hitAgain] = await send(environment, 'event-1')
    expect([await again.json(), hitAgain.status]).toEqual([{ errors: {} }, 204])
  })
})

describe('without D1', () => {
  const rename = (from: string, to: string) => executeSql(stack().url, `ALTER TABLE ${from} RENAME TO ${to}`)
  beforeAll(() => chaos({}))

  it('changes are refused and evaluations continue; changes work again when it is back', async () => {
    const environment = await freshPlace()
    expect(await decide(environment)).toMatchObject({ value: 'on' })
    await rename('revisions', 'revisions_gone')
    await expect(changeFlag(environment, 'lights', { enabled: false })).rejects.toThrow(/50\d/)
    const during = await decideFor(sufferMs, environment)
    await rename('revisions_gone', 'revisions')
    expect(
      during.every(({ status, value, staleMs }) => status === 200 && value === 'on' && staleMs === 0),
    ).toBe(true)
    await changeFlag(environment, 'lights', { enabled: false })
    await pause(1_500)
    expect(await decide(environment)).toMatchObject({ status: 200, value: 'off' })
  })
})
