// AB Tasty's published SDK, Node build, unmodified, redirected by the bootstrap module alone: every type of
// hit, login, consent, panic mode and unknown environments. flagship-io.test.ts tests the edge build.
import http from 'node:http'
import https from 'node:https'
import {
  DecisionMode,
  EventCategory,
  Flagship,
  FSFetchStatus,
  FSSdkStatus,
  HitType,
} from '@flagship.io/js-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Tracking } from '../../analytics/records.ts'
import { call } from '../../scripts/admin.ts'
import { bootstrapText } from '../../workers/protocols/flagship-io/bootstrap.ts'
import {
  changeFlag,
  createFlag,
  createTestEnvironment,
  type TestEnvironment,
  readLake,
  useStack,
} from '../support/stack-fixture.ts'
import { createFlags } from '../support/sdk/flags.ts'
import { flagshipOptions } from '../support/sdk/flagship-options.ts'

const stack = useStack()
let environment: TestEnvironment
const original = https.request
const originalFetch = globalThis.fetch

beforeAll(async () => {
  environment = await createTestEnvironment(stack(), 'modes')
  await createFlags(environment)
  await createFlag(environment, {
    key: 'kept',
    type: 'string',
    enabled: true,
    assignment: 'kept',
    variations: ['a', 'b', 'c'].map((id) => ({ id, value: id })),
    defaultStrategy: {
      id: 'kept-rule',
      strategy: {
        kind: 'rollout',
        shares: [
          { variationId: 'a', weight: 50_000 },
          { variationId: 'b', weight: 50_000 },
        ],
      },
    },
  })
  const served = await (await fetch(`${environment.url}/flagship-io/bootstrap.js`)).text()
  expect(served).toBe(bootstrapText)
  const { default: point } = (await import(
    /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(served)}`
  )) as { default: (to: string, ...modules: object[]) => void }
  point(environment.url, https, http)
})
afterAll(() => {
  https.request = original
  globalThis.fetch = originalFetch
})

const panic = (isOn: boolean) =>
  call(environment, 'PATCH', `/environments/${environment.environmentId}/settings`, { panic: isOn })

async function start(decisionMode: DecisionMode, environmentId = environment.environmentId) {
  return Flagship.start(environmentId, environment.clientKey, flagshipOptions(decisionMode))
}
type Sdk = Awaited<ReturnType<typeof start>>
const newVisitor = (sdk: Sdk, visitorId: string, context: Record<string, string> = {}) =>
  sdk.newVisitor({ visitorId, hasConsented: true, context })

describe.each([DecisionMode.DECISION_API, DecisionMode.BUCKETING])('the Node build in %s mode', (mode) => {
  let sdk: Sdk
  beforeAll(async () => {
    sdk = await start(mode)
  })

  it('reads flags of every type', async () => {
    const visitor = newVisitor(sdk, 'ada')
    await visitor.fetchFlags()
    const read = <T>(key: string, fallback: T) => visitor.getFlag(key).getValue<T>(fallback, false)
    expect([read('lights', false), read('title', ''), read('rate', 0), read('colour', '')]).toEqual([
      true,
      'apple',
      12.5,
      'red',
    ])
    expect(read('layout', {})).toEqual({ columns: 2, areas: ['main', 'side'] })
    expect(visitor.flagsStatus.status).toBe(FSFetchStatus.FETCHED)
  })

  it('follows panic mode of the environment, on and off', async () => {
    const visitor = newVisitor(sdk, 'ada')
    const status = async () => {
      await visitor.fetchFlags()
      return `${visitor.flagsStatus.status} ${visitor.getFlag('title').getValue('mine', false)}`
    }
    await panic(true)
    await expect.poll(status, { timeout: 4_000 }).toBe(`${FSFetchStatus.PANIC} mine`)
    expect(Flagship.getStatus()).toBe(FSSdkStatus.SDK_PANIC)
    await panic(false)
    await expect.poll(status, { timeout: 4_000 }).toBe(`${FSFetchStatus.FETCHED} apple`)
  })

  it('sends hits of every type, before and after login', async () => {
    const who = `${mode}-buyer`
    const visitor = newVisitor(sdk, `${who}-anonymous`, { plan: 'pro' })
    await visitor.fetchFlags()
    visitor.authenticate(who)
    await visitor.fetchFlags()
    await visitor.sendHits([
      { type: HitType.EVENT, category: EventCategory.USER_ENGAGEMENT, action: 'read', value: 2 },
      { type: HitType.SCREEN_VIEW, documentLocation: 'home' },
      { type: HitType.PAGE_VIEW, documentLocation: 'https://shop.example/' },
      { type: HitType.TRANSACTION, transactionId: 't1', affiliation: 'purchase', totalRevenue: 20 },
      { type: HitType.ITEM, transactionId: 't1', productName: 'Tea', productSku: 'tea', itemPrice: 10 },
    ])
    visitor.getFlag('by-plan').getValue('none')
    const wanted = ['read 2', 'home 0', 'https://shop.example/ 0', 'purchase 20', 'tea 10']
    const isDone = async () => {
      const records = new Map((await readLake(environment)).map((record) => [record.id, record]))
      const hits = [...records.values()].filter(
        (record): record is Tracking => record.kind === 'tracking' && record.targetingKey === who,
      )
      return hits.map(({ event, value }) => `${event} ${value}`).toSorted()
    }
    await expect.poll(isDone, { timeout: 20_000 }).toEqual(wanted.toSorted())
    visitor.setConsent(false) // which takes back what the SDK has not sent yet
    const isRefused = async () =>
      (await readLake(environment)).some(
        (each) =>
          each.kind === 'sdk-report' &&
          each.event === 'fs_consent' &&
          each.targetingKey === who &&
          each.value === 0,
      )
    await expect.poll(isRefused, { timeout: 10_000 }).toBe(true)
    const all = await readLake(environment)
    const exposures = all.filter(({ kind, targetingKey }) => kind === 'exposure' && targetingKey === who)
    expect(new Set(exposures.map(({ id }) => id)).size).toBe(1)
    const segment = all.find((each) => each.kind === 'sdk-report' && each.event === 'SEGMENT')
    expect(segment?.attributes).toMatchObject({ plan: 'pro' })
  })

  it('sends nothing before consent, and uses the anonymous id again after logout', async () => {
    const [guest, member] = [`${mode}-guest`, `${mode}-member`]
    const visitor = sdk.newVisitor({ visitorId: guest, hasConsented: false, context: { plan: 'pro' } })
    await visitor.fetchFlags()
    const byPlan = visitor.getFlag('by-plan')
    expect(byPlan.getValue('none')).toBe('banana') // evaluated without an exposure
    const see = (page: string) => visitor.sendHit({ type: HitType.PAGE_VIEW, documentLocation: page })
    await see('https://shop.example/refused')
    visitor.setConsent(true)
    await see('https://shop.example/guest')
    visitor.authenticate(member)
    await visitor.fetchFlags()
    await see('https://shop.example/member')
    visitor.unauthenticate()
    expect([visitor.visitorId, visitor.anonymousId]).toEqual([guest, null])
    await visitor.fetchFlags()
    await see('https://shop.example/guest-again')
    const byPlanFlag = visitor.getFlag('by-plan')
    byPlanFlag.getValue('none', false)
    await byPlanFlag.visitorExposed()
    const sentEvents = async () =>
      (await readLake(environment)).flatMap((record) => {
        if (![guest, member].includes(record.targetingKey)) return []
        if (record.kind === 'alias') return []
        if (record.kind === 'sdk-report')
          return record.event === 'fs_consent' ? [`${record.targetingKey} consent ${record.value}`] : []
        const what = record.kind === 'exposure' ? `saw ${record.variationId}` : record.event
        return [`${record.targetingKey} ${what.replace('https://shop.example/', '')}`]
      })
    const wanted = ['consent 0', 'consent 1', 'guest', 'guest-again', 'saw word-b'].map(
      (what) => `${guest} ${what}`,
    )
    const once = async () => [...new Set(await sentEvents())].toSorted()
    await expect.poll(once, { timeout: 15_000 }).toEqual([...wanted, `${member} member`].toSorted())
  })

  it('returns defaults without an error for an unknown environment', async () => {
    const visitor = newVisitor(await start(mode, 'nowhere'), 'ada')
    await visitor.fetchFlags()
    expect(visitor.getFlag('title').getValue('mine', false)).toBe('mine')
    await start(mode)
  })
})

it('keeps a visitor’s variation through a change of weights and a login (kept assignments)', async () => {
  const sdk = await start(DecisionMode.DECISION_API)
  const visitor = newVisitor(sdk, 'guest')
  const kept = async () => {
    await visitor.fetchFlags()
    return visitor.getFlag('kept').getValue('none', false)
  }
  const had = await kept()
  expect(['a', 'b']).toContain(had)
  const strategy = { kind: 'rollout', shares: [{ variationId: 'c', weight: 100_000 }] }
  await changeFlag(environment, 'kept', { defaultStrategy: { id: 'kept-rule', strategy } })
  let newcomers = 0
  const ofNewcomer = async () => {
    const newcomer = newVisitor(sdk, `newcomer-${newcomers++}`)
    await newcomer.fetchFlags()
    return newcomer.getFlag('kept').getValue('none', false)
  }
  await expect.poll(ofNewcomer, { timeout: 3_000 }).toBe('c')
  expect(await kept()).toBe(had)
  visitor.authenticate('member')
  expect(await kept()).toBe(had)
  const later = newVisitor(sdk, 'member')
  await later.fetchFlags()
  expect(later.getFlag('kept').getValue('none', false)).toBe(had)
})
