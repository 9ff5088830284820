// Flags for the tests with published SDKs: one of every type, and one for every way to be decided.
import { createFlag, type TestEnvironment } from '../stack-fixture.ts'

const onOff = [
  { id: 'on', name: 'lit', value: 'true' },
  { id: 'off', name: 'dark', value: 'false' },
]
const always = (id: string, variationId: string) => ({
  id,
  strategy: { kind: 'fixed', variationId },
})
const words = [
  { id: 'word-a', name: 'A', value: 'apple' },
  { id: 'word-b', name: 'B', value: 'banana' },
  { id: 'word-c', name: 'C', value: 'cherry' },
]
const common = { enabled: true, tags: ['web'] }

export const flags = [
  {
    ...common,
    key: 'lights',
    name: 'Lights',
    type: 'boolean',
    variations: onOff,
    defaultStrategy: always('lights-default', 'on'),
  },
  {
    ...common,
    key: 'title',
    name: 'Title',
    type: 'string',
    variations: words,
    defaultStrategy: always('title-default', 'word-a'),
  },
  {
    ...common,
    key: 'rate',
    name: 'Rate',
    type: 'number',
    variations: [{ id: 'rate-1', name: 'low', value: '12.5' }],
    defaultStrategy: always('rate-default', 'rate-1'),
  },
  {
    ...common,
    key: 'layout',
    name: 'Layout',
    type: 'json',
    variations: [{ id: 'layout-1', name: 'wide', value: '{"columns":2,"areas":["main","side"]}' }],
    defaultStrategy: always('layout-default', 'layout-1'),
  },
  {
    ...common,
    key: 'menu',
    name: 'Menu',
    type: 'yaml',
    variations: [
      { id: 'menu-1', name: 'short', value: 'items:\n  - tea # black\n', json: '{"items":["tea"]}' },
    ],
    defaultStrategy: always('menu-default', 'menu-1'),
  },
  {
    ...common,
    key: 'theme',
    name: 'Theme',
    type: 'json',
    bundle: true,
    variations: [
      { id: 'theme-1', name: 'warm', value: '{"colour":"red","border":3}' },
      { id: 'theme-2', name: 'cold', value: '{"colour":"blue","shadow":true}' },
    ],
    defaultStrategy: always('theme-default', 'theme-1'),
  },
  {
    ...common,
    key: 'by-plan',
    name: 'By plan',
    type: 'string',
    variations: words,
    rules: [
      {
        id: 'by-plan-paying',
        name: 'paying',
        anyOf: [[{ attribute: 'plan', operator: 'in', values: ['pro', 'team'] }]],
        strategy: { kind: 'fixed', variationId: 'word-b' },
      },
    ],
    defaultStrategy: always('by-plan-default', 'word-a'),
  },
  {
    ...common,
    key: 'by-name',
    name: 'By name',
    type: 'string',
    variations: words,
    targets: [{ variationId: 'word-c', targetingKeys: ['ada', 'grace'] }],
    defaultStrategy: always('by-name-default', 'word-a'),
  },
  {
    ...common,
    key: 'split',
    name: 'Split',
    type: 'string',
    variations: words,
    rules: [
      {
        id: 'split-mountain',
        name: 'mountain',
        anyOf: [[{ attribute: 'country', operator: 'starts-with', values: ['C', 'A'] }]],
        strategy: {
          kind: 'rollout',
          shares: [
            { variationId: 'word-b', weight: 20_000 },
            { variationId: 'word-c', weight: 80_000 },
          ],
        },
      },
    ],
    defaultStrategy: {
      id: 'split-default',
      strategy: {
        kind: 'rollout',
        shares: [
          { variationId: 'word-a', weight: 30_000 },
          { variationId: 'word-b', weight: 30_000 },
          { variationId: 'word-c', weight: 20_000 }, // the rest is untracked
        ],
      },
    },
  },
  {
    ...common,
    key: 'paused',
    name: 'Paused',
    type: 'string',
    enabled: false,
    offVariationId: 'word-c',
    variations: words,
    defaultStrategy: always('paused-default', 'word-a'),
  },
  {
    ...common,
    key: 'retired',
    name: 'Retired',
    type: 'string',
    enabled: false,
    variations: words,
    defaultStrategy: always('retired-default', 'word-a'),
  },
] as const

export async function createFlags(environment: TestEnvironment): Promise<void> {
  for (const flag of flags) await createFlag(environment, flag)
}
