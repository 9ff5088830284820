// Common problems of migrations: version operators, case, names and ids, repeated variations, and the plan.
import { describe, expect, it } from 'vitest'
import { snapshotOf } from '../../../../test/support/build/flags.ts'
import { callHandler } from '../../../../test/support/call-handler.ts'
import { goldenKeys, memoryPorts } from '../../../../test/support/golden-cases.ts'
import { checkCandidates } from '../../../../core/change/import-plan.ts'
import { compile } from '../../../../core/evaluation/compile.ts'
import { evaluate } from '../../../../core/evaluation/evaluate.ts'
import { emptyState } from '../../../../core/model/environment-state.ts'
import { bucketingFile } from '../bucketing-file.ts'
import { flagshipIoRoutes } from '../routes.ts'
import { fromBucketingFile } from './campaigns.ts'
import { ForeignFile } from './file.ts'
import { migrationPlan, planText, withOmissions } from './plan.ts'

const variation = (id: string, allocation: number, value: object = { player: id }) => ({
  id,
  allocation,
  modifications: { type: 'FLAG', value },
})
const campaign = (targetings: object[], changes: object = {}) => ({
  id: 'c20j8bk3fk9hdphqtd1g',
  name: 'Player',
  type: 'ab',
  bucketRanges: [{ r: [0, 100] }],
  variationGroups: [
    {
      id: 'group',
      name: 'Some',
      targeting: { targetingGroups: [{ targetings }] },
      variations: [variation('new', 100)],
    },
    {
      id: 'rest',
      name: 'Everyone else',
      targeting: {
        targetingGroups: [{ targetings: [{ operator: 'EQUALS', key: 'fs_all_users', value: '' }] }],
      },
      variations: [variation('old', 100)],
    },
  ],
  ...changes,
})
const imported = (campaigns: object[], options?: { ignoreCase: boolean }) => {
  const file = ForeignFile.parse({ campaigns })
  const checked = withOmissions(checkCandidates(emptyState(), fromBucketingFile(file, 0, options)))
  return { ...checked, plan: migrationPlan(file, checked), file }
}
const decided = (
  targeting: object,
  attributes: Record<string, unknown>,
  options?: { ignoreCase: boolean },
) => {
  const { flags } = imported([campaign([targeting])], options)
  return (
    evaluate(compile(snapshotOf([...flags])), 'player', { targetingKey: 'a', attributes }).variation
      ?.value === 'new'
  )
}

describe('operators of versions', () => {
  it.each([
    ['GREATER_THAN_OR_EQUALS', '6.0.0', '5.9.9', false],
    ['GREATER_THAN_OR_EQUALS', '6.0.0', '6.10.0', true],
    ['GREATER_THAN', '6.9', '6.10.0', true],
    ['GREATER_THAN', '6.0.0', 'v6.0.0', false],
    ['LOWER_THAN', 'v2', '1.99.3', true],
    ['LOWER_THAN', '2.0.0', '2.0.0-beta', true],
    ['LOWER_THAN_OR_EQUALS', '2', '2.0.0', true],
    ['EQUALS', '2', '2.0.0', true],
    ['EQUALS', '2.0.0', 'v2.0', true],
    ['EQUALS', '2.0.0', '2.0.1', false],
    ['NOT_EQUALS', '2.0.0', '2.0.1', true],
    ['NOT_EQUALS', '2.0.0', '2.0', false],
    ['NOT_EQUALS', '2.0.0', undefined, false],
    ['NOT_EQUALS', '2.0.0', 'unknown', false],
    ['GREATER_THAN', '2.0.0', 'unknown', false],
    ['GREATER_THAN', 'latest', '2.0.0', false],
    ['LOWER_THAN', '2.0.0', undefined, false],
  ])('SEMVER_%s %s of %s: %s', (operator, value, given, is) => {
    const attributes = given === undefined ? {} : { app: given }
    expect(decided({ operator: `SEMVER_${operator}`, key: 'app', value }, attributes)).toBe(is)
  })
})

it.each([
  ['EQUALS', 'Pro', 'PRO', true],
  ['NOT_EQUALS', 'Pro', 'PRO', false],
  ['CONTAINS', 'ro', 'PRO', true],
  ['STARTS_WITH', 'p', 'Pro', true],
  ['ENDS_WITH', 'O', 'Pro', true],
  ['EQUALS', '1.2.3-Beta', '1.2.3-beta', true],
])(
  'with caseInsensitive, %s %s of %s is %s as on the servers, and otherwise not',
  (operator, value, plan, is) => {
    const targeting = { operator, key: 'plan', value }
    expect(decided(targeting, { plan }, { ignoreCase: true })).toBe(is)
    expect(decided(targeting, { plan })).toBe(!is)
  },
)

it('a campaign that compares numbers or texts is exported completely', () => {
  for (const value of [5, [5, 10], 'b', ['b', 5], true, 1e21])
    for (const operator of ['GREATER_THAN', 'GREATER_THAN_OR_EQUALS', 'LOWER_THAN', 'LOWER_THAN_OR_EQUALS']) {
      const { flags } = imported([campaign([{ operator, key: 'n', value }])])
      const { file, omitted } = bucketingFile(snapshotOf([...flags]))
      expect(omitted).toEqual([])
      expect(file.campaigns[0]!.variationGroups.map(({ name }) => name)).toEqual(['Some', 'Everyone else'])
    }
})

describe('a campaign with one flag key', () => {
  const { flags } = imported([
    campaign([{ operator: 'EQUALS', key: 'plan', value: 'pro' }], { slug: 'player-slug' }),
  ])
  const routes = flagshipIoRoutes(memoryPorts({ flags: [...flags] }).ports)
  const ask = async (path: string) => {
    const body = '{"visitor_id":"ada","trigger_hit":false}'
    const headers = { 'x-api-key': goldenKeys.clientKey }
    const response = await callHandler(routes, path, { method: 'POST', headers, body })
    return { status: response.status, body: await response.json() }
  }
  const id = 'c20j8bk3fk9hdphqtd1g'

  it.each([id, 'player-slug', 'player', 'rest'])(
    'is found by %s, and says its id and its group’s name',
    async (name) => {
      expect(await ask(`/v2/shop/campaigns/${name}`)).toMatchObject({
        status: 200,
        body: { id, slug: 'player-slug', variationGroupId: 'rest', variationGroupName: 'Everyone else' },
      })
    },
  )

  it('has its id in lists, metadata and the file', async () => {
    expect((await ask('/v2/campaigns')).body).toMatchObject({ campaigns: [{ id }] })
    expect((await ask('/v2/campaigns?mode=simple')).body).toMatchObject({
      campaignsVariation: [{ campaignId: id }],
    })
    expect((await ask('/v2/flags')).body).toMatchObject({ player: { metadata: { campaignId: id } } })
    expect(bucketingFile(snapshotOf([...flags])).file.campaigns).toMatchObject([{ id, slug: 'player-slug' }])
  })
})

it('gives a campaign whose id is no valid flag key another key, and keeps the id', () => {
  const several = [variation('a', 100, { x: 1, y: 2 })]
  const changes = {
    id: 'été 2026!',
    variationGroups: [{ ...campaign([]).variationGroups[1]!, variations: several }],
  }
  expect(imported([campaign([], changes)]).flags).toMatchObject([{ key: 't-2026-', campaignId: 'été 2026!' }])
})

it('moves no visitor if a group repeats a variation', () => {
  const everyone = campaign([]).variationGroups[1]!
  const variations = [variation('a', 20), variation('b', 30), variation('a', 50)]
  const { flags } = imported([campaign([], { variationGroups: [{ ...everyone, variations }] })])
  expect(flags[0]!.defaultStrategy.strategy).toEqual({
    kind: 'rollout',
    shares: [
      { variationId: 'a', weight: 70_000 },
      { variationId: 'b', weight: 30_000 },
    ],
    pieces: [
      { variationId: 'a', weight: 20_000 },
      { variationId: 'b', weight: 30_000 },
      { variationId: 'a', weight: 50_000 },
    ],
  })
  expect(
    bucketingFile(snapshotOf([...flags])).file.campaigns[0]!.variationGroups[0]!.variations,
  ).toMatchObject(variations.map(({ id, allocation }) => ({ id, allocation })))
})

it('keeps three values that share an id in one group', () => {
  const everyone = campaign([]).variationGroups[1]!
  const variations = ['x', 'y', 'z'].map((player) => variation('same', 30, { player }))
  const { flags } = imported([campaign([], { variationGroups: [{ ...everyone, variations }] })])
  expect(flags[0]!.variations.map(({ value }) => value)).toEqual(['x', 'y', 'z'])
})

it('makes a plan: which campaigns need a person, and what to do', () => {
  const of = (id: string, targeting: object, groupId: string) => {
    const [first, second] = campaign([targeting]).variationGroups
    const renamed = (group: typeof first, suffix: string) => ({
      ...group!,
      id: groupId + suffix,
      variations: [variation('v', 100, { [id]: 'x' })],
    })
    return campaign([], { id, variationGroups: [renamed(first, ''), renamed(second, '-rest')] })
  }
  const { plan, findings } = imported([
    of('versions', { operator: 'SEMVER_LOWER_THAN', key: 'app', value: '2.0.0' }, 'g1'),
    of('typed', { operator: 'LOWER_THAN', key: 'n', value: 5 }, 'g2'),
    of('plain', { operator: 'EXISTS', key: 'n', value: true }, 'g3'),
    campaign([], { id: 'empty', variationGroups: [] }),
  ])
  expect(plan).toMatchObject({ campaigns: 4, imported: 3, ready: ['plain'], needYou: ['versions', 'empty'] })
  expect(
    plan.steps.map(({ urgency, topic, campaigns }) => [
      urgency,
      topic,
      campaigns.map((each) => each.flagKey),
    ]),
  ).toEqual([
    ['act', 'refused', ['empty']],
    ['act', 'bucketing', ['versions']],
    ['check', 'version', ['versions']],
    ['check', 'type', ['typed']],
    ['know', 'campaign-type', ['versions', 'typed', 'plain']],
  ])
  expect(findings).toContainEqual(
    expect.objectContaining({ key: 'versions', field: 'bucketing', effect: 'differs' }),
  )
  const text = planText(plan)
  expect(text).toContain('4 campaigns, 3 of them imported. Nothing to do or check for 1.')
  expect(text).toContain('These 2 campaigns need you: versions, empty')
  for (const step of plan.steps) expect(text).toContain(step.toDo)
})
