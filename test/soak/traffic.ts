// The traffic of the soak with kills: changes through the admin API and events through the three protocols,
// until a request fails. Every request is noted in the ledger before it is sent and when it is answered.
import { call } from '../../scripts/admin.ts'
import type { Stack } from '../../scripts/stack.ts'
import { pause } from '../support/environment.ts'
import type { Ledger, Protocol, Visitor } from './ledger.ts'

export const flagKey = 'new-checkout'
export const goalEvent = 'purchase'

export interface Target {
  readonly stack: Stack
  readonly environmentId: string
  readonly clientKey: string
  /** Of the flag's default strategy: what decides the experiment's users. */
  readonly ruleId: string
}

/** Changes one flag as fast as answers come. */
export async function changeFlag(
  { stack, environmentId }: Target,
  key: string,
  ledger: Ledger,
): Promise<void> {
  const entry = ledger.flags.get(key) ?? { asked: [], acknowledged: -1 }
  ledger.flags.set(key, entry)
  for (;;) {
    const n = entry.asked.push(`change ${entry.asked.length}`) - 1
    const changes = { description: entry.asked[n], enabled: n % 2 === 0 }
    const path = `/environments/${environmentId}/flags/${key}`
    const { revision } = await call<{ revision: number }>(stack, 'PATCH', path, changes)
    entry.acknowledged = n
    acknowledged(ledger, revision)
  }
}

/** The limit of goals is 5,000. */
const goalsMax = 4_000

export async function createGoals({ stack, environmentId }: Target, ledger: Ledger): Promise<void> {
  const { goals } = ledger
  while (goals.asked.size < goalsMax) {
    const key = `soak-${goals.asked.size}`
    goals.asked.add(key)
    const path = `/environments/${environmentId}/goals`
    const { revision } = await call<{ revision: number }>(stack, 'POST', path, { key })
    goals.acknowledged.add(key)
    acknowledged(ledger, revision)
    await pause(50)
  }
}

function acknowledged(ledger: Ledger, revision: number): void {
  ledger.acknowledgedChanges++
  ledger.newestRevision = Math.max(ledger.newestRevision, revision)
}

/** Visitors come one after another: decided by edge, exposed, converted. */
export async function visit(target: Target, protocol: Protocol, ledger: Ledger): Promise<void> {
  for (;;) await report(target, await arrive(target, protocol, ledger, Date.now()))
}

/**
 * A new visitor, whom edge decides for, and who is exposed at `at`. The goal is a second later at least,
 * because AB Tasty's protocol moves an event by the latency of its request.
 */
export async function arrive(
  target: Target,
  protocol: Protocol,
  ledger: Ledger,
  at: number,
  goalAt = at + 1_000,
): Promise<Visitor> {
  const value = ledger.nextVisitor++
  const id = `${protocol}-${value}`
  const { metadata } = await post<{ metadata: { variationId: string } }>(
    target,
    `/ofrep/v1/evaluate/flags/${flagKey}`,
    { context: { targetingKey: id } },
  )
  const { variationId } = metadata
  const visitor: Visitor = {
    id,
    protocol,
    variationId,
    value,
    at,
    goalAt,
    exposure: 'unsent',
    goal: 'unsent',
  }
  ledger.visitors.push(visitor)
  return visitor
}

export type Part = 'exposure' | 'goal'
export const partsInOrder: readonly Part[] = ['exposure', 'goal']

/**
 * Sends what is not acknowledged, again with the same ids and times, as SDKs do. `staleMs`: how old the body
 * is that a client sends again as it was. Edge takes the time of sending in it for that of a slow clock.
 */
export async function report(
  target: Target,
  visitor: Visitor,
  parts = partsInOrder,
  staleMs = 0,
): Promise<void> {
  for (const part of parts) {
    if (visitor[part] === 'acknowledged') continue
    visitor[part] = 'asked'
    await send[visitor.protocol](target, visitor, part, staleMs)
    visitor[part] = 'acknowledged'
  }
}

/** Throws if the event was not acknowledged. */
const send: Record<
  Protocol,
  (target: Target, visitor: Visitor, part: Part, staleMs: number) => Promise<void>
> = {
  async bucketeer(target, { id, at, goalAt, variationId, value }, part) {
    const type = 'type.googleapis.com/bucketeer.event.client.'
    const timestamp = Math.floor((part === 'exposure' ? at : goalAt) / 1_000)
    const common = { timestamp, userId: id, user: { id, data: {} }, tag: 'web' }
    const decided = { featureId: flagKey, featureVersion: 1, variationId, reason: { type: 'DEFAULT' } }
    const event =
      part === 'exposure'
        ? { '@type': `${type}EvaluationEvent`, ...common, ...decided }
        : { '@type': `${type}GoalEvent`, ...common, goalId: goalEvent, value }
    const body = { events: [{ id: `${part}-${id}`, event }], sdkVersion: '2.6.1', sourceId: 7 }
    const { errors } = await post<{ errors: object }>(target, '/register_events', body)
    if (Object.keys(errors).length > 0) throw new Error(JSON.stringify(errors))
  },
  async 'flagship-io'(target, { id, at, goalAt, variationId, value }, part) {
    const qt = Math.max(0, Date.now() - (part === 'exposure' ? at : goalAt))
    const { environmentId: cid, ruleId: caid } = target
    if (part === 'exposure')
      await post(target, '/v2/activate', { cid, batch: [{ vid: id, caid, vaid: variationId, qt }] })
    else
      await post(target, '/', {
        cid,
        ds: 'APP',
        t: 'BATCH',
        qt: 0,
        h: [{ vid: id, t: 'EVENT', ea: goalEvent, ec: 'Action Tracking', ev: value, qt }],
      })
  },
  async ofrep(target, { id, at, goalAt, variationId, value }, part, staleMs) {
    const event =
      part === 'exposure'
        ? { kind: 'exposure', id: `exposure-${id}`, flagKey, variationId, timestamp: at }
        : { kind: 'goal', id: `goal-${id}`, name: goalEvent, value, timestamp: goalAt }
    const stale = staleMs > 0 ? { sentAt: Date.now() - staleMs } : {}
    const body = { context: { targetingKey: id }, ...stale, events: [event] }
    const { accepted } = await post<{ accepted: number }>(target, '/ofrep/v1/track', body)
    if (accepted !== 1) throw new Error('the event was refused')
  },
}

async function post<T>({ stack, clientKey }: Target, path: string, body: object): Promise<T> {
  const key = path.startsWith('/ofrep') ? `Bearer ${clientKey}` : clientKey
  const response = await fetch(stack.url + path, {
    method: 'POST',
    headers: {
      authorization: key,
      'x-api-key': clientKey,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
  return (text === '' ? {} : JSON.parse(text)) as T
}
