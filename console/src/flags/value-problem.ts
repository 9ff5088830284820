// What is wrong with a value of a structured flag, or with the schema of its values, and where.
import { parse, parseDocument } from 'yaml'
import { valueSchemaProblems } from '../../../core/change/value-schema/flag-values.ts'
import type { Flag } from '../../../core/model/flag.ts'
import type { FieldProblem } from '../../../core/model/problem.ts'

export interface TextProblem {
  readonly message: string
  /** The place in the text. */
  readonly at: number
  readonly to?: number
}

export function syntaxProblem(type: 'json' | 'yaml', text: string): TextProblem | undefined {
  if (type === 'yaml') {
    const [error] = parseDocument(text, { prettyErrors: false }).errors
    return error && { message: error.message, at: error.pos[0] }
  }
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { message, at: Number(/position (\d+)/.exec(message)?.[1] ?? 0) }
  }
}

/** As the API would say. It converts the values of a yaml flag; here they are read for the check alone. */
export function schemaProblems(flag: Pick<Flag, 'type' | 'variations' | 'valueSchema'>): FieldProblem[] {
  if (flag.valueSchema === undefined) return []
  const variations = flag.type === 'yaml' ? flag.variations.map(withJson) : flag.variations
  return valueSchemaProblems({ ...flag, variations })
}

function withJson(variation: Flag['variations'][number]): Flag['variations'][number] {
  try {
    return { ...variation, json: JSON.stringify(parse(variation.value)) }
  } catch {
    return variation // its syntax is the problem
  }
}

/** Where the parts of a text are to which the problems point. JSON is YAML. */
export function placed(text: string, problems: readonly FieldProblem[]): TextProblem[] {
  if (problems.length === 0) return []
  const document = parseDocument(text, { prettyErrors: false })
  return problems.map(({ pointer = '', message }) => {
    const path = pointer.split('/').slice(1).map(unescaped)
    const node = document.getIn(path, true) as { readonly range?: readonly number[] } | undefined
    const [at = 0, to = at] = node?.range ?? []
    return { message, at, to }
  })
}

const unescaped = (token: string) => token.replaceAll('~1', '/').replaceAll('~0', '~')
