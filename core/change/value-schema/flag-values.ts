// Checks the values of a flag against its schema, whichever route or automation writes them.
import type { Flag } from '../../model/flag.ts'
import type { FieldProblem } from '../../model/problem.ts'
import { parseValue } from '../../model/value.ts'
import { newBudget, valueProblems } from './check-value.ts'
import { readSchema } from './read-schema.ts'

type Checked = Pick<Flag, 'type' | 'variations' | 'valueSchema'>

/** Empty if the flag has no schema. What `before` has already is not checked again: a switch must work. */
export function valueSchemaProblems(flag: Checked, before?: Checked): FieldProblem[] {
  const { type, variations, valueSchema } = flag
  if (valueSchema === undefined || (before && isSame(flag, before))) return []
  if (type === 'boolean') {
    const message = 'is not for a boolean flag, whose values are true and false'
    return [{ path: 'valueSchema', rule: 'schema', message }]
  }
  const { schemas, problems } = readSchema(valueSchema)
  if (problems.length > 0)
    return problems.map(({ pointer, message }) => ({
      path: 'valueSchema',
      rule: 'schema',
      pointer,
      message: at(pointer, message),
    }))
  const budget = newBudget()
  return variations.flatMap((variation, i) => {
    const value = parseValue(type, variation)
    if (value === undefined) return [] // that is another problem (core/model/flag.ts)
    return valueProblems(schemas, value, budget).map(({ pointer, message }) => ({
      path: `variations.${i}.value`,
      rule: 'value-of-schema',
      pointer,
      message: at(pointer, message),
    }))
  })
}

const at = (pointer: string, message: string) => (pointer === '' ? message : `${pointer} ${message}`)

const isSame = (a: Checked, b: Checked) =>
  JSON.stringify([a.valueSchema, a.variations]) === JSON.stringify([b.valueSchema, b.variations])
