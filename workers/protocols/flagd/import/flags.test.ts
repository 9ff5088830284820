// Flags imported from flagd's definitions: every supported rule, and every reason why something is not
// imported. test/sdk/flagd-import.test.ts compares evaluations.
import { describe, expect, it } from 'vitest'
import { imported, one, onOff, targeted } from '../../../../test/support/build/flagd-imports.ts'

const rulesOf = (targeting: unknown) =>
  targeted(targeting).flag?.rules.map(({ anyOf, strategy }) => ({
    anyOf: anyOf.map((group) =>
      group.map(({ attribute, operator, values, compareAs, negated }) =>
        [
          attribute,
          ...(negated ? ['not'] : []),
          operator,
          ...values,
          ...(compareAs ? [`as ${compareAs}`] : []),
        ].join(' '),
      ),
    ),
    serves: strategy.kind === 'fixed' ? strategy.variationId : strategy.shares,
  }))
const leftOut = ({ findings }: ReturnType<typeof one>) =>
  findings.filter(({ effect }) => effect === 'left-out').map(({ field, reason }) => `${field}: ${reason}`)

const email = { var: 'email' }
const country = { var: 'country' }

describe('a flag', () => {
  it.each([
    [{ a: true, b: false }, 'boolean', ['true', 'false']],
    [{ a: 'x', b: '' }, 'string', ['x', '']],
    [{ a: 1, b: 0.1, c: -0, d: 1e21 }, 'number', ['1', '0.1', '0', '1e+21']],
    [{ a: {}, b: [1], c: { d: { e: null } } }, 'json', ['{}', '[1]', '{"d":{"e":null}}']],
  ])('with the variants %j is of type %s', (variants, type, values) => {
    const { flag } = one({ variants, defaultVariant: 'a' })
    expect(flag).toMatchObject({
      type,
      variations: Object.keys(variants).map((id, i) => ({ id, value: values[i] })),
    })
  })

  it('keeps its state, and serves the default variant to everybody without targeting', () => {
    expect(one({ state: 'DISABLED' }).flag).toMatchObject({
      enabled: false,
      rules: [],
      defaultStrategy: { id: 'default:f', strategy: { kind: 'fixed', variationId: 'off' } },
    })
    expect(one({ state: 'DISABLED' }).flag).not.toHaveProperty('offVariationId')
  })

  it.each([null, undefined, ''])(
    'whose default variant is %j gives the default in the code',
    (defaultVariant) => {
      const { flag, findings } = one({ defaultVariant })
      expect(flag?.defaultStrategy.strategy).toMatchObject({ kind: 'rollout', shares: [{ weight: 0 }] })
      expect(findings).toMatchObject([{ field: 'defaultVariant', effect: 'lost' }])
    },
  )

  it.each([
    [{ variants: { on: true, off: 'off' } }, /^variants: .* a flag has one type here/],
    [{ variants: { on: true, off: null } }, /^variants: /],
    [{ variants: {}, defaultVariant: null }, /^variants: /],
    [{ state: 'PAUSED' }, /^state: /],
    [{ state: undefined }, /^state: /],
    [{ variants: 5 }, /^variants: must be an object/],
    [{ defaultVariant: 'blue' }, /^defaultVariant: there is no variant blue/],
  ])('with %j is left out, with a finding that names the field', (changes, expected) => {
    const made = one(changes)
    expect(made.flag).toBeUndefined()
    expect(leftOut(made).join('\n')).toMatch(expected)
  })

  it('that is no object or has an invalid key is left out alone', () => {
    const { flags, findings } = imported({ a: 5, 'b c': onOff, d: onOff })
    expect(flags.map(({ key }) => key)).toEqual(['d'])
    expect(findings.map(({ key, effect }) => [key, effect])).toEqual([
      ['a', 'left-out'],
      ['b c', 'left-out'],
    ])
  })

  it('is the same at every import', () => {
    const targeting = {
      if: [{ in: [country, ['de', 'at']] }, 'on', { ends_with: [email, '.org'] }, 'on', 'off'],
    }
    expect(targeted(targeting)).toEqual(targeted(targeting))
    expect(
      targeted({ if: [{ '==': [country, 'de'] }, 'on', email, 'off', null] }).flag?.rules.map(({ id }) => id),
    ).toEqual(['f:1'])
  })

  it('keeps its metadata and that of the flag set, its own first, and reports what it cannot keep', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`n${i}`, i]))
    const own = { owner: 'team', critical: true, version: 'x', links: ['a'] }
    const { flag, findings } = one({ metadata: own }, { metadata: { owner: 'all', flagSetId: 's', ...many } })
    expect(flag?.metadata).toEqual({ owner: 'team', critical: true, ...many, n18: undefined, n19: undefined })
    expect(findings).toMatchObject([
      { subject: 'environment', field: 'metadata.flagSetId', effect: 'lost' },
      { subject: 'flag', key: 'f', field: 'metadata.version', effect: 'lost' },
      { subject: 'flag', key: 'f', field: 'metadata.links', effect: 'lost' },
      { field: 'metadata.n18', reason: 'it is not kept: a flag has at most 20 names' },
      { field: 'metadata.n19' },
    ])
    expect(one({}).flag).not.toHaveProperty('metadata')
  })

  it('keeps a key with slashes and colons', () => {
    expect(imported({ 'shop/checkout:v2': onOff }).flags).toMatchObject([{ key: 'shop/checkout:v2' }])
  })
})

describe('targeting', () => {
  it.each<[string, unknown, unknown]>([
    [
      'a text',
      { if: [{ '==': [email, 'ada@example.com'] }, 'on', 'off'] },
      [{ anyOf: [['email equals ada@example.com']], serves: 'on' }],
    ],
    [
      'a list',
      { if: [{ in: [country, ['de', 'at']] }, 'on', 'off'] },
      [{ anyOf: [['country equals de at']], serves: 'on' }],
    ],
    [
      'one of several',
      {
        if: [
          { or: [{ '==': [country, 'de'] }, { '==': [country, 'at'] }, { starts_with: [email, 'ada'] }] },
          'on',
          'off',
        ],
      },
      [{ anyOf: [['country equals de at'], ['email starts-with ada']], serves: 'on' }],
    ],
    [
      'a negation',
      { if: [{ '!': [{ starts_with: [email, 'ada'] }] }, 'on', 'off'] },
      [{ anyOf: [['email not starts-with ada']], serves: 'on' }],
    ],
    [
      'negations beside another condition, as one clause',
      {
        if: [
          {
            and: [
              { '!': { starts_with: [email, 'ada'] } },
              { '!': { starts_with: [email, 'bob'] } },
              { ends_with: [email, '.org'] },
            ],
          },
          'on',
          'off',
        ],
      },
      [{ anyOf: [['email not starts-with ada bob', 'email ends-with .org']], serves: 'on' }],
    ],
    [
      'a number',
      { if: [{ '>=': [{ var: 'age' }, 18] }, 'on', 'off'] },
      [{ anyOf: [['age greater-or-equal 18 as number']], serves: 'on' }],
    ],
    [
      'a number, negated',
      { if: [{ '!': { '>=': [{ var: 'age' }, 18] } }, 'on', 'off'] },
      [{ anyOf: [['age not greater-or-equal 18 as number']], serves: 'on' }],
    ],
    [
      'a text in order',
      { if: [{ '>': [{ var: 'signup' }, '2024-01-01'] }, 'on', 'off'] },
      [{ anyOf: [['signup greater 2024-01-01 as text']], serves: 'on' }],
    ],
    [
      'a field of an object',
      { if: [{ '==': [{ var: 'account.plan' }, 'pro'] }, 'on', 'off'] },
      [{ anyOf: [['account.plan equals pro']], serves: 'on' }],
    ],
    [
      'a version',
      { if: [{ sem_ver: [{ var: 'v' }, '<', '1.2'] }, 'on', 'off'] },
      [{ anyOf: [[expect.stringMatching(/^v matches /), 'v less 1.2.0 as version']], serves: 'on' }],
    ],
    [
      'nested ifs',
      { if: [{ '==': [country, 'de'] }, { if: [{ ends_with: [email, '.org'] }, 'on', null] }, 'on'] },
      [
        { anyOf: [['country equals de', 'email ends-with .org']], serves: 'on' },
        { anyOf: [['country equals de']], serves: 'off' },
      ],
    ],
    [
      'a version that looks like one',
      { if: [{ '==': [{ var: 'build' }, '1.0.0'] }, 'on', 'off'] },
      [{ anyOf: [[String.raw`build matches ^1\.0\.0$`]], serves: 'on' }],
    ],
    ['the flag’s own key', { if: [{ '==': [{ var: '$flagd.flagKey' }, 'f'] }, 'on', 'off'] }, []],
  ])('becomes rules: %s', (_, targeting, rules) => {
    expect(rulesOf(targeting)).toEqual(rules)
  })

  it('maps true and false to the variants of these names', () => {
    const { flag } = one({
      variants: { true: 'yes', false: 'no' },
      defaultVariant: 'false',
      targeting: { in: [country, ['de']] },
    })
    expect(flag).toMatchObject({
      rules: [{ strategy: { variationId: 'true' } }],
      defaultStrategy: { strategy: { variationId: 'false' } },
    })
  })

  it('inlines evaluators, also nested ones', () => {
    const $evaluators = {
      staff: { or: [{ $ref: 'dev' }, { $ref: 'ops' }] },
      dev: { '==': [email, 'd'] },
      ops: { '==': [email, 'o'] },
    }
    const { flag } = targeted({ if: [{ $ref: 'staff' }, 'on', 'off'] }, { $evaluators })
    expect(flag?.rules[0]?.anyOf).toEqual([[{ attribute: 'email', operator: 'equals', values: ['d', 'o'] }]])
  })

  it('that names no variant gives the default in the code, with a finding', () => {
    const { flag, findings } = targeted({ if: [{ '==': [country, 'de'] }, 'blue', 'on'] })
    expect(flag?.rules[0]?.strategy).toEqual({ kind: 'rollout', shares: [{ variationId: 'on', weight: 0 }] })
    expect(findings.map(({ reason }) => reason).join('\n')).toContain('there is no variant blue')
  })
})

describe('an unsupported definition', () => {
  it.each<[unknown, RegExp]>([
    [{ '+': [1, 2] }, /^targeting\.\+: \+ has no counterpart/],
    [{ if: [{ '==': [{ '%': [{ var: 'n' }, 2] }, 0] }, 'on'] }, /^targeting\.if\.0\.==\.0\.%: /],
    [{ if: [{ '==': [email, { var: 'other' }] }, 'on'] }, /not with another attribute/],
    [
      { if: [{ '>': [{ var: 'n' }, '18'] }, 'on'] },
      /^targeting\.if\.0\.>: .*"18" in order.*: write a number/,
    ],
    [{ if: [{ '==': [{ var: 'groups.0' }, 'x'] }, 'on'] }, /an element or the length/],
    [{ if: [{ '==': [{ var: 'name.length' }, 3] }, 'on'] }, /an element or the length/],
    [{ if: [{ var: 'a.b.c.d.e.f.g.h.i.j.k' }, 'on'] }, /nested deeper than 10 names/],
    [{ if: [{ var: '$flagd' }, 'on'] }, /\$flagd is not known here/],
    [{ if: [{ '>': [{ var: '$flagd.timestamp' }, 5] }, 'on'] }, /scheduled changes/],
    [
      { if: [{ some: [{ var: 'groups' }, { '==': [{ var: '' }, 'x'] }] }, 'on'] },
      /^targeting\.if\.0\.some: /,
    ],
    [{ if: [{ $ref: 'nobody' }, 'on'] }, /^targeting\.if\.0: there is no evaluator nobody/],
    [{ if: [{ fractional: [['on', 1]] }, 'on'] }, /fractional as a condition/],
    [{ fractionalEvaluation: ['email', ['on', 100]] }, /the old name of fractional/],
    [{ fractional: [email, ['on', 1], ['off', 1]] }, /by their targeting key alone/],
    [{ fractional: ['email', ['on', 1], ['off', 1]] }, /by their targeting key alone/],
    [
      {
        fractional: [
          ['on', 0.5],
          ['off', 0.5],
        ],
      },
      /a weight is a whole number/,
    ],
    [
      {
        fractional: [
          [{ var: 'x' }, 1],
          ['off', 1],
        ],
      },
      /a computed variant/,
    ],
    [
      {
        fractional: [
          ['on', 2 ** 31],
          ['off', 1],
        ],
      },
      /add up to more than 2147483647/,
    ],
    [{ if: [{ sem_ver: [{ var: 'v' }, '>', 'newest'] }, 'on'] }, /newest is no version/],
    [{ if: [{ sem_ver: [{ var: 'v' }, '=>', '1.0.0'] }, 'on'] }, /sem_ver compares by/],
    [{ if: [{ in: [{ var: 'x' }, 'a,b'] }, 'on'] }, /in takes a list of values/],
    [['on'], /a list names no variant/],
    [{ if: [], or: [] }, /an object with one operator/],
  ])('%j is reported with its path', (targeting, expected) => {
    const made = targeted(targeting)
    expect(made.flag).toBeUndefined()
    expect(leftOut(made).join('\n')).toMatch(expected)
  })

  it('is reported with all its problems at once', () => {
    expect(leftOut(targeted({ if: [{ '+': [1] }, 'on', { '-': [1] }, { '*': [1] }] }))).toHaveLength(3)
  })

  it('that needs too many rules is refused quickly', () => {
    const eight = <T>(make: (i: number) => T) => Array.from({ length: 8 }, (_, i) => make(i))
    const any = (name: string) => ({
      or: eight((i) => ({ and: eight((j) => ({ starts_with: [{ var: `${name}${i}${j}` }, 'x'] })) })),
    })
    const made = targeted({ if: [{ and: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(any) }, 'on', 'off'] })
    expect(leftOut(made)).toEqual([expect.stringContaining('more rules or clauses than a flag may have')])
    const deep = Array.from({ length: 150 }).reduce<unknown>((inner) => ({ if: [inner, true, email] }), email)
    expect(leftOut(targeted({ if: [deep, 'on'] }))).toHaveLength(1)
  })

  it('with evaluators that grow exponentially or recurse is refused', () => {
    const names = Array.from({ length: 40 }, (_, i) => `e${i}`)
    const $evaluators = Object.fromEntries(
      names.map((name, i) => [
        name,
        i === 39 ? email : { or: [{ $ref: names[i + 1] }, { $ref: names[i + 1] }] },
      ]),
    )
    expect(leftOut(targeted({ if: [{ $ref: 'e0' }, 'on'] }, { $evaluators })).join()).toContain(
      'more than 10000 parts',
    )
    expect(
      leftOut(targeted({ if: [{ $ref: 'a' }, 'on'] }, { $evaluators: { a: { $ref: 'a' } } })),
    ).toHaveLength(1)
    const deep = Array.from({ length: 50_000 }).reduce<unknown>((inner) => ({ '!': [inner] }), email)
    expect(leftOut(targeted({ if: [deep, 'on'] })).join()).toContain('nested too deep')
    const value = Array.from({ length: 50_000 }).reduce<unknown>((inner) => [inner], 1)
    expect(leftOut(one({ variants: { on: value }, defaultVariant: 'on' })).join()).toContain(
      'nested too deep',
    )
  })
})

it('reports that an attribute path, or id, may read another value', () => {
  const of = (name: string) =>
    targeted({ if: [{ '==': [{ var: name }, 'x'] }, 'on'] }).findings.map(({ reason }) => reason)
  expect(of('id')).toContainEqual(expect.stringContaining('uses its targeting key here'))
  expect(of('account.plan')).toContainEqual(expect.stringContaining('of exactly this name is read before'))
})
