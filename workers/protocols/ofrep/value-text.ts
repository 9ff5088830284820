// A value as JSON text. Java's and Python's providers take `1` for no double and `1.0` for no integer, so a
// number is printed as what its flag holds; the numbers inside a JSON value stay as they were written.
import type { DecidedVariation } from '../../../core/evaluation/evaluation.ts'
import type { Flag } from '../../../core/model/flag.ts'

export function valueText(flag: Flag, { value, json, typed }: DecidedVariation): string {
  switch (flag.type) {
    case 'number':
      return numberText(Number(typed), holdsFractions(flag) ? 'float' : 'integer')
    case 'json':
      return compact(value)
    case 'yaml':
      return compact(json ?? value)
    case 'boolean':
    case 'string':
      return JSON.stringify(typed)
  }
}

/** A flag is of floats as soon as one of its variations is written as one. */
export const holdsFractions = ({ variations }: Pick<Flag, 'variations'>): boolean =>
  variations.some(({ value }) => value.includes('.') || !Number.isInteger(Number(value)))

/** From 1e21 on JavaScript writes an exponent, which no parser takes for an integer. */
export function numberText(number: number, kind: 'integer' | 'float'): string {
  const text = JSON.stringify(number)
  return kind === 'float' && /^-?\d+$/.test(text) ? `${text}.0` : text
}

/** Valid JSON without the white space between its parts. */
const compact = (json: string): string =>
  json.replaceAll(/("(?:[^"\\]+|\\.)*")|[ \t\n\r]+/g, (_, text: string | undefined) => text ?? '')
