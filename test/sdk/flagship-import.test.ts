// The published AB Tasty SDK with a bucketing file of AB Tasty's, and core with the flags imported from it,
// agree for 2,000 visitors with ASCII ids over generated files. Our own file, imported, gives the same
// results as the flags it was built from.
import { DecisionMode, Flagship, LogLevel } from '@flagship.io/js-sdk/edge'
import { afterAll, beforeAll, expect, it } from 'vitest'
import fc from '../support/build/fast-check.ts'
import { type CompiledSnapshot, compile } from '../../core/evaluation/compile.ts'
import { emptyState } from '../../core/model/environment-state.ts'
import { evaluateAll } from '../../core/evaluation/evaluate.ts'
import { type Candidates, checkCandidates } from '../../core/change/import-plan.ts'
import { bucketingFile } from '../../workers/protocols/flagship-io/bucketing-file.ts'
import { ForeignFile } from '../../workers/protocols/flagship-io/import/file.ts'
import { fromBucketingFile } from '../../workers/protocols/flagship-io/import/campaigns.ts'
import { lint } from '../../workers/protocols/flagship-io/import/lint.ts'
import { clause, fixed, flag, rollout, rule, snapshotOf } from '../support/build/flags.ts'

const seed = Number(process.env['TACKLINE_SEED'] ?? 20_261_122)
const files = 20
const visitorsPerFile = 100

// Compares texts with texts and numbers with numbers only. Differences with other types are reported by the
// linter and tested with it.
const word = fc.constantFrom('a', 'ab', 'B', 'beta.', 'pro', '1.2.3', 'v1.2.3', '5', '')
const number = fc.integer({ min: 3, max: 8 })
const orList = <T>(value: fc.Arbitrary<T>) => fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 }))
const listed = fc.array(fc.constantFrom('a', 'b', 'visitor'), { minLength: 1, maxLength: 2 })

const targeting = fc.oneof(
  fc.constant([{ operator: 'EQUALS', key: 'fs_all_users', value: '' }]),
  fc
    .record({ operator: fc.constantFrom('EQUALS', 'NOT_EQUALS', 'STARTS_WITH', 'CONTAINS'), value: listed })
    .map(({ operator, value }) => [{ operator, key: 'fs_users', value }]),
  fc
    .record({ key: fc.constantFrom('x', 'y'), value: orList(word) })
    .map(({ key, value }) => [{ operator: 'EQUALS', key, value }]),
  fc
    .record({ key: fc.constantFrom('x', 'y'), value: fc.constantFrom('a', 'ab', ['B', 'pro'], []) })
    .map(({ key, value }) => [{ operator: 'NOT_EQUALS', key, value }]),
  fc
    .record({
      key: fc.constantFrom('x', 'n', 'flagged'),
      operator: fc.constantFrom('CONTAINS', 'NOT_CONTAINS', 'STARTS_WITH', 'ENDS_WITH'),
      value: orList(word),
    })
    .map(({ key, operator, value }) => [
      { operator: 'EXISTS', key, value: true },
      { operator, key, value },
    ]),
  fc
    .record({
      operator: fc.constantFrom(
        'GREATER_THAN',
        'GREATER_THAN_OR_EQUALS',
        'LOWER_THAN',
        'LOWER_THAN_OR_EQUALS',
        'EQUALS',
        'NOT_EQUALS',
      ),
      value: orList(number),
    })
    .map(({ operator, value }) => [{ operator, key: 'n', value }]),
  fc.boolean().map((value) => [{ operator: 'EQUALS', key: 'flagged', value }]),
  fc
    .record({
      key: fc.constantFrom('x', 'n', 'nowhere'),
      operator: fc.constantFrom('EXISTS', 'NOT_EXISTS', 'SEMVER_EQUALS'),
    })
    .map(({ key, operator }) => [{ operator, key, value: true }]),
)
const targetingGroups = fc.array(
  fc.array(targeting, { maxLength: 2 }).map((targetings) => ({ targetings: targetings.flat() })),
  { maxLength: 2 },
)

const allocations: fc.Arbitrary<number[]> = fc.oneof(
  fc.constantFrom<number[]>([30, 50, 20], [100], [33.34, 33.33, 33.33], [80, 50]),
  fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 4 }),
)
const valueOf: readonly ((i: number) => unknown)[] = [
  (i) => `value ${i}`,
  (i) => i * 1.5,
  (i) => i % 2 === 0,
  (i) => ({ columns: i }),
  (i) => (i === 0 ? null : i),
]
const campaign = (at: number) =>
  fc
    .record({
      groups: fc.array(fc.record({ id: fc.uuid(), targetingGroups, allocations }), {
        minLength: 1,
        maxLength: 3,
      }),
      type: fc.constantFrom('ab', 'toggle', 'perso', 'custom', undefined),
      isBundle: fc.boolean(),
      kind: fc.nat(valueOf.length - 1),
    })
    .map(({ groups, type, isBundle, kind }) => ({
      id: `campaign-${at}`,
      name: `Campaign ${at}`,
      type,
      variationGroups: groups.map(({ id, targetingGroups: groupsOfTargeting, allocations: percents }) => ({
        id,
        targeting: { targetingGroups: groupsOfTargeting },
        variations: percents.map((allocation, i) => ({
          id: `${id}-${i}`,
          ...(allocation !== 0 && { allocation }),
          ...(i === 0 && { reference: true }),
          modifications: {
            type: 'FLAG',
            value: {
              [isBundle ? `key ${at}` : `key-${at}`]: valueOf[kind]!(i),
              ...(isBundle && i > 0 && { [`second-${at}`]: i }),
            },
          },
        })),
      })),
      bucketRanges: [{ r: [0, 100] }],
    }))
const file = fc
  .tuple(...Array.from({ length: 6 }, (_, at) => campaign(at)))
  .map((campaigns) => ({ campaigns, accountSettings: {} }))

const visitor = fc.record({
  id: fc.oneof(fc.uuid(), fc.constantFrom('a', 'b', 'visitor', '5')),
  context: fc.record({ x: word, y: word, n: number, flagged: fc.boolean() }, { requiredKeys: [] }),
})

const network = globalThis.fetch
beforeAll(() => {
  globalThis.fetch = () => Promise.resolve(new Response(null, { status: 204 }))
})
afterAll(() => {
  globalThis.fetch = network
})

const imported = (json: unknown): Candidates =>
  checkCandidates(emptyState(), fromBucketingFile(ForeignFile.parse(json), 0))

/**
 * All keys and values of a visitor, as an AB Tasty SDK sees them. Null: the key is known, use your default.
 */
function answers(ready: CompiledSnapshot, id: string, context: Record<string, unknown>) {
  return new Map(
    evaluateAll(ready, { targetingKey: id, attributes: context }).flatMap(
      ({ flag: of, variation }): [string, unknown][] => {
        if (!of || !variation) return []
        return of.bundle ? Object.entries(variation.typed as object) : [[of.key, variation.typed]]
      },
    ),
  )
}

it(`the published SDK on a file and core on its import give ${files * visitorsPerFile} visitors the same, seed ${seed}`, async () => {
  let answered = 0
  for (const [at, json] of fc.sample(file, { seed, numRuns: files }).entries()) {
    const { flags, findings } = imported(JSON.parse(JSON.stringify(json)))
    expect(findings.filter(({ effect }) => effect === 'left-out')).toEqual([])
    const ready = compile(snapshotOf(flags))
    const keys = new Set(
      json.campaigns.flatMap(({ variationGroups }) =>
        variationGroups.flatMap(({ variations }) =>
          variations.flatMap(({ modifications }) => Object.keys(modifications.value)),
        ),
      ),
    )
    const flagship = await Flagship.start('environment', 'key', {
      decisionMode: DecisionMode.BUCKETING_EDGE,
      initialBucketing: JSON.parse(JSON.stringify(json)),
      logLevel: LogLevel.NONE,
      disableDeveloperUsageTracking: true,
    })
    for (const { id, context } of fc.sample(visitor, { seed: seed + at, numRuns: visitorsPerFile })) {
      const theirs = flagship.newVisitor({ visitorId: id, hasConsented: true, context })
      await theirs.fetchFlags()
      expect(theirs.flagsStatus.status).toBe('FETCHED')
      const ours = answers(ready, id, context)
      for (const key of keys) {
        const theirFlag = theirs.getFlag(key)
        const actual = { exists: theirFlag.exists(), value: theirFlag.getValue<unknown>(null, false) }
        expect([id, context, key, actual]).toEqual([
          id,
          context,
          key,
          { exists: ours.has(key), value: ours.get(key) ?? null },
        ])
        if (ours.has(key)) answered++
      }
    }
  }
  expect(answered).toBeGreaterThan(files * visitorsPerFile)
}, 120_000)

it('our own file, imported, gives the same results as the flags it was built from', () => {
  const flags = [
    flag({ key: 'plain' }),
    flag({ key: 'off', enabled: false }),
    flag({ key: 'silent', enabled: false, offVariationId: undefined }),
    flag({
      key: 'split',
      targets: [
        { variationId: 'c', targetingKeys: ['ada'] },
        { variationId: 'b', targetingKeys: ['bob'] },
        { variationId: 'c', targetingKeys: ['eve'] },
      ],
      rules: [
        rule([clause('x', 'contains', 'b'), clause('n', 'not-equals', '5')], { id: 'r1' }),
        rule([clause('y', 'exists')], { id: 'r2', strategy: rollout({ a: 20_000, c: 30_000 }) }),
      ],
      defaultStrategy: { id: 'd1', strategy: rollout({ a: 30_000, b: 50_000, c: 20_000 }) },
    }),
    flag({
      key: 'theme',
      type: 'json',
      bundle: true,
      variations: [
        { id: 'a', name: '', description: '', value: '{"colour":"red","border":3}' },
        { id: 'c', name: '', description: '', value: '{"colour":"blue"}' },
      ],
      defaultStrategy: { id: 'd2', strategy: rollout({ a: 40_000, c: 60_000 }) },
      rules: [rule([clause('x', 'equals', 'pro')], { id: 'r3', strategy: fixed('c') })],
    }),
  ]
  const before = snapshotOf(flags)
  const { file: ours, omitted } = bucketingFile(before)
  expect(omitted).toEqual([])
  const { flags: after, findings } = imported(JSON.parse(JSON.stringify(ours)))
  expect(findings.filter(({ effect }) => effect === 'left-out')).toEqual([])
  const [there, here] = [compile(before), compile(snapshotOf(after))]
  const who = fc.record({
    id: fc.oneof(fc.uuid(), fc.constantFrom('ada', 'bob', 'eve')),
    context: visitor.map(({ context }) => context),
  })
  fc.assert(
    fc.property(who, ({ id, context }) => {
      const known = answers(there, id, context)
      // A key that only another variation has is null in a file, which means the same: use your default.
      const actual = new Map([...answers(here, id, context)].filter(([, value]) => value !== null))
      expect(actual).toEqual(known)
    }),
    { numRuns: 2_000, seed },
  )
})

it('the published SDK loses all flags exactly where the linter reports a crash', async () => {
  const exists = { operator: 'EXISTS', key: 'x', value: true }
  const operators = [
    'CONTAINS',
    'NOT_CONTAINS',
    'STARTS_WITH',
    'ENDS_WITH',
    'EQUALS',
    'NOT_EQUALS',
    'LOWER_THAN',
  ]
  let crashes = 0
  for (const operator of operators) {
    const asking = { operator, key: 'x', value: 'a' }
    for (const targetings of [[asking], [exists, asking], [asking, exists]]) {
      const [json] = fc.sample(campaign(0), { seed, numRuns: 1 })
      const first = { ...json!.variationGroups[0]!, targeting: { targetingGroups: [{ targetings }] } }
      const content = { campaigns: [{ ...json!, variationGroups: [first] }], accountSettings: {} }
      const isCrash = lint(ForeignFile.parse(content).campaigns[0]!).some(({ code }) => code === 'crash')
      const flagship = await Flagship.start('environment', 'key', {
        decisionMode: DecisionMode.BUCKETING_EDGE,
        initialBucketing: JSON.parse(JSON.stringify(content)),
        logLevel: LogLevel.NONE,
        disableDeveloperUsageTracking: true,
      })
      const someone = flagship.newVisitor({ visitorId: 'a', hasConsented: true, context: {} })
      await someone.fetchFlags()
      expect([targetings, someone.flagsStatus.status]).toEqual([
        targetings,
        isCrash ? 'FETCH_REQUIRED' : 'FETCHED',
      ])
      if (isCrash) crashes++
    }
  }
  expect(crashes).toBe(8)
})
