// AB Tasty's published SDK (edge build), in both modes, against a real stack. The SDK's hosts are built in,
// so a wrapped fetch redirects its requests.
import {
  DecisionMode,
  EventCategory,
  Flagship,
  FSFetchStatus,
  FSFlagStatus,
  HitType,
  type Visitor,
} from '@flagship.io/js-sdk/edge'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redirectFlagshipHosts } from '../demo/clients.ts'
import {
  changeFlag,
  createFlag,
  createTestEnvironment,
  lakeHolding,
  type TestEnvironment,
  useStack,
} from '../support/stack-fixture.ts'
import { createFlags } from '../support/sdk/flags.ts'
import { flagshipOptions } from '../support/sdk/flagship-options.ts'

const stack = useStack()
let environment: TestEnvironment
let restoreFetch: () => void
/** Method, path and status of the requests that the SDK sent. */
const calls: string[] = []

beforeAll(async () => {
  environment = await createTestEnvironment(stack(), 'sdk-flagship')
  await createFlags(environment)
  await createFlag(environment, {
    key: 'changing',
    type: 'string',
    enabled: true,
    variations: [{ id: 'only', value: 'first' }],
    defaultStrategy: { strategy: { kind: 'fixed', variationId: 'only' } },
  })
  const original = globalThis.fetch
  globalThis.fetch = async (input, init) => {
    const response = await original(input, init)
    const { pathname } = new URL(input instanceof Request ? input.url : input)
    calls.push(`${init?.method ?? 'GET'} ${pathname} ${response.status}`)
    return response
  }
  const restore = redirectFlagshipHosts(environment.url)
  restoreFetch = () => {
    restore()
    globalThis.fetch = original
  }
})
afterAll(() => restoreFetch())

type Mode = DecisionMode.BUCKETING | DecisionMode.DECISION_API

const start = (decisionMode: Mode, apiKey = environment.clientKey) =>
  Flagship.start(environment.environmentId, apiKey, flagshipOptions(decisionMode))
type Sdk = Awaited<ReturnType<typeof start>>

async function meet(sdk: Sdk, visitorId: string, context: Record<string, string> = {}): Promise<Visitor> {
  const visitor = sdk.newVisitor({ visitorId, hasConsented: true, context })
  await visitor.fetchFlags()
  return visitor
}

describe.each([DecisionMode.BUCKETING, DecisionMode.DECISION_API] as Mode[])('in %s mode', (mode) => {
  let sdk: Sdk
  beforeAll(async () => {
    sdk = await start(mode)
  })
  const read = <T>(visitor: Visitor, key: string, fallback: T) =>
    visitor.getFlag(key).getValue<T>(fallback, false)

  it('reads a flag of every type', async () => {
    const visitor = await meet(sdk, 'visitor-1')
    expect(read(visitor, 'lights', false)).toBe(true)
    expect(read(visitor, 'title', 'none')).toBe('apple')
    expect(read(visitor, 'rate', 0)).toBe(12.5)
    expect(read(visitor, 'layout', {})).toEqual({ columns: 2, areas: ['main', 'side'] })
    expect(read(visitor, 'menu', {})).toEqual({ items: ['tea'] })
  })

  it('reads each key of a JSON flag as a flag, and a key of another variation as the default', async () => {
    const visitor = await meet(sdk, 'visitor-1')
    expect(read(visitor, 'colour', 'none')).toBe('red')
    expect(read(visitor, 'border', 0)).toBe(3)
    expect(visitor.getFlag('shadow').exists()).toBe(true)
    expect(read(visitor, 'shadow', false)).toBe(false)
    expect(visitor.getFlag('theme').exists()).toBe(false)
  })

  it('evaluates rules, targets and off variations, and names them in the metadata', async () => {
    const ada = await meet(sdk, 'ada', { plan: 'pro' })
    const metadata = (key: string) => ada.getFlag(key).metadata
    // Without a split, the file names the group after its variation: see flagship-visitor-cache.test.ts.
    const named = (group: string, variationId: string) =>
      mode === DecisionMode.BUCKETING ? `${group}:fixed:${variationId}` : group
    expect(read(ada, 'by-plan', 'none')).toBe('banana')
    expect(metadata('by-plan')).toEqual({
      campaignId: 'by-plan',
      campaignName: 'By plan',
      campaignType: 'toggle',
      slug: null,
      variationGroupId: named('by-plan-paying', 'word-b'),
      variationGroupName: 'paying',
      variationId: 'word-b',
      variationName: 'B',
      isReference: false,
    })
    expect(read(ada, 'by-name', 'none')).toBe('cherry')
    expect(metadata('by-name')).toMatchObject({ variationGroupName: 'target', variationId: 'word-c' })
    expect(read(ada, 'paused', 'none')).toBe('cherry')
    expect(metadata('paused')).toMatchObject({
      variationGroupId: named('paused:off', 'word-c'),
      variationId: 'word-c',
    })
    expect(metadata('split')).toMatchObject({ campaignType: 'ab', variationGroupId: 'split-default' })
  })

  it('returns the default for an unknown flag, another type, and a disabled flag without off variation', async () => {
    const visitor = await meet(sdk, 'visitor-1')
    expect(read(visitor, 'nowhere', 'mine')).toBe('mine')
    expect(visitor.getFlag('nowhere').status).toBe(FSFlagStatus.NOT_FOUND)
    expect(read(visitor, 'lights', 'mine')).toBe('mine')
    expect(read(visitor, 'retired', 'mine')).toBe('mine')
  })

  it('sees a change within a second', async () => {
    const isBucketing = mode === DecisionMode.BUCKETING
    const visitor = await meet(sdk, 'visitor-1')
    calls.length = 0
    const value = async () => {
      await visitor.fetchFlags()
      return read(visitor, 'changing', 'none')
    }
    if (isBucketing)
      await expect.poll(() => calls, { timeout: 3_000 }).toContain('GET /sdk-flagship/bucketing.json 304')
    await changeFlag(environment, 'changing', { variations: [{ id: 'only', value: mode }] })
    // The SDK polls the file once a second.
    await expect.poll(value, { timeout: isBucketing ? 2_200 : 1_000 }).toBe(mode)
    if (isBucketing) expect(calls).toContain('GET /sdk-flagship/bucketing.json 200')
  })

  it('activates a flag when it is read, and sends hits', async () => {
    const visitor = await meet(sdk, `${mode}-shopper`)
    visitor.getFlag('by-plan').getValue('none')
    visitor.getFlag('by-plan').getValue('none') // the SDK suppresses the second
    visitor.getFlag('colour').getValue('none')
    visitor.getFlag('border').getValue(0) // another flag of the same variation: the same exposure
    await visitor.sendHit({
      type: HitType.EVENT,
      category: EventCategory.ACTION_TRACKING,
      action: 'basket',
      value: 3,
    })
    await visitor.sendHit({
      type: HitType.TRANSACTION,
      transactionId: 't1',
      affiliation: 'purchase',
      totalRevenue: 99.5,
    })
    await visitor.sendHit({ type: HitType.PAGE_VIEW, documentLocation: 'https://shop.example/basket' })
    await visitor.sendHit({ type: HitType.SCREEN_VIEW, documentLocation: 'till' })
    await visitor.sendHit({
      type: HitType.ITEM,
      transactionId: 't1',
      productName: 'Tea',
      productSku: 'tea',
      itemPrice: 10,
    })
    await expect
      .poll(() => calls.filter((call) => call === 'POST /v2/activate 204').length)
      .toBeGreaterThan(1)
  })
})

it('has every exposure and hit of both modes in the lake once', async () => {
  const shoppers = ['BUCKETING-shopper', 'DECISION-API-shopper']
  // Each of the eight visitors sends its consent, and the two shoppers leave fourteen records.
  const records = await lakeHolding(14 + 2, environment)
  const exposures = records.filter((record) => record.kind === 'exposure')
  const hits = records.filter((record) => record.kind === 'tracking')
  const named = (texts: readonly string[]) =>
    shoppers.flatMap((shopper) => texts.map((text) => `${shopper} ${text}`)).toSorted()
  expect(
    [
      ...new Set(exposures.map((e) => `${e.targetingKey} ${e.flagKey} ${e.variationId} ${e.ruleId}`)),
    ].toSorted(),
  ).toEqual(named(['by-plan word-a by-plan-default', 'theme theme-1 theme-default']))
  expect(
    hits.map(({ targetingKey, event, value }) => `${targetingKey} ${event} ${value}`).toSorted(),
  ).toEqual(named(['basket 3', 'https://shop.example/basket 0', 'purchase 99.5', 'till 0', 'tea 10']))
  const reports = records.filter((record) => record.kind === 'sdk-report')
  expect(exposures.length + hits.length + reports.length).toBe(records.length)
  expect(new Set(reports.map(({ event }) => event))).toEqual(new Set(['fs_consent', 'SEGMENT']))
  expect(new Set(records.map(({ protocol }) => protocol))).toEqual(new Set(['flagship-io']))
  expect(new Set(exposures.map(({ sdk }) => sdk))).toEqual(new Set(['TypeScript/5.2.0']))
})

it('returns the defaults with a wrong key', async () => {
  const sdk = await start(DecisionMode.DECISION_API, `${environment.clientKey.slice(0, -4)}0000`)
  calls.length = 0
  const visitor = await meet(sdk, 'visitor-1')
  expect(calls).toContain('POST /v2/sdk-flagship/campaigns 401')
  expect(visitor.flagsStatus.status).toBe(FSFetchStatus.FETCH_REQUIRED)
  expect(visitor.getFlag('title').getValue('mine', false)).toBe('mine')
})
