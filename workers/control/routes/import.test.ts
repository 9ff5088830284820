// Imports from Bucketeer in other spellings, with long lists of users and with many findings, in workerd.
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeMembers, isMember } from '../../../core/model/members.ts'
import { call, environment, publishedNow, useOwner } from '../../../test/support/control-entities.ts'
import { env } from '../../../test/support/control-plane.ts'

beforeAll(useOwner)

describe('an import from Bucketeer', () => {
  const uuids = (count: number) =>
    Array.from({ length: count }, (_, i) => `${String(i).padStart(8, '0')}-0000-4000-8000-000000000000`)
  const fixedOn = (variation: string) => ({ type: 'FIXED', fixed_strategy: { variation } })
  /** As protobuf writes it with its original names. */
  const snake = (userIds: readonly string[]) => ({
    features: [
      {
        id: 'banner',
        variation_type: 'BOOLEAN',
        enabled: true,
        variations: [
          { id: 'on', value: 'true' },
          { id: 'off', value: 'false' },
        ],
        off_variation: 'off',
        sampling_seed: 'seed',
        created_at: '1700000000',
        default_strategy: fixedOn('off'),
        rules: [{ id: 'r', strategy: fixedOn('on'), clauses: [{ operator: 'SEGMENT', values: ['vips'] }] }],
      },
    ],
    users: userIds.map((userId) => ({ segment_id: 'vips', user_id: userId, state: 'INCLUDED' })),
  })

  it('reads names in snake_case, and the users of segments as one list', async () => {
    const path = await environment()
    const { body } = await call('POST', `${path}/import/bucketeer`, snake(['ada', 'bob']))
    expect(body).toMatchObject({ revision: 2, entity: { create: 2 }, findings: [], findingCount: 0 })
    const { flags, segments } = (await publishedNow(path))!
    expect(flags).toMatchObject([{ seed: 'seed', createdAt: 1_700_000_000_000, offVariationId: 'off' }])
    expect(segments).toMatchObject([{ key: 'vips', included: ['ada', 'bob'] }])
    const single = { feature: { ...snake([]).features[0], id: 'single', rules: [] } }
    expect((await call('POST', `${path}/import/bucketeer`, single)).body.entity.create).toBe(1)
  })

  it('makes uploaded members of a segment that is too large, in the same revision', async () => {
    const path = await environment()
    const list = snake([...uuids(30_000), uuids(1)[0]!])
    const lists = async () => {
      const prefix = `members/environment=${path.split('/')[2]}/ids/`
      return (await env.LAKE.list({ prefix })).objects.length
    }
    const importing = (query: string) => call('POST', `${path}/import/bucketeer${query}`, list)
    expect((await importing('?dryRun=true')).body).toMatchObject({ revision: 1, entity: { create: 2 } })
    expect(await lists()).toBe(0)
    const done = await importing('')
    expect(done).toMatchObject({ status: 200, body: { revision: 2, entity: { create: 2 } } })
    expect(done.body.findings).toMatchObject([{ subject: 'segment', key: 'vips', effect: 'lost' }])
    const { segments } = (await publishedNow(path))!
    const { members, included } = segments[0]!
    expect([members!.count, included]).toEqual([30_000, []])
    const hashes = await env.SNAPSHOTS.get(`members:${path.split('/')[2]}:${members!.sha256}`, 'arrayBuffer')
    const decoded = decodeMembers(new Uint8Array(hashes!))!
    expect([uuids(30_000).at(-1)!, 'nobody'].map((id) => isMember(decoded, id))).toEqual([true, false])
    expect((await importing('')).body.changed).toBe(false)
    expect(await lists()).toBe(1)
  })

  it('with many findings sums them up, the worst first', async () => {
    const path = await environment()
    const [banner] = snake([]).features
    const many = Array.from({ length: 1_200 }, (_, i) => ({
      ...banner,
      id: `flag-${i}`,
      rules: [{ id: 'r', strategy: fixedOn('on'), clauses: [{ operator: 'EQUALS', attribute: 'x' }] }],
    }))
    const broken = { ...banner, id: 'broken', rules: [], default_strategy: null }
    const { body } = await call('POST', `${path}/import/bucketeer?dryRun=true`, {
      features: [...many, broken],
    })
    expect(body.findings).toHaveLength(1_000)
    expect(body.findings[0]).toMatchObject({ key: 'broken', effect: 'left-out' })
    expect(body.findingCount).toBe(1_201)
    expect(body.groups).toMatchObject([
      { effect: 'left-out', field: 'defaultStrategy', count: 1, keys: ['broken'] },
      { effect: 'lost', field: 'rules.*.clauses.*', count: 1_200 },
    ])
    expect(body.groups[1].keys).toHaveLength(10)
  })
})
