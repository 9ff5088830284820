// Reads YAML in time proportional to its length, whatever it contains. Two habits of the parser take
// quadratic time and are turned off: it looks for duplicate keys pairwise, and it formats every error with
// the lines around it. Nothing is logged: the parser's warnings quote the text.
import { type Document, isScalar, parseDocument, visit } from 'yaml'
import { type Result, ok } from '../../core/model/problem.ts'
import { likeGo } from './environment/go-yaml.ts'

/** Characters of YAML in one change or document: about 1,500 flags. */
export const yamlLengthMax = 1024 * 1024
/** So that no text expands without bound. */
const aliasesMax = 100
const namedDuplicatesMax = 10

/** YAML 1.2, or as Go's yaml.v2 reads it, which takes the last of duplicate keys. */
export type YamlDialect = '1.2' | 'yaml.v2'

interface YamlOptions {
  readonly dialect?: YamlDialect
  /** Integers are bigints, so that none loses digits. */
  readonly keepsDigits?: boolean
}

/** The value of a text with one document. A problem is a sentence for a person. */
export function parseYaml(
  text: string,
  { dialect = '1.2', keepsDigits = false }: YamlOptions = {},
): Result<unknown, string> {
  try {
    const parsed = parseDocument(text, {
      ...(dialect === '1.2' ? { version: dialect } : likeGo),
      intAsBigInt: keepsDigits,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'error',
    })
    const [error] = parsed.errors
    if (error) return refuseYaml(`is not valid YAML: ${error.message} at ${placeOf(text, error.pos[0])}`)
    const duplicates = dialect === '1.2' ? duplicateKeys(parsed) : []
    if (duplicates.length > 0)
      return refuseYaml(`has duplicate keys: ${duplicates.slice(0, namedDuplicatesMax).join(', ')}`)
    return ok(parsed.toJS({ maxAliasCount: aliasesMax }))
  } catch {
    return refuseYaml('has too many aliases, or is nested too deeply')
  }
}

const refuseYaml = (problem: string) => ({ ok: false, problem }) as const

function duplicateKeys(parsed: Document): string[] {
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
  return duplicates
}

function placeOf(text: string, position: number): string {
  const before = text.slice(0, position).split('\n')
  return `line ${before.length}, column ${before.at(-1)!.length + 1}`
}
