// A configuration document as text: JSON or YAML, in and out.
import { isMap, isScalar, parseDocument, stringify, visit } from 'yaml'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { readJson, readText } from '../../http/body.ts'

/** Some 10,000 flags. */
export const documentBytesMax = 16 * 1024 * 1024
/** YAML takes its parser twenty times as long as JSON: some 1,500 flags. */
export const yamlBytesMax = 1024 * 1024

export const isYaml = (mediaTypes: string | null): boolean => /\b(x-)?yaml\b/i.test(mediaTypes ?? '')

/** One line a field however long; nothing by reference. */
export const toYaml = (document: unknown): string =>
  stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })

export async function readDocument(request: Request): Promise<Result<unknown>> {
  if (!isYaml(request.headers.get('content-type'))) return readJson(request, documentBytesMax)
  const text = await readText(request, yamlBytesMax)
  return text.ok ? fromYaml(text.value) : text
}

/**
 * YAML 1.2. A key that is there twice is refused: found here, since the parser's own look takes the square of
 * their number.
 */
function fromYaml(text: string): Result<unknown> {
  const parsed = parseDocument(text, { uniqueKeys: false, prettyErrors: true })
  const [error] = parsed.errors
  if (error) return refuse('INVALID', `the body is not valid YAML: ${error.message.split('\n')[0] ?? ''}`)
  const twice: string[] = []
  visit(parsed, {
    Map(_, { items }) {
      const seen = new Set<unknown>()
      for (const { key } of items) {
        const name: unknown = isScalar(key) ? String(key.value) : key
        if (seen.has(name)) twice.push(String(name))
        seen.add(name)
      }
    },
  })
  if (twice.length > 0) return refuse('INVALID', `the body has keys twice: ${twice.slice(0, 10).join(', ')}`)
  try {
    return ok(isMap(parsed.contents) ? parsed.toJS({ maxAliasCount: 100 }) : parsed.toJS())
  } catch {
    return refuse('INVALID', 'the body has too many aliases')
  }
}
