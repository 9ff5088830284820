// What is wrong with a value of a structured flag, and where.
import { parseDocument } from 'yaml'

interface ValueProblem {
  readonly message: string
  /** The place in the text. */
  readonly at: number
}

export function valueProblem(type: 'json' | 'yaml', text: string): ValueProblem | undefined {
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
