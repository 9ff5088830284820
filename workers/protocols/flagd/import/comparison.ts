// What JsonLogic's comparisons ask of a value that is compared with a literal.
import { holdsFor, type Literal, type Order, type Test } from './condition.ts'

/** `fallback` stands in for an attribute that is missing or null. */
export type Operand =
  | { readonly literal: Literal }
  | { readonly attribute: string; readonly fallback: Literal }

export const holdsOf = (test: Test, value: Literal, ofNull: boolean): boolean | undefined =>
  value === null ? ofNull : holdsFor(test, value)

/** `ofNull`: what the comparison gives for null, which is 0 to a number. A text is the reason against. */
export function testOf(
  operator: '==' | '===' | Order,
  literal: Literal,
): { readonly test: Test; readonly ofNull: boolean } | string {
  if (operator === '===') return { test: same(literal), ofNull: literal === null }
  if (operator === '==') {
    if (literal === null) return { test: equalTo([], [0], [false]), ofNull: true }
    if (typeof literal !== 'string') {
      const value = Number(literal)
      return { test: { is: 'number', operator, value }, ofNull: value === 0 }
    }
    const number = Number(literal)
    const isNumber = Number.isFinite(number)
    const booleans = [true, false].filter((each) => isNumber && Number(each) === number)
    return { test: equalTo([literal], isNumber ? [number] : [], booleans), ofNull: false }
  }
  if (literal === null) return 'null has no order here'
  if (typeof literal === 'string')
    return { test: { is: 'text-order', operator, text: literal }, ofNull: false }
  const value = Number(literal)
  const test: Test = { is: 'number', operator, value }
  return { test, ofNull: holdsFor(test, 0) ?? false }
}

const equalTo = (texts: string[], numbers: number[], booleans: boolean[]): Test => ({
  is: 'any-of',
  texts,
  numbers,
  booleans,
  loose: true,
})

const same = (literal: Literal): Test => ({
  is: 'any-of',
  texts: typeof literal === 'string' ? [literal] : [],
  numbers: typeof literal === 'number' ? [literal] : [],
  booleans: typeof literal === 'boolean' ? [literal] : [],
  loose: false,
})

/** `isPrinted`: a number or boolean is the text that it prints as. */
export const anyOf = (literals: readonly Literal[], isPrinted = false): Test => ({
  is: 'any-of',
  texts: literals.filter((each) => typeof each === 'string'),
  numbers: isPrinted
    ? literals.map(Number).filter((each) => literals.includes(String(each)))
    : literals.filter((each) => typeof each === 'number'),
  booleans: isPrinted
    ? [true, false].filter((each) => literals.includes(String(each)))
    : literals.filter((each) => typeof each === 'boolean'),
  loose: false,
})
