// Imports over flags that have a running experiment, through the admin API, in workerd.
import { beforeAll, expect, it } from 'vitest'
import { addToken, call as callAs } from '../../../test/support/control-plane.ts'

async function call(method: string, path: string, body?: unknown) {
  const answered = await callAs(method, path, body, { authorization: 'Bearer imports-token' })
  return { status: answered.status, body: answered.body as any }
}

beforeAll(() => addToken({ id: 'imports', role: 'owner' }))

/** The flag `f` of each system, with this share of its first variation in percent. */
const featuresWith = (share: number) => ({
  features: [
    {
      id: 'f',
      version: 1,
      enabled: true,
      variationType: 'STRING',
      offVariation: 'a',
      variations: ['a', 'b'].map((id) => ({ id, value: id })),
      defaultStrategy: {
        type: 'ROLLOUT',
        rolloutStrategy: {
          variations: [
            { variation: 'a', weight: share * 1_000 },
            { variation: 'b', weight: (100 - share) * 1_000 },
          ],
        },
      },
    },
  ],
})
const campaignsWith = (share: number) => ({
  campaigns: [
    {
      id: 'f',
      type: 'ab',
      bucketRanges: [{ r: [0, 100] }],
      variationGroups: [
        {
          id: 'group',
          targeting: {
            targetingGroups: [{ targetings: [{ operator: 'EQUALS', key: 'fs_all_users', value: '' }] }],
          },
          variations: ['a', 'b'].map((id) => ({
            id,
            allocation: id === 'a' ? share : 100 - share,
            modifications: { type: 'FLAG', value: { f: id } },
          })),
        },
      ],
    },
  ],
})
const definitionsWith = (share: number) => ({
  flags: {
    f: {
      state: 'ENABLED',
      variants: { a: 'A', b: 'B' },
      defaultVariant: 'a',
      targeting: {
        fractional: [
          ['a', share],
          ['b', 100 - share],
        ],
      },
    },
  },
})

it.each<[source: string, fileOf: (share: number) => object]>([
  ['bucketeer', featuresWith],
  ['flagship-io', campaignsWith],
  ['flagd', definitionsWith],
])(
  'an import from %s changes what a running experiment splits only as the caller says',
  async (source, fileOf) => {
    const path = `/environments/import-${source}`
    expect((await call('POST', '/environments', { id: `import-${source}` })).status).toBe(201)
    const importOf = (share: number, query = '') =>
      call('POST', `${path}/import/${source}?replace=true${query}`, fileOf(share))
    await importOf(50)
    const { rules, defaultStrategy, variations } = (await call('GET', `${path}/flags/f`)).body
    const { id: ruleId } = [...rules, defaultStrategy].find(({ strategy }) => strategy.kind === 'rollout')
    await call('POST', `${path}/goals`, { key: 'bought' })
    const begin = (id: string) =>
      call('POST', `${path}/experiments`, {
        id,
        flagKey: 'f',
        ruleId,
        goalKeys: ['bought'],
        baselineVariationId: variations[0].id,
      })
    expect((await begin('x')).status).toBe(201)
    expect(await importOf(60)).toMatchObject({ status: 409, body: { code: 'EXPERIMENT_RUNNING' } })
    expect(await importOf(60, '&experiment=new-phase')).toMatchObject({
      status: 200,
      body: { changed: true },
    })
    expect((await call('GET', `${path}/experiments/x`)).body.phases).toHaveLength(2)
    expect(await importOf(70, '&experiment=stop&dryRun=true')).toMatchObject({ status: 200 })
    expect(await importOf(70, '&experiment=stop')).toMatchObject({ status: 200, body: { changed: true } })
    expect((await call('GET', `${path}/experiments/x`)).body.status).toBe('stopped')
    expect((await importOf(70, '&experiment=never')).status).toBe(400)
  },
)
