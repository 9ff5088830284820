// Converts tests of an attribute to our clauses. Our clauses see a number and a boolean as the text that
// they print as, and a missing attribute as the empty text; flagd does not. So each test says which texts it
// accepts, what it gives without the attribute, and where a context is still decided otherwise.
import { attributeDepthMax } from '../../../../core/model/limits.ts'
import { idAttribute } from '../../../../core/model/vocabulary.ts'
import { parseVersion } from '../../../../core/text/semver.ts'
import type { Clause } from '../../../../core/model/clause.ts'
import { compareNumbers, type Leaf, type Order, type Test } from './condition.ts'
import { anyVersion, sameVersion } from './version-pattern.ts'

/** OR of AND. None: it never holds. An empty group: it always does. */
export type Groups = readonly (readonly Clause[])[]

const ordered = {
  '<': 'less',
  '<=': 'less-or-equal',
  '>': 'greater',
  '>=': 'greater-or-equal',
} as const satisfies Record<Order, Clause['operator']>

/** Why no clause can express the test; undefined if one can. */
export const whyNot = ({ attribute, test }: Leaf): string | undefined =>
  test.is === 'text-order' && Number.isFinite(Number(test.text))
    ? `${attribute} is compared with the text ${JSON.stringify(test.text)} in order: flagd compares a text with it as a text and a number as a number, and a clause does one of the two: write a number`
    : undefined

/** Why an attribute is not read; undefined where it is. `path`: as `var` has it, without escapes. */
export function whyNotRead(path: string): string | undefined {
  if (path.startsWith('cf.')) return 'attributes whose names begin with cf. are set by the edge'
  if (/^\$flagd(?:\.|$)/.test(path)) return `${path} is not known here`
  const names = path.split('.')
  if (names.length === 1) return undefined
  if (names.length > attributeDepthMax) return `${path} is nested deeper than ${attributeDepthMax} names`
  return names.some((name) => name === 'length' || /^\d*$/.test(name))
    ? `${path} reads an element or the length of a list or text`
    : undefined
}

/** The clauses that hold where the test does (`expected` true) or where it does not. */
export const toGroups = (leaf: Leaf, expected: boolean): Groups =>
  expected ? holding(leaf) : negation(holding(leaf))

function holding(leaf: Leaf): Groups {
  const { attribute, missing, test } = leaf
  const clauseOf = (operator: Clause['operator'], ...values: string[]) =>
    clause(attribute, operator, ...values)
  const absent = missing ? [[clauseOf('not-exists')]] : []
  switch (test.is) {
    case 'present':
      return [missing ? [] : [clauseOf('exists')]]
    case 'truthy': {
      const falsy = {
        is: 'any-of',
        texts: ['', 'false', '0'],
        numbers: [],
        booleans: [],
        loose: false,
      } as const
      return toGroups({ ...leaf, missing: !missing, test: falsy }, false)
    }
    case 'any-of':
      return isListed(leaf, acceptedTexts(test))
    case 'number':
      return asNumber({ ...leaf, test })
    case 'text-order': {
      // Nothing is in order with the empty text here. In flagd it comes before all others.
      const empty = test.operator.startsWith('<') ? [isEmptyText(attribute)] : []
      return [...absent, ...empty, [inOrder(attribute, test.operator, test.text, 'text')]]
    }
    case 'contains':
      return [...absent, [clauseOf('contains', test.text)]]
    case 'starts-with':
    case 'ends-with':
      return [...absent, [...(test.text === '' ? [clauseOf('exists')] : []), clauseOf(test.is, test.text)]]
    case 'version':
      return asVersion(attribute, test)
    case 'a-version':
      return [[clauseOf('matches', anyVersion)]]
  }
}

/** By De Morgan. Exact, because a negated clause holds exactly where the clause does not. */
const negation = (groups: Groups): Groups =>
  groups.reduce<Groups>(
    (all, group) => all.flatMap((before) => group.map((each) => [...before, negated(each)])),
    [[]],
  )

const opposites: Partial<Record<Clause['operator'], Clause['operator']>> = {
  equals: 'not-equals',
  'not-equals': 'equals',
  contains: 'not-contains',
  'not-contains': 'contains',
  exists: 'not-exists',
  'not-exists': 'exists',
}

function negated(of: Clause): Clause {
  const operator = opposites[of.operator]
  return operator ? { ...of, operator } : { ...of, negated: true }
}

const clause = (attribute: string, operator: Clause['operator'], ...values: string[]): Clause => ({
  attribute,
  operator,
  values,
})
const inOrder = (
  attribute: string,
  order: Order,
  value: string,
  compareAs: Exclude<Clause['compareAs'], undefined>,
): Clause => ({ ...clause(attribute, ordered[order], value), compareAs })
const isVersion = (text: string) => parseVersion(text) !== undefined
const exactly = (text: string) => `^${text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`

type AnyOf = Extract<Test, { is: 'any-of' }>
const acceptedTexts = ({ texts, numbers, booleans }: AnyOf) => [
  ...new Set([...texts, ...numbers.map(String), ...booleans.map(String)]),
]

/** Our `equals` takes texts that are versions as such: 1.0.0 is v1.0.0. A pattern compares the text. */
function isListed({ attribute, missing }: Leaf, texts: readonly string[]): Groups {
  const hasEmpty = texts.includes('')
  const plain = texts.filter((text) => text !== '' && !isVersion(text))
  const versions = texts.filter(isVersion)
  const listed = hasEmpty && missing ? [...plain, ''] : plain
  const groups: Clause[][] = []
  if (listed.length > 0) groups.push([clause(attribute, 'equals', ...listed)])
  if (versions.length > 0) groups.push([clause(attribute, 'matches', ...versions.map(exactly))])
  if (hasEmpty && !missing) groups.push(isEmptyText(attribute))
  if (missing && !hasEmpty) groups.push([clause(attribute, 'not-exists')])
  return groups
}

const isEmptyText = (attribute: string) => [clause(attribute, 'exists'), clause(attribute, 'equals', '')]

function asNumber({
  attribute,
  missing,
  test: { operator, value },
}: Leaf & { test: Extract<Test, { is: 'number' }> }): Groups {
  const zero = compareNumbers(0, operator, value)
  const one = compareNumbers(1, operator, value)
  const listed = [...(zero && missing ? [''] : []), ...(one ? ['true'] : []), ...(zero ? ['false'] : [])]
  const orders = operator === '==' ? (['>=', '<='] as const) : [operator]
  const groups = [orders.map((order) => inOrder(attribute, order, String(value), 'number'))]
  if (listed.length > 0) groups.push([clause(attribute, 'equals', ...listed)])
  if (zero && !missing) groups.push(isEmptyText(attribute))
  if (missing && !zero) groups.push([clause(attribute, 'not-exists')])
  return groups
}

/** flagd's versions have at most three parts, ours any number, so a pattern comes first. */
function asVersion(attribute: string, { operator, version }: Extract<Test, { is: 'version' }>): Groups {
  if (operator === '^' || operator === '~')
    return [[clause(attribute, 'matches', sameVersion(parseVersion(version)!, operator))]]
  const guarded = (...orders: Order[]) => [
    clause(attribute, 'matches', anyVersion),
    ...orders.map((order) => inOrder(attribute, order, version, 'version')),
  ]
  if (operator === '!=') return [guarded('<'), guarded('>')]
  return [operator === '=' ? guarded('>=', '<=') : guarded(operator)]
}

/** Whether a test of texts could also hold for the text of a number, or of a boolean. */
const mayBePrinted = (text: string) =>
  /^[\d.e+-]*$/.test(text) || ['true', 'false'].some((printed) => printed.includes(text))

/**
 * Sentences about contexts for which flagd gives another result. Lists, objects and values for which flagd
 * fails are reported once for all flags (findings.ts).
 */
export const differencesOf = (leaf: Leaf): string[] => [
  ...differencesOfTest(leaf),
  ...(leaf.attribute === idAttribute
    ? ['id: a context without this attribute uses its targeting key here, not in flagd']
    : []),
  ...(leaf.attribute.includes('.')
    ? [`${leaf.attribute}: an attribute of exactly this name is read before the field here, not in flagd`]
    : []),
]

function differencesOfTest({ attribute, missing, test }: Leaf): string[] {
  const quoted = (text: string) => JSON.stringify(text)
  switch (test.is) {
    case 'any-of': {
      const { texts, numbers, booleans, loose } = test
      const scalars = [...numbers, ...booleans]
      const printed = new Set(scalars.map(String))
      const asTexts = [...printed].filter((text) => !texts.includes(text))
      const asScalars = loose
        ? []
        : texts.filter((text) => /^(?:true|false)$/.test(text) || String(Number(text)) === text)
      return [
        ...asTexts.map(
          (text) => `${attribute}: the text ${quoted(text)} counts as ${text} here, not in flagd`,
        ),
        ...asScalars
          .filter((text) => !printed.has(text))
          .map((text) => `${attribute}: ${text} counts as the text ${quoted(text)} here, not in flagd`),
      ]
    }
    case 'number':
      return [
        ...(missing
          ? [
              `${attribute}: a context without it counts as 0 here, as in flagd-core; flagd's server in Go may say no`,
            ]
          : []),
        ...(Number.isInteger(test.value) && !Number.isSafeInteger(test.value)
          ? [`${attribute}: integers beyond 2^53 are compared digit by digit here, not in flagd`]
          : []),
      ]
    case 'text-order':
      return /[\ud800-\uffff]/.test(test.text)
        ? [`${attribute}: texts are compared by UTF-8 bytes here, by UTF-16 units in flagd`]
        : []
    case 'truthy':
      return [`${attribute}: the texts "false" and "0" count as no here, as yes in flagd`]
    case 'starts-with':
    case 'ends-with':
      return mayBePrinted(test.text)
        ? [`${attribute}: a number or boolean is read as text here, and never holds in flagd`]
        : []
    case 'contains':
      return [
        `${attribute}: if it is a list, flagd tests whether ${quoted(test.text)} is one of its elements, and here an element that contains it is enough; if it always is a list, use equals`,
        ...(mayBePrinted(test.text)
          ? [`${attribute}: 0 and false are read as texts here, not in flagd`]
          : []),
      ]
    default:
      return []
  }
}

/** Whether flagd fails where the attribute is of another type than what it is compared with. */
export const failsOnOtherTypes = ({ test }: Leaf): boolean =>
  test.is === 'number' ||
  test.is === 'text-order' ||
  test.is === 'contains' ||
  (test.is === 'any-of' && test.loose)
