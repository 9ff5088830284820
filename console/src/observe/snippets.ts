// What a program needs to ask for a flag, per SDK, with address, key and flag filled in. Pure.

interface Filled {
  readonly address: string
  readonly key: string
  readonly environment: string
  readonly flag: string
}

export const snippetsOf = ({ address, key, environment, flag }: Filled): Record<string, string> => ({
  'OpenFeature (web)': `import { OpenFeature } from '@openfeature/web-sdk'
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'

await OpenFeature.setProviderAndWait(
  new OFREPWebProvider({
    baseUrl: '${address}',
    headers: [['Authorization', 'Bearer ${key}']],
  }),
  { targetingKey: 'user-1' },
)
const on = OpenFeature.getClient().getBooleanValue('${flag}', false)`,
  'Bucketeer (browser)': `import { defineBKTConfig, defineBKTUser, getBKTClient, initializeBKTClient } from '@bucketeer/js-client-sdk'

const config = defineBKTConfig({
  apiKey: '${key}',
  apiEndpoint: '${address}',
  featureTag: 'web',
  appVersion: '1.0.0',
  fetch: window.fetch,
})
await initializeBKTClient(config, defineBKTUser({ id: 'user-1' }))
const on = getBKTClient().booleanVariation('${flag}', false)`,
  'AB Tasty Flagship': `import { Flagship } from '@flagship.io/js-sdk'

await Flagship.start('${environment}', '${key}', { decisionApiUrl: '${address}/v2/' })
const visitor = Flagship.newVisitor({ visitorId: 'user-1', hasConsented: true })
await visitor.fetchFlags()
const on = visitor.getFlag('${flag}').getValue(false)`,
  curl: `curl -s ${address}/get_evaluation \\
  -H 'content-type: application/json' \\
  -H 'authorization: ${key}' \\
  -d '{"user":{"id":"user-1"},"feature_id":"${flag}","tag":"web"}'`,
})
