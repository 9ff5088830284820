// Reads and writes configuration documents as JSON or YAML.
import { isMap, isScalar, parseDocument, stringify, visit } from 'yaml'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { readJson, readText } from '../../http/body.ts'

/** About 10,000 flags. */
const documentBytesMax = 16 * 1024 * 1024
/** About 1,500 flags. Parsing YAML takes twenty times as long as parsing JSON. */
const yamlBytesMax = 1024 * 1024

export const isYaml = (mediaTypes: string | null): boolean => /\b(x-)?yaml\b/i.test(mediaTypes ?? '')

/** One line per field, however long, and no aliases. */
export const toYaml = (document: unknown): string =>
  stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })

/** The content type decides between JSON and YAML. */
export async function readDocument(request: Request): Promise<Result<unknown>> {
  if (!isYaml(request.headers.get('content-type'))) return readJson(request, documentBytesMax)
  const text = await readText(request, yamlBytesMax)
  return text.ok ? parseYaml(text.value) : text
}

/** YAML 1.2. Finds duplicate keys itself, because the parser's own check takes quadratic time. */
function parseYaml(text: string): Result<unknown> {
  const parsed = parseDocument(text, { uniqueKeys: false, prettyErrors: true })
  const [error] = parsed.errors
  if (error) return refuse('INVALID', `the body is not valid YAML: ${error.message.split('\n')[0] ?? ''}`)
  const duplicates: string[] = []
  visit(parsed, {
    Map(_, { items }) {
      const names = new Set<unknown>()
      for (const { key } of items) {
        const name: unknown = isScalar(key) ? String(key.value) : key
        if (names.has(name)) duplicates.push(String(name))
        names.add(name)
      }
    },
  })
  if (duplicates.length > 0)
    return refuse('INVALID', `the body has duplicate keys: ${duplicates.slice(0, 10).join(', ')}`)
  try {
    return ok(isMap(parsed.contents) ? parsed.toJS({ maxAliasCount: 100 }) : parsed.toJS())
  } catch {
    return refuse('INVALID', 'the body has too many aliases')
  }
}
