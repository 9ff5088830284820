// The flags and findings of an imported bucketing file. test/sdk/flagship-import.test.ts compares
// evaluations.
import { describe, expect, it } from 'vitest'
import fc from '../../../../test/support/build/fast-check.ts'
import { snapshotOf } from '../../../../test/support/build/flags.ts'
import { compile } from '../../../../core/evaluation/compile.ts'
import { emptyState, withWrites } from '../../../../core/model/environment-state.ts'
import { evaluate } from '../../../../core/evaluation/evaluate.ts'
import { Flag } from '../../../../core/model/flag.ts'
import { checkCandidates } from '../../../../core/change/import-plan.ts'
import { isInSlices } from '../../../../core/evaluation/slice.ts'
import { ForeignFile } from './file.ts'
import { fromBucketingFile } from './campaigns.ts'
import { toSlices } from './slices.ts'
import { lint } from './lint.ts'

const everybody = [{ operator: 'EQUALS', key: 'fs_all_users', value: '' }]
const group = (changes: object = {}) => ({
  id: 'group',
  targeting: { targetingGroups: [{ targetings: everybody }] },
  variations: [
    { id: 'v1', allocation: 50, modifications: { type: 'FLAG', value: { colour: 'red' } } },
    { id: 'v2', allocation: 50, modifications: { type: 'FLAG', value: { colour: 'blue' } } },
  ],
  ...changes,
})
const campaign = (changes: object = {}) => ({
  id: 'colour',
  type: 'ab',
  variationGroups: [group()],
  bucketRanges: [{ r: [0, 100] }],
  ...changes,
})
const typed = (...types: string[]) => {
  const variations = types.map((type, i) => ({
    id: `v${i}`,
    allocation: 10,
    modifications: { type, value: { colour: 'x' } },
  }))
  return campaign({ variationGroups: [group({ variations })] })
}
const imported = (campaigns: object[], more: object = {}) =>
  checkCandidates(
    emptyState(),
    fromBucketingFile(ForeignFile.parse({ campaigns, accountSettings: {}, ...more }), 0),
  )
const targeted = (...targetings: object[]) =>
  campaign({ variationGroups: [group({ targeting: { targetingGroups: [{ targetings }] } })] })

describe('a campaign', () => {
  it('with one flag becomes that flag, split by the group’s id in whole percents', () => {
    const { flags } = imported([campaign()])
    expect(flags).toMatchObject([
      {
        key: 'colour',
        type: 'string',
        bundle: false,
        allocation: 'percent',
        variations: [
          { id: 'v1', value: 'red' },
          { id: 'v2', value: 'blue' },
        ],
        rules: [],
        defaultStrategy: {
          id: 'group',
          strategy: {
            kind: 'rollout',
            shares: [
              { variationId: 'v1', weight: 50_000 },
              { variationId: 'v2', weight: 50_000 },
            ],
          },
        },
      },
    ])
  })

  it('with several flags, mixed types, or a null becomes a bundle under its own id', () => {
    const values = [{ a: 1, b: true }, { a: 1 }, { a: 'x' }, { a: null }]
    const campaigns = [[values[0]], [values[1], values[2]], [values[3]]].map((each, i) =>
      campaign({
        id: `campaign-${i}`,
        variationGroups: [
          group({
            id: `group-${i}`,
            variations: each.map((value, j) => ({ id: `v${j}`, allocation: 10, modifications: { value } })),
          }),
        ],
      }),
    )
    expect(imported(campaigns).flags).toMatchObject(
      campaigns.map(({ id }) => ({ key: id, type: 'json', bundle: true })),
    )
  })

  it('keeps its slug; of two with the same, only the first does', () => {
    const twin = campaign({ id: 'twin', slug: 'front', variationGroups: [group({ id: 'other' })] })
    const { flags, findings } = imported([campaign({ slug: 'front' }), twin])
    expect(flags.map(({ slug }) => slug)).toEqual(['front', undefined])
    expect(findings).toContainEqual(expect.objectContaining({ key: 'twin', field: 'slug', effect: 'lost' }))
  })

  it('loses a slug that is the key of another flag', () => {
    const here = Flag.parse({
      ...imported([campaign()]).flags[0],
      key: 'here',
      slug: 'front',
      defaultStrategy: { id: 'own', strategy: { kind: 'fixed', variationId: 'v1' } },
    })
    const state = withWrites(emptyState(), [{ kind: 'flag', id: 'here', value: here }])
    const file = ForeignFile.parse({ campaigns: [campaign({ slug: 'front' })] })
    const { flags, findings } = checkCandidates(state, fromBucketingFile(file, 0))
    expect(flags).toHaveLength(1)
    expect(flags[0]).not.toHaveProperty('slug')
    expect(findings).toContainEqual(expect.objectContaining({ key: 'colour', field: 'slug', effect: 'lost' }))
  })

  it.each([
    [['HTML', 'HTML'], 'html'],
    [['NULL', 'REDIRECT', ''], 'redirect'],
    [['JSON'], 'json'],
    [['FLAG', 'FLAG'], undefined],
    [[''], undefined],
  ])('with modifications of the types %j has the content %s', (types, content) => {
    const { flags, findings } = imported([typed(...types)])
    expect(flags[0]?.content).toBe(content)
    expect(findings.map(({ field }) => field)).not.toContain('modifications.type')
  })

  it('has the references of its groups as baselines', () => {
    const variations = [
      { id: 'v1', reference: true, allocation: 50, modifications: { value: { colour: 'red' } } },
      { id: 'v2', allocation: 50, modifications: { value: { colour: 'blue' } } },
    ]
    const { flags } = imported([campaign({ variationGroups: [group({ variations })] })])
    expect(flags[0]?.variations).toMatchObject([{ id: 'v1', baseline: true }, { id: 'v2' }])
    expect(flags[0]?.variations[1]).not.toHaveProperty('baseline')
  })

  it.each([
    [[[0, 100]], undefined],
    [[], undefined],
    [
      [
        [50, 100],
        [0, 50],
      ],
      undefined,
    ],
    [
      [
        [0, 10],
        [90, 100],
      ],
      [
        { from: 0, to: 10 },
        { from: 90, to: 100 },
      ],
    ],
    [[[71, 71.5]], [{ from: 71, to: 72 }]],
    [[[100 / 3, 200 / 3]], [{ from: 34, to: 67 }]],
    [
      [
        [-5, 10],
        [10, 20],
        [15, 300],
      ],
      undefined,
    ],
    [
      [
        [-5, 10],
        [5, 20],
      ],
      [{ from: 0, to: 20 }],
    ],
  ])('of the bucket ranges %j has the slices %j', (ranges, slices) => {
    const { flags } = imported([campaign({ bucketRanges: ranges.map((r) => ({ r })) })])
    expect(flags).toMatchObject([{ enabled: true }])
    expect(flags[0]?.slices).toEqual(slices)
  })

  it('with empty bucket ranges is off', () => {
    const { flags } = imported([campaign({ bucketRanges: [{ r: [0, 0] }] })])
    expect(flags).toMatchObject([{ enabled: false }])
    expect(flags[0]).not.toHaveProperty('slices')
  })

  it('targets the visitors in its bucket ranges, by test vectors of the vendor’s servers', () => {
    const { flags } = imported([campaign({ bucketRanges: [{ r: [0, 10] }, { r: [90, 100] }] })])
    const ready = compile(snapshotOf(flags))
    const isIn = (id: string) =>
      evaluate(ready, 'colour', { targetingKey: id, attributes: {} }).variation !== undefined
    expect(['123', 'alice', 'bob'].map(isIn)).toEqual([false, true, true])
  })

  it('covers the same buckets in slices as in ranges', () => {
    const range = fc.tuple(
      fc.double({ min: -1, max: 101, noNaN: true }),
      fc.double({ min: -1, max: 101, noNaN: true }),
    )
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 8 }), (ranges) => {
        const slices = toSlices({ bucketRanges: ranges.map((r) => ({ r })) }) ?? [{ from: 0, to: 100 }]
        for (let place = 0; place < 100; place++)
          expect(isInSlices(slices, place)).toBe(ranges.some(([start, end]) => start <= place && place < end))
      }),
    )
  })

  it('without a group for everybody leaves other visitors untracked', () => {
    const { flags } = imported([targeted({ operator: 'EQUALS', key: 'plan', value: 'pro' })])
    expect(flags).toMatchObject([
      {
        rules: [{ id: 'group' }],
        defaultStrategy: { strategy: { kind: 'rollout', shares: [{ weight: 0 }] } },
      },
    ])
  })

  it('keeps keys that are names of JavaScript object members', () => {
    const value = JSON.parse('{"__proto__":{"polluted":true},"constructor":"x","colour":"red"}') as object
    const variations = [{ id: 'v1', allocation: 100, modifications: { value } }]
    const { flags } = imported([campaign({ variationGroups: [group({ variations })] })])
    expect(flags[0]?.variations[0]?.value).toBe(JSON.stringify(value))
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('in panic mode is off, so that everybody still gets the default', () => {
    const { flags, findings } = imported([campaign()], { panic: true })
    expect(flags).toMatchObject([{ enabled: false }])
    expect(flags[0]).not.toHaveProperty('offVariationId')
    expect(findings).toContainEqual(expect.objectContaining({ subject: 'environment', field: 'panic' }))
  })
})

describe('findings list what cannot be carried over exactly', () => {
  const reasonsOf = (campaigns: object[], more?: object) =>
    imported(campaigns, more).findings.map(({ field, effect }) => `${field} ${effect}`)
  const other = group({
    id: 'other',
    variations: [{ id: 'v1', allocation: 100, modifications: { value: { colour: 'green' } } }],
  })

  it.each<[string, object[], object?]>([
    [
      'campaignId lost',
      [
        campaign({ id: 'another' }),
        campaign({
          id: 'another',
          variationGroups: [
            group({ id: 'g2', variations: [{ id: 'v', modifications: { value: { size: 5 } } }] }),
          ],
        }),
      ],
    ],
    ['slug lost', [campaign({ slug: 'two words' })]],
    ['slug lost', [campaign({ slug: 'twin' }), campaign({ id: 'twin', variationGroups: [] })]],
    ['type lost', [campaign({ type: 'perso' })]],
    ['modifications.type lost', [typed('TURING_ENGINE')]],
    ['modifications.type lost', [typed('HTML', 'TEXT')]],
    ['modifications.type lost', [typed('html')]],
    ['variationGroups.1 lost', [campaign({ variationGroups: [group(), other] })]],
    ['variationGroups.0 lost', [campaign({ variationGroups: [group({ targeting: null }), other] })]],
    ['variationGroups lost', [campaign({ variationGroups: [group({ targeting: null }), other] })]],
    ['variationGroups differs', [campaign({ variationGroups: [group({ id: 'vg-é' })] })]],
    ['variationGroups left-out', [campaign({ variationGroups: [] })]],
    ['bucketRanges differs', [campaign({ bucketRanges: [{ r: [0, 50] }] })]],
    ['bucketRanges differs', [campaign({ bucketRanges: [] })]],
    [
      'variationGroups.0.variations.0.allocation differs',
      [
        campaign({
          variationGroups: [
            group({ variations: [{ id: 'v', allocation: 33.3, modifications: { value: { colour: 'x' } } }] }),
          ],
        }),
      ],
    ],
    [
      'modifications differs',
      [campaign({ id: 'b' }), campaign({ id: 'a', variationGroups: [group({ id: 'g2' })] })],
    ],
    [
      'rules.0.id left-out',
      [
        targeted({ operator: 'EXISTS', key: 'x', value: true }),
        campaign({
          id: 'twin',
          variationGroups: [
            group({
              targeting: {
                targetingGroups: [{ targetings: [{ operator: 'EXISTS', key: 'x', value: true }] }],
              },
            }),
          ],
        }),
      ],
    ],
    ['accountSettings.enabled1V1T differs', [], { accountSettings: { enabled1V1T: true } }],
    ['accountSettings.enabledXPC differs', [], { accountSettings: { enabledXPC: true } }],
    ['accountSettings.troubleshooting lost', [], { accountSettings: { troubleshooting: { traffic: 5 } } }],
    ['campaigns differs', [campaign()]],
  ])('%s', (expected, campaigns, more) => {
    expect(reasonsOf(campaigns, more)).toContain(expected)
  })

  const path = 'variationGroups.0.targeting.targetingGroups.0.targetings.0'
  it.each([
    ['id', { operator: 'EQUALS', key: 'id', value: 'a' }],
    ['targetingKey', { operator: 'EQUALS', key: 'targetingKey', value: 'a' }],
    ['a version', { operator: 'SEMVER_LOWER_THAN', key: 'x', value: '1.0' }],
  ])('a condition: %s', (_, targeting) => {
    expect(reasonsOf([targeted(targeting)])).toContain(`${path} differs`)
  })
})

describe('the linter', () => {
  const codes = (...targetings: object[]) =>
    lint(ForeignFile.parse({ campaigns: [targeted(...targetings)] }).campaigns[0]!).map(({ code }) => code)
  const exists = { operator: 'EXISTS', key: 'x', value: true }

  it.each([
    ['crash', [{ operator: 'CONTAINS', key: 'x', value: '1' }]],
    ['crash', [{ operator: 'NOT_CONTAINS', key: 'x', value: '1' }, exists]],
    ['version', [{ operator: 'SEMVER_EQUALS', key: 'x', value: '1.0.0' }]],
    ['never-true', [{ operator: 'SEMVER_EQUALS', key: 'x', value: ['1.0.0'] }]],
    ['never-true', [{ operator: 'UNKNOWN', key: 'x', value: '1.0.0' }]],
    ['never-true', [{ operator: 'EQUALS', key: 'x', value: [] }]],
    ['type', [{ operator: 'EQUALS', key: 'x', value: '5' }]],
    ['type', [{ operator: 'EQUALS', key: 'x', value: 5 }]],
    ['type', [{ operator: 'EQUALS', key: 'x', value: true }]],
    ['type', [{ operator: 'LOWER_THAN', key: 'x', value: '5' }]],
    ['type', [{ operator: 'LOWER_THAN', key: 'x', value: 5 }]],
    ['type', [{ operator: 'LOWER_THAN', key: 'x' }]],
    ['crash never-true', [exists, { operator: 'CONTAINS', key: 'x', value: null }]],
    ['case', [{ operator: 'EQUALS', key: 'x', value: 'a' }]],
    ['missing-key', [{ operator: 'NOT_EQUALS', key: 'x', value: '-' }]],
    ['list', [exists, { operator: 'STARTS_WITH', key: 'x', value: ['-'] }]],
    ['exists-value', [{ operator: 'EXISTS', key: 'x', value: '' }]],
    ['provider', [{ ...exists, provider: 'partner' }]],
    ['list type', [{ operator: 'LOWER_THAN', key: 'x', value: [1] }]],
  ])('finds %s in %j', (code, targetings) => {
    expect(codes(...targetings).join(' ')).toBe(code)
  })

  it.each([
    [[exists, { operator: 'CONTAINS', key: 'x', value: '-' }]],
    [[{ operator: 'CONTAINS', key: 'fs_users', value: '-' }]],
    [[{ operator: 'EQUALS', key: 'x', value: ['5', 5] }]],
    [everybody],
  ])('has nothing against %j', (targetings) => {
    expect(codes(...targetings)).toEqual([])
  })
})
