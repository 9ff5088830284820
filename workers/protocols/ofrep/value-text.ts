// A value as JSON. The Java and Python providers reject `1` as a double and `1.0` as an integer, so numbers
// are printed as the type that their flag has. Numbers inside a JSON value stay as they were written.
import type { DecidedVariation } from '../../../core/evaluation/evaluation.ts'
import type { Flag } from '../../../core/model/flag.ts'

export function valueText(flag: Flag, { value, json, typed }: DecidedVariation): string {
  switch (flag.type) {
    case 'number':
      return numberText(Number(typed), holdsFractions(flag) ? 'float' : 'integer')
    case 'json':
      return compacted(value)
    case 'yaml':
      return compacted(json ?? value)
    case 'boolean':
    case 'string':
      return JSON.stringify(typed)
  }
}

/** A flag has floats as soon as one of its variations is written as a float. */
export const holdsFractions = ({ variations }: Pick<Flag, 'variations'>): boolean =>
  variations.some(({ value }) => value.includes('.') || !Number.isInteger(Number(value)))

/** From 1e21 on, JavaScript prints an exponent, which no parser takes for an integer. */
export function numberText(number: number, kind: 'integer' | 'float'): string {
  const text = JSON.stringify(number)
  return kind === 'float' && /^-?\d+$/.test(text) ? `${text}.0` : text
}

/** Removes the white space between the tokens of valid JSON. */
const compacted = (json: string): string =>
  json.replaceAll(/("(?:[^"\\]+|\\.)*")|[ \t\n\r]+/g, (_, text: string | undefined) => text ?? '')
