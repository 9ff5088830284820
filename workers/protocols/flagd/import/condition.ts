// Targeting in a neutral form, between JsonLogic (read-choice.ts) and our clauses and rules (to-clauses.ts,
// to-rules.ts).

export type Literal = string | number | boolean | null
export const isLiteral = (value: unknown): value is Literal =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value)

/** `all` of nothing always holds, `any` of nothing never does. */
export type Condition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | Leaf

export interface Leaf {
  readonly kind: 'leaf'
  /** A name, or a path into a structure. */
  readonly attribute: string
  /** Whether it holds for a context that has no such attribute, or null. */
  readonly missing: boolean
  readonly test: Test
}

export type Order = '<' | '<=' | '>' | '>='
export type VersionOperator = Order | '=' | '!=' | '^' | '~'

/** A test of an attribute that is present. */
export type Test =
  /** It is one of these values, of their type. `loose`: flagd fails for other types. */
  | {
      readonly is: 'any-of'
      readonly texts: readonly string[]
      readonly numbers: readonly number[]
      readonly booleans: readonly boolean[]
      readonly loose: boolean
    }
  /** As a number: false is 0, true 1, a text what it reads as, the empty text 0. flagd fails for the rest. */
  | { readonly is: 'number'; readonly operator: Order | '=='; readonly value: number }
  | { readonly is: 'text-order'; readonly operator: Order; readonly text: string }
  | { readonly is: 'starts-with' | 'ends-with' | 'contains'; readonly text: string }
  | { readonly is: 'version'; readonly operator: VersionOperator; readonly version: string }
  | { readonly is: 'a-version' }
  | { readonly is: 'truthy' }
  | { readonly is: 'present' }

/** Of a rollout. `name` undefined: the default variant. */
export interface Share {
  readonly name: string | undefined
  readonly weight: number
}

export type Outcome =
  | { readonly kind: 'variant'; readonly name: string }
  | { readonly kind: 'default' }
  /** flagd fails: the default in the code is used. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'rollout'; readonly shares: readonly Share[] }

export type Choice =
  | { readonly kind: 'serve'; readonly outcome: Outcome }
  | { readonly kind: 'choose'; readonly by: Condition; readonly yes: Choice; readonly no: Choice }

export const always: Condition = { kind: 'all', of: [] }
export const never: Condition = { kind: 'any', of: [] }
export const not = (of: Condition): Condition => ({ kind: 'not', of })
export const serve = (outcome: Outcome): Choice => ({ kind: 'serve', outcome })
export const byDefault: Choice = serve({ kind: 'default' })
export const variant = (name: string): Choice => serve({ kind: 'variant', name })
export const choose = (by: Condition, yes: Choice, no: Choice): Choice => ({ kind: 'choose', by, yes, no })

const compare: Readonly<Record<Order | '==', (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
}
export const compareNumbers = (a: number, operator: Order | '==', b: number): boolean =>
  compare[operator](a, b)

/**
 * Whether the test holds for a value other than null; undefined where flagd fails, or where we do not know.
 */
export function holdsFor(test: Test, value: Exclude<Literal, null>): boolean | undefined {
  switch (test.is) {
    case 'any-of': {
      if (typeof value === 'string') return test.texts.includes(value)
      const isListed =
        typeof value === 'number' ? test.numbers.includes(value) : test.booleans.includes(value)
      const isUnequal = test.loose && test.texts.length > 0 && test.numbers.length === 0
      return isUnequal ? undefined : isListed
    }
    case 'number': {
      const number = Number(value)
      return Number.isNaN(number) ? undefined : compareNumbers(number, test.operator, test.value)
    }
    case 'starts-with':
      return typeof value === 'string' && value.startsWith(test.text)
    case 'ends-with':
      return typeof value === 'string' && value.endsWith(test.text)
    case 'contains':
      return typeof value === 'string' ? value.includes(test.text) : undefined
    case 'truthy':
      return Boolean(value)
    case 'present':
      return true
    default:
      return undefined
  }
}
