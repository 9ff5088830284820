// Definitions for local mode: which flags each SDK gets, and which segments are sent again.
import { describe, expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { change } from '../../../core/change/change.ts'
import type { Command } from '../../../core/change/command.ts'
import { compile } from '../../../core/evaluation/compile.ts'
import {
  type EnvironmentState,
  type Write,
  emptyState,
  toSnapshot,
  withWrites,
} from '../../../core/model/environment-state.ts'
import { clause, fixed, flag, rollout, rule, segment, snapshotOf } from '../../../test/support/build/flags.ts'
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
    // also where the flag is left out, so that no SDK lacks it if the flag comes back
    expect(users.map(({ segmentId, rules }) => [segmentId, rules.length])).toEqual([
      ['staff', expected.includes('ruled') ? 1 : 0],
    ])
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

const uses = (key: string, more: object = {}) =>
  flag({ key: `uses-${key}`, rules: [rule([clause('', 'in-segment', key)])], ...more })
const sdk = { sourceId: 5, sdkVersion: 'v0.0.1' }

describe('segments', () => {
  // bucketeer pkg/api/api/api_grpc_test.go, TestGrpcGetSegmentUsers: segment-id-2 changed 30 minutes ago,
  // segment-id-5 an hour ago, their flags 20 minutes ago. The SDK lacks segment-id-5.
  const twentyAgo = { updatedAt: minutesAgo(20) }
  const given = (more: object = {}) =>
    compile(
      snapshotOf(
        [uses('segment-id-2', twentyAgo), uses('segment-id-5', { ...twentyAgo, ...more })],
        [
          segment({ key: 'segment-id-2', included: ['user-id'], updatedAt: minutesAgo(30) }),
          segment({ key: 'segment-id-5', included: ['user-id'], updatedAt: minutesAgo(60) }),
        ],
      ),
    )
  const has = ['segment-id-1', 'segment-id-2', 'segment-id-3']
  const old = ['segment-id-1', 'segment-id-3']
  it.each([
    ['request at older than 30 days', has, 31 * 24 * 60, ['segment-id-2', 'segment-id-5'], [], true],
    ['return deleted segment ids', has, 10, [], old, false],
    ['return updated segment users', has, 31, ['segment-id-2'], old, false],
    ['return updated segment users, late', has, 40, ['segment-id-2'], old, false],
    ['nothing to update', ['segment-id-2', 'segment-id-5'], 10, [], [], false],
  ])('are sent as upstream: %s', (_, segmentIds, minutes, sent, deleted, forceUpdate) => {
    const requestedAt = Math.floor(minutesAgo(minutes) / 1_000)
    const answer = segmentUsers(given(), { segmentIds, requestedAt, ...sdk }, now)
    expect(answer.segmentUsers.map(({ segmentId }) => segmentId)).toEqual(sent)
    expect(answer).toMatchObject({ deletedSegmentIds: deleted, forceUpdate })
    const isNone = sent.length === 0 && deleted.length === 0
    expect(answer.requestedAt).toBe(String(isNone ? requestedAt : seconds))
  })

  it('are sent, however old, if the SDK lacks them and a flag began to use them', () => {
    const requestedAt = Math.floor(minutesAgo(10) / 1_000)
    const compiled = given({ segmentsUpdatedAt: minutesAgo(5) })
    const answer = segmentUsers(compiled, { segmentIds: ['segment-id-2'], requestedAt, ...sdk }, now)
    expect(answer.segmentUsers.map(({ segmentId }) => segmentId)).toEqual(['segment-id-5'])
  })

  it('never leave an SDK without a segment that a flag needs, or with an old one, despite delays', () => {
    const key = fc.constantFrom('s0', 's1', 's2')
    const segmentClause = (each: string) => clause('', 'in-segment', each)
    const ruleOf = (keys: readonly string[]) => {
      const { id: _, ...draft } = rule(keys.map(segmentClause)) // the id is the flag's own
      return draft
    }
    const command: fc.Arbitrary<object> = fc.oneof(
      fc.record({
        kind: fc.constant('update-flag'),
        key: fc.constantFrom('f0', 'f1'),
        changes: fc.oneof(
          fc.record({ rules: fc.uniqueArray(key).map((keys) => (keys.length > 0 ? [ruleOf(keys)] : [])) }),
          fc.record({ archived: fc.boolean() }),
          fc.record({ enabled: fc.boolean() }),
        ),
      }),
      fc.record({
        kind: fc.constant('update-segment'),
        id: key,
        changes: fc.oneof(
          fc.record({ included: fc.uniqueArray(fc.constantFrom('u1', 'u2')) }),
          // with a rule, its flags are left out of what this SDK gets
          fc.record({ anyOf: fc.constantFrom([], [[clause('mail', 'equals', 'x')]]) }),
        ),
      }),
      fc.boolean().map((panic) => ({ kind: 'update-settings', changes: { panic } })),
    )
    const step = fc.record({
      /** Seconds since the change before. */
      after: fc.integer({ min: 1, max: 4_000 }),
      command,
      /** Seconds until the edge that responds knows this change. */
      late: fc.integer({ min: 0, max: 599 }),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        let at = seconds
        const start = [
          ...['s0', 's1', 's2'].map((each) => segment({ key: each, updatedAt: now })),
          ...['f0', 'f1'].map((each) =>
            flag({
              key: each,
              offVariationId: 'a',
              tags: [],
              defaultStrategy: { id: each, strategy: fixed('a') },
            }),
          ),
        ]
        let state = withWrites(
          emptyState(),
          start.map((value) => ({
            kind: 'rules' in value ? 'flag' : 'segment',
            id: value.key,
            value,
          })) as unknown as Write[],
        )
        const cache = { segments: new Map<string, string>(), requestedAt: 0 }
        const poll = (from: EnvironmentState, second: number) => {
          const query = { segmentIds: [...cache.segments.keys()], requestedAt: cache.requestedAt, ...sdk }
          const answer = segmentUsers(compiledFrom(from), query, second * 1_000)
          if (answer.forceUpdate) cache.segments.clear()
          for (const id of answer.deletedSegmentIds) cache.segments.delete(id)
          for (const { segmentId, updatedAt } of answer.segmentUsers) cache.segments.set(segmentId, updatedAt)
          cache.requestedAt = Number(answer.requestedAt)
        }
        for (const { after, command: next, late } of steps) {
          at += after
          const context = { now: at * 1_000, newId: () => `new-${at}` }
          const changed = change(state, next as Command, context)
          const before = state
          if (changed.ok) state = withWrites(state, changed.value.writes)
          poll(before, at + late) // by an edge that has the state of before
          poll(state, at + late)
          at += late
          const needed = featureFlags(
            compiledFrom(state),
            { tag: '', featureFlagsId: '', requestedAt: 0, ...sdk },
            at * 1_000,
          ).features.flatMap(({ rules }: any) =>
            rules.flatMap(({ clauses }: any) => clauses.flatMap(({ values }: any) => values as string[])),
          )
          for (const each of needed) {
            const updatedAt = Math.floor(state.segment.get(each)!.updatedAt / 1_000)
            expect(cache.segments.get(each)).toBe(String(updatedAt))
          }
        }
      }),
      { numRuns: scaled(300) },
    )
  })
})

const compiledFrom = (state: EnvironmentState) =>
  compile(toSnapshot({ state, environmentId: 'e', revision: 1, modifiedAt: 0 }))
