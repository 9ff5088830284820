// Our own bucketing file, imported into an empty environment, gives every visitor the same values, keeps its
// names and is exported completely. Importing it twice changes nothing. Over generated flags with everything
// that the file can hold.
import { expect, it } from 'vitest'
import fc from '../../../../test/support/build/fast-check.ts'
import { clauseWith } from '../../../../test/support/build/arbitraries.ts'
import { flag, snapshotOf } from '../../../../test/support/build/flags.ts'
import { change } from '../../../../core/change/change.ts'
import { checkCandidates } from '../../../../core/change/import-plan.ts'
import { type CompiledSnapshot, compile } from '../../../../core/evaluation/compile.ts'
import { evaluateAll } from '../../../../core/evaluation/evaluate.ts'
import { emptyState, type EnvironmentState, withWrites } from '../../../../core/model/environment-state.ts'
import { Flag, type Strategy } from '../../../../core/model/flag.ts'
import { rebalance } from '../../../../core/model/rebalance.ts'
import { operators } from '../../../../core/model/vocabulary.ts'
import { bucketingFile } from '../bucketing-file.ts'
import { fromBucketingFile } from './campaigns.ts'
import { ForeignFile } from './file.ts'

const seed = Number(process.env['TACKLINE_SEED'] ?? 20_261_129)
const ids = ['a', 'b', 'c']
const variationId = fc.constantFrom(...ids)

const weights = fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100)).map((cuts): Rollout => {
  const [x, y, z] = cuts.toSorted((one, other) => one - other) as [number, number, number]
  const shares = [x, y - x, z - y].map((percent, i) => ({ variationId: ids[i]!, weight: percent * 1_000 }))
  return { kind: 'rollout', shares }
})
type Rollout = Extract<Strategy, { kind: 'rollout' }>
/** Changed weights leave a variation in several places. */
const strategy: fc.Arbitrary<Strategy> = fc.oneof(
  variationId.map((id): Strategy => ({ kind: 'fixed', variationId: id })),
  weights,
  fc.array(weights, { minLength: 2, maxLength: 4 }).map((all): Strategy => all.reduce(rebalance)),
)
const values: Readonly<Record<string, readonly string[]>> = {
  boolean: ['true', 'false', 'true'],
  string: ['', 'text', '5'],
  number: ['0', '-1.5', '1000'],
  json: ['{"a":[1]}', '[]', '"text"'],
}
const targetingKey = fc.constantFrom('ada', 'bob', '5', '1.2.3', 'true', 'eve')
const written = operators.filter(
  (operator) => !['in-segment', 'not-in-segment', 'flag-is'].includes(operator),
)
const anyOf = fc.array(fc.array(fc.oneof(...written.map(clauseWith)), { minLength: 1, maxLength: 3 }), {
  minLength: 1,
  maxLength: 2,
})
const name = fc.constantFrom('', 'Everyone else', 'Two words')

const flagWith = (i: number): fc.Arbitrary<Flag> =>
  fc
    .record({
      key: fc.constantFrom(`flag-${i}`, `f${i}${'-long'.repeat(19)}`),
      type: fc.constantFrom('boolean', 'string', 'number', 'json') as fc.Arbitrary<Flag['type']>,
      bundle: fc.boolean(),
      enabled: fc.integer({ min: 0, max: 5 }).map((n) => n > 0),
      alias: fc.constantFrom({}, { slug: `slug-${i}` }, { campaignId: `c ${i}` }),
      content: fc.constantFrom({}, { content: 'html' as const }),
      baseline: fc.boolean(),
      targets: fc.array(
        fc.record({
          variationId,
          targetingKeys: fc.uniqueArray(targetingKey, { minLength: 1, maxLength: 3 }),
        }),
        { maxLength: 3 },
      ),
      rules: fc.array(fc.record({ anyOf, strategy, name }), { maxLength: 3 }),
      last: fc.record({ strategy, name }),
    })
    .map(({ key, type, bundle, alias, content, baseline, rules, last, ...rest }) =>
      Flag.parse(
        flag({
          ...rest,
          ...alias,
          ...content,
          key,
          name: `Flag ${i}`,
          type: bundle ? 'json' : type,
          bundle,
          variations: ids.map((id, at) => ({
            id,
            name: id,
            description: '',
            value: bundle ? [`{"x-${i}":1,"y-${i}":"a"}`, '{}', `{"x-${i}":null}`][at]! : values[type]![at]!,
            ...(baseline && at === 0 && { baseline: true as const }),
          })),
          rules: rules.map((rule, at) => ({ ...rule, id: `rule-${i}-${at}` })),
          defaultStrategy: {
            id: `last-${i}`,
            ...(last.name && { name: last.name }),
            strategy: last.strategy,
          },
        }),
      ),
    )

const scalar = fc.constantFrom<string | number | boolean>('', 'a', 'A', 'abc', '5', '1.2.3', 5, 10, -1, true)
const visitor = fc.record({
  targetingKey: fc.oneof(targetingKey, fc.uuid()),
  attributes: fc.dictionary(fc.constantFrom('x', 'y', 'x.y', 'id'), scalar, { noNullPrototype: true }),
})

/** The value of each key for AB Tasty's SDKs. Null: use your default. */
const answers = (ready: CompiledSnapshot, context: Parameters<typeof evaluateAll>[1]) =>
  new Map(
    evaluateAll(ready, context).flatMap(({ flag: of, variation }): [string, unknown][] => {
      if (!of || !variation) return []
      const own = of.bundle ? Object.entries(variation.typed as object) : [[of.key, variation.typed]]
      return own.filter(([, value]) => value !== null) as [string, unknown][]
    }),
  )

const fileOf = (flags: readonly Flag[]) => bucketingFile(snapshotOf([...flags]))
const read = (state: EnvironmentState, file: unknown) =>
  checkCandidates(state, fromBucketingFile(ForeignFile.parse(JSON.parse(JSON.stringify(file))), 0))
const bring = (state: EnvironmentState, file: unknown) => {
  const { flags, segments } = read(state, file)
  const command = { kind: 'import', source: 'flagship-io', replace: false } as const
  const all = { flags: [...flags], segments: [...segments], sdkKeys: [] }
  const changed = change(state, { ...command, ...all }, context)
  if (!changed.ok) throw new Error(JSON.stringify(changed.problem))
  return changed.value.writes
}
const namesIn = ({ campaigns }: ReturnType<typeof bucketingFile>['file']) =>
  campaigns.map(({ id, name: called, slug }) => [id, called, slug].join(' ')).toSorted()
const context = { now: 1_000, newId: () => 'id' }

it(`what our own file says is imported whole, seed ${seed}`, () => {
  const counted = { flags: 0, pieces: 0, targets: 0, answered: 0 }
  fc.assert(
    fc.property(
      fc.tuple(...[0, 1, 2].map(flagWith)),
      fc.array(visitor, { minLength: 10, maxLength: 10 }),
      (made, visitors) => {
        const { omitted } = fileOf(made)
        const left = new Set(omitted.map(({ flagKey }) => flagKey))
        const before = made.filter(({ key }) => !left.has(key))
        const { file } = fileOf(before)
        const { findings } = read(emptyState(), file)
        expect(findings.filter(({ effect }) => effect === 'left-out')).toEqual([])
        const state = withWrites(emptyState(), bring(emptyState(), file))
        const after = [...state.flag.values()]
        expect(bring(state, file)).toEqual([])
        const [there, here] = [compile(snapshotOf(before)), compile(snapshotOf(after))]
        for (const each of visitors) {
          const expected = answers(there, each)
          expect({ each, values: answers(here, each) }).toEqual({ each, values: expected })
          counted.answered += expected.size
        }
        const again = fileOf(after)
        expect(again.omitted).toEqual([])
        expect(namesIn(again.file)).toEqual(namesIn(file))
        const once = fileOf([...withWrites(emptyState(), bring(emptyState(), again.file)).flag.values()])
        expect(once).toEqual(again)
        counted.flags += before.length
        counted.pieces += JSON.stringify(before).includes('"pieces"') ? 1 : 0
        counted.targets += before.some(({ targets }) => targets.length > 0) ? 1 : 0
      },
    ),
    { numRuns: 400, seed },
  )
  for (const count of Object.values(counted)) expect(count).toBeGreaterThan(100)
}, 60_000)
