// The data of a first start: one environment with a rollout under test, a targeted flag, and a flag that an
// operation watches.
import { type Admin, call } from './admin.ts'

export const demoEnvironment = 'demo'

export interface DemoKeys {
  readonly clientKey: string
  readonly serverKey: string
}

const onOff = [
  { id: 'on', name: 'on', value: 'true' },
  { id: 'off', name: 'off', value: 'false' },
]

const checkout = {
  key: 'new-checkout',
  name: 'New checkout',
  description: 'Half of the visitors get the new checkout; people on the team plan have it already.',
  type: 'string',
  enabled: true,
  tags: ['web'],
  variations: [
    { id: 'checkout-classic', name: 'classic', value: 'classic' },
    { id: 'checkout-express', name: 'express', value: 'express' },
  ],
  offVariationId: 'checkout-classic',
  rules: [
    {
      name: 'team plan',
      anyOf: [[{ attribute: 'plan', operator: 'equals', values: ['team'] }]],
      strategy: { kind: 'fixed', variationId: 'checkout-express' },
    },
  ],
  defaultStrategy: {
    strategy: {
      kind: 'rollout',
      shares: [
        { variationId: 'checkout-classic', weight: 50_000 },
        { variationId: 'checkout-express', weight: 50_000 },
      ],
    },
  },
}

const banner = {
  key: 'welcome-banner',
  name: 'Welcome banner',
  type: 'boolean',
  enabled: true,
  tags: ['web'],
  variations: onOff,
  offVariationId: 'off',
  rules: [
    {
      name: 'beta hosts',
      anyOf: [
        [{ attribute: 'host', operator: 'starts-with', values: ['beta.'] }],
        [{ attribute: 'country', operator: 'in', values: ['JP', 'FR'] }],
      ],
      strategy: { kind: 'fixed', variationId: 'on' },
    },
  ],
  defaultStrategy: { strategy: { kind: 'fixed', variationId: 'off' } },
}

const search = {
  key: 'fast-search',
  name: 'Fast search',
  description: 'Watched: an operation turns it off when too many of its users meet an error.',
  type: 'boolean',
  enabled: true,
  tags: ['web'],
  variations: onOff.map((variation) => ({ ...variation, id: `search-${variation.id}` })),
  offVariationId: 'search-off',
  defaultStrategy: { strategy: { kind: 'fixed', variationId: 'search-on' } },
}

/** Creates what is missing: an earlier start may have been killed in the middle. The keys are always new. */
export async function seedDemo(admin: Admin, environmentId: string): Promise<DemoKeys> {
  const path = `/environments/${environmentId}`
  const create = (to: string, body: unknown) =>
    call(admin, 'POST', to, body).catch((error: Error) => {
      if (!/: 409 .*exists/.test(error.message)) throw error
    })
  await create('/environments', { id: environmentId, name: 'Demo' })
  for (const flag of [checkout, banner, search]) await create(`${path}/flags`, flag)
  await create(`${path}/goals`, { key: 'purchase', name: 'Purchase' })
  await create(`${path}/goals`, { key: 'search-error', name: 'Search failed' })
  await create(`${path}/experiments`, {
    id: 'checkout-conversion',
    name: 'Does the express checkout sell more?',
    flagKey: checkout.key,
    goalKeys: ['purchase'],
    baselineVariationId: 'checkout-classic',
    sharedAddress: true, // the demo's visitors all come from this machine
    design: { minimumDays: 0 }, // a demo does not last a week
  })
  await create(`${path}/operations`, {
    id: 'stop-failing-search',
    kind: 'event-rate',
    flagKey: search.key,
    variationId: 'search-on',
    goalKey: 'search-error',
    comparison: 'at-least',
    threshold: 0.2,
    minimumUsers: 100,
  })
  const client = await call<{ key: string }>(admin, 'POST', `${path}/sdk-keys`, {
    role: 'client',
    name: 'demo client',
  })
  const server = await call<{ key: string }>(admin, 'POST', `${path}/sdk-keys`, {
    role: 'server',
    name: 'demo server',
  })
  return { clientKey: client.key, serverKey: server.key }
}
