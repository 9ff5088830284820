// What the pictures and the journeys show beside the demo: a flag with everything, and a production environment.
import { type Admin, call } from '../../scripts/admin.ts'
import { seedDemo } from '../../scripts/demo-data.ts'

export const pagesEnvironment = 'console-pages'
export const productionEnvironment = 'console-live'
export const richFlag = 'checkout/express-pay'

const json = (steps: readonly string[], more: object) => JSON.stringify({ steps, ...more }, null, 2)

const rich = {
  key: richFlag,
  name: 'Express pay in checkout',
  description: 'Shows a one-step payment above the classic form.',
  type: 'json',
  enabled: true,
  tags: ['web', 'payments'],
  maintainer: 'team-checkout',
  allocation: 'fine',
  variations: [
    { id: 'classic', name: 'Classic', value: json(['address', 'payment'], { express: false }) },
    { id: 'express', name: 'Express', value: json(['summary'], { express: true }) },
    { id: 'wallet', name: 'Express + wallet', value: json(['summary'], { express: true, wallets: ['a'] }) },
  ],
  offVariationId: 'classic',
  prerequisites: [{ flagKey: 'fast-search', variationId: 'search-on' }],
  targets: [{ variationId: 'express', targetingKeys: ['user-1842', 'user-2077', 'user-3310'] }],
  rules: [
    {
      id: 'staff',
      name: 'Staff',
      anyOf: [[{ attribute: 'email', operator: 'ends-with', values: ['@shop.example'] }]],
      strategy: { kind: 'fixed', variationId: 'wallet' },
    },
    {
      id: 'cards',
      name: 'Cards we can tokenise',
      anyOf: [
        [
          { attribute: 'country', operator: 'in', values: ['DE', 'AT', 'CH', 'NL'] },
          { attribute: 'app_version', operator: 'greater-or-equal', compareAs: 'semver', values: ['8.2.0'] },
          { operator: 'not-in-segment', values: ['corporate'] },
        ],
      ],
      strategy: {
        kind: 'rollout',
        shares: [
          { variationId: 'classic', weight: 60_000 },
          { variationId: 'express', weight: 20_000 },
          { variationId: 'wallet', weight: 20_000 },
        ],
      },
    },
  ],
  defaultStrategy: { strategy: { kind: 'fixed', variationId: 'classic' } },
}

const quiet = {
  key: 'old-banner',
  type: 'boolean',
  variations: [
    { id: 'on', name: 'on', value: 'true' },
    { id: 'off', name: 'off', value: 'false' },
  ],
  offVariationId: 'off',
  defaultStrategy: { strategy: { kind: 'fixed', variationId: 'on' } },
}

/** Creates what is missing. Returns the client key of the environment. */
export async function seedPages(admin: Admin): Promise<string> {
  const create = (path: string, body: unknown) =>
    call(admin, 'POST', path, body).catch((error: Error) => {
      if (!/: 409 .*exists/.test(error.message)) throw error
    })
  const { clientKey } = await seedDemo(admin, pagesEnvironment)
  const demo = `/environments/${pagesEnvironment}`
  await create(`${demo}/segments`, {
    key: 'corporate',
    name: 'Corporate accounts',
    included: ['user-7', 'user-8'],
  })
  await create(`${demo}/flags`, rich)
  await create(`${demo}/flags`, quiet)
  await create('/environments', { id: productionEnvironment, name: 'Production', production: true })
  await create(`/environments/${productionEnvironment}/flags`, { ...quiet, enabled: true })
  return clientKey
}
