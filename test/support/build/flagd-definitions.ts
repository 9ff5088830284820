// Generated flag definitions of flagd's, and contexts to evaluate them for.
import fc from './fast-check.ts'

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

const attributes = ['a', 'n', 'v', 'b', 'targetingKey', 'id', 'o.p', 'o.q.r'] as const
const words = [
  'de',
  'ada@example.com',
  'd',
  '',
  'true',
  'false',
  '0',
  '1',
  '5',
  '18',
  '18.0',
  '1.2.3',
  'v1.2.3',
]
const versions = [
  '1.2.3',
  'v1.2.3',
  'V1.2.3',
  '1.2',
  'v1',
  '1',
  '1.10.0',
  '1.2.3-rc.1',
  '1.2.3+b',
  '2.0.0',
  '0.9',
  'x',
  '1.2.3.4',
  'V1.2.3-rc.1',
  'v1.2-rc.1',
  '01.2',
]
const numbers = [0, 1, 5, 18, -3, 1.5, 17.999]
const word = fc.constantFrom(...words)
const orderedWord = fc.constantFrom('de', 'd', 'true', '2024-01-01', '1.2.3', '\u{e000}')
const number = fc.constantFrom(...numbers)
const scalar: fc.Arbitrary<Json> = fc.oneof(word, number, fc.boolean(), fc.constant(null))

const name = fc.constantFrom(...attributes)
const variable: fc.Arbitrary<Json> = fc.oneof(
  { weight: 9, arbitrary: name.map((each) => ({ var: each })) },
  {
    weight: 1,
    arbitrary: fc.tuple(name, fc.oneof(word, number)).map(([each, other]) => ({ var: [each, other] })),
  },
)
const compared = fc.constantFrom('==', '!=', '===', '!==', '<', '<=', '>', '>=')
const literalFor = (operator: string): fc.Arbitrary<Json> =>
  operator.includes('=') && operator.length > 1 && !'<>'.includes(operator[0]!)
    ? scalar
    : fc.oneof<fc.Arbitrary<Json>[]>(number, number, fc.boolean(), orderedWord)

const operand: fc.Arbitrary<Json> = fc.oneof(
  compared.chain((operator) =>
    fc.tuple(variable, literalFor(operator), fc.boolean()).map(([left, right, isMirrored]) => ({
      [operator]: isMirrored ? [right, left] : [left, right],
    })),
  ),
  fc
    .tuple(number, variable, number)
    .map(([low, of, high]): Json => ({ '<=': [Math.min(low, high), of, Math.max(low, high)] })),
  fc.tuple(variable, fc.array(scalar, { maxLength: 4 })).map(([of, list]): Json => ({ in: [of, list] })),
  fc.tuple(word, variable).map(([text, of]): Json => ({ in: [text, of] })),
  fc
    .tuple(fc.constantFrom('starts_with', 'ends_with'), variable, word)
    .map(([operator, of, text]): Json => ({ [operator]: [of, text] })),
  fc
    .tuple(
      fc.constantFrom('v', 'n'),
      fc.constantFrom('=', '!=', '<', '<=', '>', '>=', '^', '~'),
      fc.constantFrom('1.2.3', '1.2', 'v1', '1.2.3-rc.1', '0.0.0', '2.10.19'),
    )
    .map(([of, operator, version]): Json => ({ sem_ver: [{ var: of }, operator, version] })),
  variable,
  fc.array(name, { minLength: 1, maxLength: 3 }).map((names): Json => ({ missing: names })),
  fc.array(name, { minLength: 1, maxLength: 3 }).map((names): Json => ({ missing_some: [1, names] })),
  fc.constant<Json>({ $ref: 'shared' }),
  fc.constantFrom<Json>(true, false, { '==': [{ var: '$flagd.flagKey' }, 'flag'] }),
)

const { condition } = fc.letrec<{ condition: Json }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', maxDepth: 4, withCrossShrink: true },
    { weight: 4, arbitrary: operand },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom('and', 'or'), fc.array(tie('condition'), { minLength: 1, maxLength: 4 }))
        .map(([operator, parts]): Json => ({ [operator]: parts })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom('!', '!!'), tie('condition'))
        .map(([operator, part]): Json => ({ [operator]: [part] })),
    },
    {
      weight: 1,
      arbitrary: fc
        .array(tie('condition'), { minLength: 2, maxLength: 4 })
        .map((parts): Json => ({ if: parts })),
    },
  ),
}))

const variants = { on: 'On', off: 'Off', true: 'True', false: 'False', '5': 'Five' }
const result: fc.Arbitrary<Json> = fc.constantFrom<Json>('on', 'off', true, false, 5, null, 'nowhere')
const { targeting } = fc.letrec<{ targeting: Json }>((tie) => ({
  targeting: fc.oneof(
    { depthSize: 'small', maxDepth: 4, withCrossShrink: true },
    { weight: 2, arbitrary: result },
    {
      weight: 5,
      arbitrary: fc
        .array(fc.tuple(condition, tie('targeting')), { minLength: 1, maxLength: 3 })
        .chain((pairs) =>
          fc.option(tie('targeting'), { nil: undefined }).map((last): Json => ({
            if: [...pairs.flat(), ...(last === undefined ? [] : [last])],
          })),
        ),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom('and', 'or'), fc.array(tie('targeting'), { minLength: 1, maxLength: 3 }))
        .map(([operator, parts]): Json => ({ [operator]: parts })),
    },
    { weight: 1, arbitrary: condition },
  ),
}))

/** One flag, named `flag`, and an evaluator. */
export const definition = fc
  .record({ targeting, defaultVariant: fc.constantFrom('on', 'off', null), shared: operand })
  .map(({ shared, ...flag }) => ({
    flags: { flag: { state: 'ENABLED', variants, ...flag } },
    // An evaluator that names itself stays what it is.
    $evaluators: { shared: JSON.stringify(shared).includes('$ref') ? true : shared },
  }))

/** Mostly of the type that the attribute usually has. */
const valueOf = (usual: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.oneof(
    { weight: 8, arbitrary: usual },
    { weight: 3, arbitrary: scalar },
    { weight: 1, arbitrary: fc.constantFrom<Json>([], ['de'], ['5', 'x'], {}, { de: 1 }) },
  )
export const context = fc.record(
  {
    targetingKey: fc.constantFrom('de', 'user-1', '5', '1.2.3'),
    a: valueOf(word),
    n: valueOf(number),
    v: valueOf(fc.constantFrom<Json>(...versions, 1.2, 1)),
    b: valueOf(fc.boolean()),
    id: valueOf(fc.constantFrom('de', 'user-1', '5')),
    o: valueOf(fc.record({ p: scalar, q: fc.oneof(word, fc.record({ r: scalar })) }, { requiredKeys: [] })),
    'o.p': fc.constantFrom<Json>('de', 5),
  },
  { requiredKeys: [] },
)
