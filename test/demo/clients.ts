// The three published SDKs, unmodified, pointed at one stack. Each returns a visitor's values of the demo's
// flags.
import {
  defineBKTConfig,
  defineBKTUser,
  destroyBKTClient,
  getBKTClient,
  initializeBKTClient,
} from '@bucketeer/js-client-sdk'
import {
  DecisionMode,
  EventCategory,
  Flagship,
  HitType,
  LogLevel,
  type Visitor as FlagshipVisitor,
} from '@flagship.io/js-sdk/edge'
import { OFREPProvider } from '@openfeature/ofrep-provider'
import type { Visitor } from './visitors.ts'

export interface Answers {
  readonly 'new-checkout': string
  readonly 'welcome-banner': boolean
  readonly 'fast-search': boolean
}

export interface Target {
  readonly url: string
  readonly environmentId: string
  readonly clientKey: string
}

const vendorHosts = new Set(['decision.flagship.io', 'cdn.flagship.io', 'events.flagship.io'])

/**
 * AB Tasty's SDK has fixed hosts, and its edge build calls the global fetch, so requests to those hosts are
 * redirected to the stack. Options such as Cloudflare's `next` pass through. Returns a function that restores
 * fetch.
 */
export function redirectFlagshipHosts(url: string): () => void {
  const original = globalThis.fetch
  globalThis.fetch = (input, init) => {
    const requested = new URL(input instanceof Request ? input.url : input)
    return vendorHosts.has(requested.host)
      ? original(new URL(requested.pathname + requested.search, url), init)
      : original(input, init)
  }
  return () => {
    globalThis.fetch = original
  }
}

/** AB Tasty in bucketing mode: decides in this process, from the bucketing file. */
export async function startFlagship({ environmentId, clientKey }: Target): Promise<Flagship> {
  return Flagship.start(environmentId, clientKey, {
    decisionMode: DecisionMode.BUCKETING,
    fetchNow: false,
    logLevel: LogLevel.NONE,
    pollingInterval: 1,
    disableDeveloperUsageTracking: true,
    trackingManagerConfig: { batchIntervals: 1, poolMaxSize: 200 },
  })
}

export async function meetThroughFlagship(flagship: Flagship, { id, context }: Visitor) {
  const visitor = flagship.newVisitor({ visitorId: id, hasConsented: true, context: { ...context } })
  await visitor.fetchFlags()
  const answers: Answers = {
    'new-checkout': visitor.getFlag('new-checkout').getValue('default'), // reading it is the exposure
    'welcome-banner': visitor.getFlag('welcome-banner').getValue(false, false),
    'fast-search': visitor.getFlag('fast-search').getValue(false, false),
  }
  return { answers, variationId: visitor.getFlag('new-checkout').metadata.variationId, visitor }
}

export async function purchase(visitor: FlagshipVisitor): Promise<void> {
  await visitor.sendHit({ type: HitType.EVENT, category: EventCategory.ACTION_TRACKING, action: 'purchase' })
}

/**
 * Bucketeer's client requests evaluations from the server. Reading a flag is the exposure; goals are tracked
 * by name.
 */
export async function meetThroughBucketeer(
  { url, clientKey }: Target,
  { id, context, meetsError }: Visitor,
): Promise<Answers> {
  const config = defineBKTConfig({
    apiKey: clientKey,
    apiEndpoint: url,
    featureTag: 'web',
    appVersion: '1.0.0',
    userAgent: 'tackline-demo',
    fetch: globalThis.fetch,
  })
  const attributes = Object.fromEntries(Object.entries(context).map(([name, value]) => [name, String(value)]))
  await initializeBKTClient(config, defineBKTUser({ id, customAttributes: attributes }))
  const client = getBKTClient()
  if (!client) throw new Error('the Bucketeer client did not start')
  const evaluations = {
    'new-checkout': client.stringVariation('new-checkout', 'default'),
    'welcome-banner': client.booleanVariation('welcome-banner', false),
    'fast-search': client.booleanVariation('fast-search', false),
  }
  if (meetsError && evaluations['fast-search']) await client.track('search-error', 0)
  await client.flush()
  destroyBKTClient()
  return evaluations
}

/** OpenFeature's provider requests one flag at a time. */
export function openFeatureProvider({ url, clientKey }: Target): OFREPProvider {
  return new OFREPProvider({ baseUrl: url, headers: [['Authorization', `Bearer ${clientKey}`]] })
}

export async function meetThroughOpenFeature(
  provider: OFREPProvider,
  { id, context }: Visitor,
): Promise<Answers> {
  const evaluationContext = { targetingKey: id, ...context }
  const [checkout, banner, search] = await Promise.all([
    provider.resolveStringEvaluation('new-checkout', 'default', evaluationContext),
    provider.resolveBooleanEvaluation('welcome-banner', false, evaluationContext),
    provider.resolveBooleanEvaluation('fast-search', false, evaluationContext),
  ])
  return { 'new-checkout': checkout.value, 'welcome-banner': banner.value, 'fast-search': search.value }
}
