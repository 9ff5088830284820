// Reads and writes configuration documents as JSON or YAML.
import { stringify } from 'yaml'
import { type Result, refuse } from '../../../core/model/problem.ts'
import { readJson, readText } from '../../http/body.ts'
import { parseYaml, yamlLengthMax } from '../yaml.ts'

/** About 10,000 flags. */
const documentBytesMax = 16 * 1024 * 1024

export const isYaml = (mediaTypes: string | null): boolean => /\b(x-)?yaml\b/i.test(mediaTypes ?? '')

/** One line per field, however long, and no aliases. */
export const toYaml = (document: unknown): string =>
  stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })

/** The content type decides between JSON and YAML. */
export async function readDocument(request: Request): Promise<Result<unknown>> {
  if (!isYaml(request.headers.get('content-type'))) return readJson(request, documentBytesMax)
  const text = await readText(request, yamlLengthMax) // it takes twenty times as long as JSON
  if (!text.ok) return text
  const parsed = parseYaml(text.value)
  return parsed.ok ? parsed : refuse('INVALID', `the body ${parsed.problem}`)
}
