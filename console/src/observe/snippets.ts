// What a program needs to ask for a flag and to report what came of it, per SDK, with address, key, flag and
// event filled in: as README.md and docs/guides/ have it. Pure.

interface Filled {
  readonly address: string
  readonly key: string
  readonly environment: string
  readonly flag: string
  /** Of a goal. */
  readonly event: string
}

export const snippetsOf = ({ address, key, environment, flag, event }: Filled): Record<string, string> => ({
  'Bucketeer (browser)': `import {
  defineBKTConfig,
  defineBKTUser,
  getBKTClient,
  initializeBKTClient,
} from '@bucketeer/js-client-sdk'

const config = defineBKTConfig({
  apiKey: '${key}',
  apiEndpoint: '${address}',
  featureTag: '', // or only flags with this tag
  appVersion: '1.0.0',
  fetch: globalThis.fetch,
})
await initializeBKTClient(config, defineBKTUser({ id: 'user-1' }))
const client = getBKTClient()
console.log(client.stringVariation('${flag}', 'default')) // reading a flag reports it
client.track('${event}')
await client.flush()`,
  'OpenFeature (browser)': `import { OpenFeature } from '@openfeature/web-sdk'
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'

const baseUrl = '${address}'
const headers = [['Authorization', 'Bearer ${key}'], ['X-Exposure-Tokens', 'true']]
const context = { targetingKey: 'user-1' }

await OpenFeature.setContext(context)
await OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl, headers }))
const track = (event) =>
  fetch(baseUrl + '/ofrep/v1/track', {
    method: 'POST',
    headers: { ...Object.fromEntries(headers), 'content-type': 'application/json' },
    body: JSON.stringify({ context, ...event }),
  })

const { value, flagMetadata } = OpenFeature.getClient().getStringDetails('${flag}', 'default')
console.log(value)
// OFREP itself reports nothing: this says that the user has seen it
if (flagMetadata.exposureToken) await track({ kind: 'exposure', exposureToken: flagMetadata.exposureToken })
await track({ kind: 'goal', name: '${event}' })`,
  'AB Tasty (JavaScript)': `import { DecisionMode, EventCategory, Flagship, HitType } from '@flagship.io/js-sdk/edge'

// The hosts of this SDK are built in: requests to them are sent here instead.
const hosts = new Set(['decision.flagship.io', 'cdn.flagship.io', 'events.flagship.io'])
const originalFetch = globalThis.fetch
globalThis.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input)
  return hosts.has(url.host)
    ? originalFetch(new URL(url.pathname + url.search, '${address}'), init)
    : originalFetch(input, init)
}

const flagship = await Flagship.start('${environment}', '${key}', {
  decisionMode: DecisionMode.BUCKETING,
  fetchNow: false,
  disableDeveloperUsageTracking: true,
})
const visitor = flagship.newVisitor({ visitorId: 'user-1', hasConsented: true })
await visitor.fetchFlags()
console.log(visitor.getFlag('${flag}').getValue('default')) // reading a flag reports it
await visitor.sendHit({ type: HitType.EVENT, category: EventCategory.ACTION_TRACKING, action: '${event}' })
await flagship.close()`,
})
