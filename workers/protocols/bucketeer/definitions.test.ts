// Definitions for local mode: which flags each SDK gets, and which segments are sent again.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile } from '../../../core/evaluation/compile.ts'
import { clause, flag, rollout, rule, segment, snapshotOf } from '../../../test/support/build/flags.ts'
import { scaled } from '../../../test/support/build/scale.ts'
import { featureFlags, segmentUsers } from './definitions.ts'

const now = 1_790_000_000_000
const seconds = now / 1_000
const minutesAgo = (minutes: number) => now - minutes * 60_000

describe('the flags that are left out', () => {
  const fine = { allocation: 'fine' as const, tags: ['web'] }
  const half = rollout({ a: 50_000, b: 50_000 })
  const audience = { percentage: 20, defaultVariationId: 'a' }
  const flags = [
    flag({ key: 'plain', ...fine, defaultStrategy: { id: 'p', strategy: half } }),
    flag({
      key: 'audience',
      ...fine,
      defaultStrategy: { id: 'd', strategy: { ...rollout({ a: 50_000, b: 50_000 }), audience } as never },
    }),
    flag({ key: 'needs-plain', prerequisites: [{ flagKey: 'plain', variationId: 'a' }] }),
    flag({ key: 'deep', tags: ['web'], prerequisites: [{ flagKey: 'needs-plain', variationId: 'a' }] }),
    flag({ key: 'ruled', tags: ['web'], rules: [rule([clause('', 'in-segment', 'staff')])] }),
    flag({ key: 'seed', ...fine, seed: 'é', defaultStrategy: { id: 's', strategy: half } }),
    flag({
      key: 'number',
      tags: ['web'],
      rules: [rule([{ ...clause('x', 'greater', '1e3'), compareAs: 'bucketeer' }])],
    }),
  ]
  const compiled = compile(
    snapshotOf(flags, [segment({ key: 'staff', anyOf: [[clause('mail', 'ends-with', '@example.com')]] })]),
  )
  const everywhere = ['plain']
  const nearly = ['deep', 'needs-plain', 'number', 'plain', 'seed']

  it.each([
    ['Node 0.4.6', 6, '0.4.6', everywhere],
    ['Node of the future', 6, '9.0.0', everywhere],
    ['Go 1.7', 5, '1.7.0', ['audience', 'deep', 'needs-plain', 'number', 'plain', 'ruled', 'seed']],
    ['Go, with its v', 5, 'v2.0.1', ['audience', 'deep', 'needs-plain', 'number', 'plain', 'ruled', 'seed']],
    ['Go 1.6', 5, '1.6.0', nearly],
    ['Go 1.5.5', 5, '1.5.5', nearly],
    ['Go before murmur3', 5, '1.5.4', everywhere],
    ['Go of an unknown version', 5, 'main', everywhere],
    ['a wrapper with a version of its own', 103, '9.0.0', everywhere],
    ['an unknown source', 42, '1.7.0', everywhere],
  ])('depend on the SDK of the request: %s', (_, sourceId, sdkVersion, expected) => {
    const query = { tag: 'web', featureFlagsId: '', requestedAt: 0, sourceId, sdkVersion }
    const { features } = featureFlags(compiled, query, now)
    const given = features.map((feature) => (feature as { id: string }).id).toSorted()
    expect(given).toEqual(expected)
    const { segmentUsers: users } = segmentUsers(compiled, { ...query, segmentIds: [] }, now)
    expect(users.map(({ segmentId }) => segmentId)).toEqual(expected.includes('ruled') ? ['staff'] : [])
  })

  it('do not include audiences and segment rules if the SDK supports them', () => {
    const sdk = { sourceId: 5, sdkVersion: '1.7.0' }
    const { features } = featureFlags(compiled, { tag: '', featureFlagsId: '', requestedAt: 0, ...sdk }, now)
    expect(features).toContainEqual(
      expect.objectContaining({
        id: 'audience',
        defaultStrategy: expect.objectContaining({
          rolloutStrategy: expect.objectContaining({
            audience: { percentage: 20, defaultVariation: 'a' },
          }) as object,
        }) as object,
      }),
    )
    const { segmentUsers: users } = segmentUsers(compiled, { segmentIds: [], requestedAt: 0, ...sdk }, now)
    expect(users).toMatchObject([
      {
        segmentId: 'staff',
        users: [],
        rules: [{ clauses: [{ attribute: 'mail', operator: 'ENDS_WITH', values: ['@example.com'] }] }],
      },
    ])
  })
})

const flagWithSegment = (key: string) =>
  flag({ key: `asks-${key}`, rules: [rule([clause('', 'in-segment', key)])] })
const sdk = { sourceId: 5, sdkVersion: 'v0.0.1' }

describe('segments', () => {
  // bucketeer pkg/api/api/api_grpc_test.go, TestGrpcGetSegmentUsers: segment-id-2 changed 30 minutes ago and
  // segment-id-5 an hour ago. There the SDK lacks segment-id-5 and is not given it; here it is.
  const compiled = compile(
    snapshotOf(
      [flagWithSegment('segment-id-2'), flagWithSegment('segment-id-5')],
      [
        segment({ key: 'segment-id-2', included: ['user-id'], updatedAt: minutesAgo(30) }),
        segment({ key: 'segment-id-5', included: ['user-id'], updatedAt: minutesAgo(60) }),
      ],
    ),
  )
  const has = ['segment-id-1', 'segment-id-2', 'segment-id-3', 'segment-id-5']
  it.each([
    ['request at older than 30 days', has, 31 * 24 * 60, ['segment-id-2', 'segment-id-5'], [], true],
    ['return deleted segment ids', has, 10, [], ['segment-id-1', 'segment-id-3'], false],
    ['return updated segment users', has, 31, ['segment-id-2'], ['segment-id-1', 'segment-id-3'], false],
    [
      'return updated segment users, late',
      has,
      40,
      ['segment-id-2'],
      ['segment-id-1', 'segment-id-3'],
      false,
    ],
    ['nothing to update', ['segment-id-2', 'segment-id-5'], 20, [], [], false],
    ['one that it lacks', ['segment-id-2'], 20, ['segment-id-5'], [], false],
  ])('are sent as upstream: %s', (_, segmentIds, minutes, sent, deleted, forceUpdate) => {
    const requestedAt = Math.floor(minutesAgo(minutes) / 1_000)
    const answer = segmentUsers(compiled, { segmentIds, requestedAt, ...sdk }, now)
    expect(answer.segmentUsers.map(({ segmentId }) => segmentId)).toEqual(sent)
    expect(answer).toMatchObject({ deletedSegmentIds: deleted, forceUpdate })
    const isNone = sent.length === 0 && deleted.length === 0
    expect(answer.requestedAt).toBe(String(isNone ? requestedAt : seconds))
  })

  it('never leave an SDK without a segment that a flag needs, or with an old one, despite delays', () => {
    const key = fc.constantFrom('s0', 's1', 's2')
    const change = fc.record({
      /** Seconds since the change before. */
      after: fc.integer({ min: 1, max: 4_000 }),
      edits: fc.option(key, { nil: undefined }),
      inUse: fc.uniqueArray(key),
      /** Seconds until the edge that responds knows this change. */
      late: fc.integer({ min: 0, max: 599 }),
    })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
        let at = seconds
        const cache = { ids: new Map<string, string>(), requestedAt: 0 }
        const times = new Map(['s0', 's1', 's2'].map((id) => [id, at]))
        let before = compile(snapshotOf([], []))
        const poll = (snapshot: typeof before, second: number) => {
          const query = { segmentIds: [...cache.ids.keys()], requestedAt: cache.requestedAt, ...sdk }
          const answer = segmentUsers(snapshot, query, second * 1_000)
          if (answer.forceUpdate) cache.ids.clear()
          for (const id of answer.deletedSegmentIds) cache.ids.delete(id)
          for (const { segmentId, updatedAt } of answer.segmentUsers) cache.ids.set(segmentId, updatedAt)
          cache.requestedAt = Number(answer.requestedAt)
        }
        for (const { after, edits, inUse, late } of changes) {
          at += after
          if (edits !== undefined) times.set(edits, at)
          const segments = [...times].map(([id, time]) => segment({ key: id, updatedAt: time * 1_000 }))
          const snapshot = compile(snapshotOf(inUse.map(flagWithSegment), segments))
          poll(before, at + late) // by an edge that has the snapshot of before
          poll(snapshot, at + late)
          at += late
          const needed = inUse.map((id) => [id, String(times.get(id))] as const)
          expect(Object.fromEntries(cache.ids)).toEqual(Object.fromEntries(needed))
          before = snapshot
        }
      }),
      { numRuns: scaled(300) },
    )
  })
})
