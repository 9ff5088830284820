// No silent difference: wherever AB Tasty's published SDK in bucketing mode decides a targeting otherwise
// than core does on its import, or throws, the linter or the import has said so; and of our own flags,
// whatever the SDK would decide otherwise is left out of its file, with a reason. Over targetings and
// contexts of every type, spelled alike or not, there or missing.
import { DecisionMode, Flagship, LogLevel } from '@flagship.io/js-sdk/edge'
import { afterAll, beforeAll, expect, it } from 'vitest'
import fc from '../support/build/fast-check.ts'
import { type Clause, textOperators } from '../../core/model/clause.ts'
import { orderedOperators, comparisons } from '../../core/model/vocabulary.ts'
import { attributeOperators } from '../support/build/arbitraries.ts'
import { compile } from '../../core/evaluation/compile.ts'
import { emptyState } from '../../core/model/environment-state.ts'
import { evaluate } from '../../core/evaluation/evaluate.ts'
import { checkCandidates } from '../../core/change/import-plan.ts'
import { bucketingFile } from '../../workers/protocols/flagship-io/bucketing-file.ts'
import { ForeignFile } from '../../workers/protocols/flagship-io/import/file.ts'
import { fromBucketingFile } from '../../workers/protocols/flagship-io/import/campaigns.ts'
import { versionOperators } from '../../workers/protocols/flagship-io/import/comparison.ts'
import { type LintFinding, lint, sdkOperators } from '../../workers/protocols/flagship-io/import/lint.ts'
import { flag, snapshotOf } from '../support/build/flags.ts'

const seed = Number(process.env['TACKLINE_SEED'] ?? 20_261_124)
const files = 2_000
const visitorsPerFile = 12

const network = globalThis.fetch
beforeAll(() => {
  globalThis.fetch = () => Promise.resolve(new Response(null, { status: 204 }))
})
afterAll(() => {
  globalThis.fetch = network
})

const texts = [
  'a',
  'A',
  'ab',
  'b',
  '',
  ' ',
  '5',
  '05',
  '5.0',
  '10',
  '-1',
  'true',
  'True',
  'false',
  '1.2.3',
  'v1.2.3',
  '1.10',
  'é',
]
const dates = ['2026-11-22', '2026-11-22T10:00:00Z', '1795325656']
const value = fc.oneof(
  fc.constantFrom<string | number | boolean>(...texts, ...dates, 5, 10, 0, -1, 1.5, 1e21, true, false),
  fc.integer({ min: 3, max: 12 }),
)
const keys = ['x', 'y', 'n']
const context = fc.dictionary(fc.constantFrom(...keys, ...keys, 'id'), value, { maxKeys: 3 })
const visitor = fc.record({ id: fc.constantFrom('a', 'ab', 'A', '5', '1.2.3', 'visitor'), context })
type Visitor = { readonly id: string; readonly context: Record<string, string | number | boolean> }

/** The context with the attributes that the SDK adds. */
const completed = ({ id, context: own }: Visitor) => ({
  targetingKey: id,
  attributes: { ...own, fs_client: 'TypeScript', fs_version: '5.2.0', fs_users: id },
})

/** `threw`: the SDK threw, and the visitor has no flags. */
async function bySdk(file: unknown, visitors: readonly Visitor[]): Promise<(boolean | 'threw')[]> {
  const flagship = await Flagship.start('environment', 'key', {
    decisionMode: DecisionMode.BUCKETING_EDGE,
    initialBucketing: JSON.parse(JSON.stringify(file)),
    logLevel: LogLevel.NONE,
    disableDeveloperUsageTracking: true,
  })
  const answers: (boolean | 'threw')[] = []
  for (const { id, context: own } of visitors) {
    const met = flagship.newVisitor({ visitorId: id, hasConsented: true, context: own })
    await met.fetchFlags()
    const isFetched = met.flagsStatus.status === 'FETCHED'
    answers.push(isFetched ? met.getFlag('flag').getValue<string>('no', false) === 'yes' : 'threw')
  }
  return answers
}

const targeting = fc.record({
  operator: fc.constantFrom(...sdkOperators, ...versionOperators, 'UNKNOWN'),
  key: fc.constantFrom(...keys, ...keys, 'fs_users', 'fs_client', 'fs_all_users', 'id'),
  value: fc.oneof(
    { weight: 5, arbitrary: value },
    { weight: 4, arbitrary: fc.array(value, { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
})
/** Mostly one condition, with or without a guard: with several, a finding could be about another one. */
const guarded = fc
  .tuple(fc.boolean(), targeting)
  .map(([isGuarded, each]) => [
    ...(isGuarded ? [{ operator: 'EXISTS', key: each.key, value: true }] : []),
    each,
  ])
const campaign = fc
  .oneof(
    { weight: 3, arbitrary: guarded.map((one) => [one]) },
    {
      weight: 1,
      arbitrary: fc.array(fc.array(targeting, { minLength: 1, maxLength: 3 }), {
        minLength: 1,
        maxLength: 2,
      }),
    },
  )
  .map((groups) => ({
    id: 'flag',
    variationGroups: [
      {
        id: 'group',
        targeting: { targetingGroups: groups.map((targetings) => ({ targetings })) },
        variations: [{ id: 'yes', allocation: 100, modifications: { type: 'FLAG', value: { flag: 'yes' } } }],
      },
    ],
    bucketRanges: [{ r: [0, 100] }],
  }))

/** Topics about AB Tasty's servers alone do not warn of a difference in the SDK. */
const ofServers: ReadonlySet<LintFinding['code']> = new Set([
  'case',
  'exists-value',
  'list',
  'missing-key',
  'provider',
  'never-true',
])

it(`the linter or the import has warned wherever the SDK decides otherwise or throws, seed ${seed}`, async () => {
  const counted = { alike: 0, otherwise: 0, threw: 0, unwarned: 0 }
  const visitorsOf = fc.array(visitor, { minLength: visitorsPerFile, maxLength: visitorsPerFile })
  const silent: unknown[] = []
  for (const [made, visitors] of fc.sample(fc.tuple(campaign, visitorsOf), { seed, numRuns: files })) {
    const file = ForeignFile.parse({ campaigns: [JSON.parse(JSON.stringify(made))], accountSettings: {} })
    const lints = lint(file.campaigns[0]!)
    const beside = new Set(
      lints.filter(({ code }) => ofServers.has(code)).map(({ field, reason }) => field + reason),
    )
    const { flags, findings } = checkCandidates(emptyState(), fromBucketingFile(file, 0))
    const warned = findings.filter(
      ({ effect, field, reason }) => effect !== 'lost' && !beside.has(field + reason),
    )
    const ready = compile(snapshotOf(flags))
    const theirs = await bySdk({ campaigns: [made], accountSettings: {} }, visitors)
    if (warned.length === 0) counted.unwarned++
    for (const [i, each] of visitors.entries()) {
      const ours = evaluate(ready, 'flag', completed(each)).variation?.value === 'yes'
      const is = theirs[i]!
      counted[is === 'threw' ? 'threw' : is === ours ? 'alike' : 'otherwise']++
      const hasWarned =
        is === 'threw' ? lints.some(({ code }) => code === 'crash') : is === ours || warned.length > 0
      if (!hasWarned)
        silent.push({
          targeting: made.variationGroups[0]!.targeting.targetingGroups,
          visitor: each,
          sdk: is,
          ours,
        })
    }
  }
  expect(silent).toEqual([])
  for (const count of Object.values(counted)) expect(count).toBeGreaterThan(files / 10) // each was really met
}, 120_000)

const clause: fc.Arbitrary<Clause> = fc
  .record({
    attribute: fc.constantFrom(
      ...keys,
      ...keys,
      'id',
      'targetingKey',
      'fs_client',
      'fs_users',
      'constructor',
    ),
    operator: fc.constantFrom(...attributeOperators),
    values: fc.oneof(
      fc.array(fc.constantFrom(...texts, ...dates), { minLength: 1, maxLength: 3 }),
      fc.array(fc.constantFrom('5', '10', '-1', '1.5', '1.10', '007'), { minLength: 1, maxLength: 2 }),
    ),
    ignoresCase: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    compareAs: fc.constantFrom(undefined, 'number' as const, 'number' as const, ...comparisons),
    negated: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  })
  .map(({ ignoresCase, compareAs, negated, ...rest }) => ({
    ...rest,
    ...(ignoresCase && textOperators.has(rest.operator) && { ignoreCase: true }),
    ...(compareAs && orderedOperators.has(rest.operator) && { compareAs }),
    ...(negated && { negated }),
  }))
const ownFlag = fc
  .array(fc.array(clause, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 })
  .map((anyOf) =>
    flag({
      variations: ['yes', 'no'].map((id) => ({ id, name: '', description: '', value: id })),
      rules: [{ id: 'rule', name: '', anyOf, strategy: { kind: 'fixed', variationId: 'yes' } }],
      defaultStrategy: { id: 'default', strategy: { kind: 'fixed', variationId: 'no' } },
    }),
  )

/**
 * What the note on a comparison is about: a value that is no number where the clause compares numbers, no
 * text where it compares texts, or any text where it compares by Tackline's own rule.
 */
const isNoted = (anyOf: readonly (readonly Clause[])[], { context: own }: Visitor) =>
  anyOf.flat().some(({ attribute, operator, compareAs }) => {
    const given = own[attribute]
    if (!orderedOperators.has(operator) || given === undefined) return false
    if (compareAs === 'text') return typeof given !== 'string' || given === ''
    if (typeof given === 'number') return false
    return compareAs !== 'number' || typeof given === 'boolean' || given.trim() === ''
  })

it(`the SDK evaluates our flags as core does, or the file leaves them out with a reason, seed ${seed}`, async () => {
  const counted = { alike: 0, held: 0, omitted: 0, compared: 0, noted: 0 }
  const visitorsOf = fc.array(visitor, { minLength: visitorsPerFile, maxLength: visitorsPerFile })
  for (const [made, visitors] of fc.sample(fc.tuple(ownFlag, visitorsOf), { seed, numRuns: files })) {
    const snapshot = snapshotOf([made])
    const { file, omitted } = bucketingFile(snapshot)
    if (omitted.length > 0) {
      counted.omitted++
      expect([omitted[0]!.reason !== '', file.campaigns]).toEqual([true, []])
      continue
    }
    const ready = compile(snapshot)
    const { anyOf } = made.rules[0]!
    for (const [i, is] of (await bySdk(file, visitors)).entries()) {
      const ours = evaluate(ready, 'flag', completed(visitors[i]!)).variation?.value === 'yes'
      if (anyOf.flat().some(({ operator }) => orderedOperators.has(operator))) counted.compared++
      if (is !== ours && is !== 'threw' && isNoted(anyOf, visitors[i]!)) {
        counted.noted++
        const found = lint(ForeignFile.parse(JSON.parse(JSON.stringify(file))).campaigns[0]!)
        expect(found.map(({ reason }) => reason).join()).toMatch(/as a (number|text)/)
        continue
      }
      expect({ anyOf: made.rules[0]!.anyOf, visitor: visitors[i], is }).toEqual({
        anyOf: made.rules[0]!.anyOf,
        visitor: visitors[i],
        is: ours,
      })
      counted[ours ? 'held' : 'alike']++
    }
  }
  const { noted, ...rest } = counted
  expect(noted).toBeGreaterThan(0)
  for (const count of Object.values(rest)) expect(count).toBeGreaterThan(files / 10)
}, 120_000)
