// Reads a value schema: every schema in it by its place, or what is wrong with it.
import { valueSchemaDepthMax, valueSchemaLengthMax } from '../../model/limits.ts'
import { type Applicator, applicators, assertions, inPlace, isObject, patternProblem } from './keywords.ts'

/** A schema, and the schemas in it. `true` allows every value, `false` none. */
export type Schema = boolean | Readonly<Record<string, unknown>>

export interface SchemaProblem {
  /** A JSON pointer (RFC 6901) into the schema. */
  readonly pointer: string
  readonly message: string
}

export interface ReadSchema {
  readonly schemas: ReadonlyMap<string, Schema>
  readonly problems: readonly SchemaProblem[]
}

export const pointerTo = (parent: string, name: string | number): string =>
  `${parent}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** More would not help. */
const problemsMax = 20

export function readSchema(root: Schema): ReadSchema {
  const text = JSON.stringify(root)
  const tooLong = `has ${text.length} characters, more than ${valueSchemaLengthMax}`
  if (text.length > valueSchemaLengthMax)
    return { schemas: new Map(), problems: [{ pointer: '', message: tooLong }] }
  const schemas = new Map<string, Schema>()
  const problems: SchemaProblem[] = []
  const found = (pointer: string, message: string) => problems.push({ pointer, message })

  const read = (value: unknown, pointer: string, depth: number): void => {
    if (typeof value === 'boolean') return void schemas.set(pointer, value)
    if (!isObject(value)) return void found(pointer, 'must be a schema: an object, true or false')
    if (depth > valueSchemaDepthMax) return void found(pointer, 'is nested too deep')
    schemas.set(pointer, value)
    for (const [keyword, part] of Object.entries(value)) {
      const place = pointerTo(pointer, keyword)
      if (isApplicator(keyword)) readParts(keyword, part, place, depth + 1)
      else if (Object.hasOwn(assertions, keyword)) {
        const problem = assertions[keyword]!(part)
        if (problem !== undefined) found(place, problem)
      } else if (!keyword.startsWith('x-')) found(place, unknown(keyword))
    }
  }
  const readParts = (keyword: Applicator, part: unknown, pointer: string, depth: number): void => {
    const kind = applicators[keyword]
    if (kind === 'schema') return read(part, pointer, depth)
    if (kind === 'list') {
      if (!Array.isArray(part) || part.length === 0)
        return void found(pointer, 'must be a list with at least one schema')
      return part.forEach((each, i) => read(each, pointerTo(pointer, i), depth))
    }
    if (!isObject(part)) return void found(pointer, 'must be an object of schemas')
    for (const [name, each] of Object.entries(part)) {
      const problem = keyword === 'patternProperties' ? patternProblem(name) : undefined
      if (problem === undefined) read(each, pointerTo(pointer, name), depth)
      else found(pointerTo(pointer, name), problem)
    }
  }

  read(root, '', 0)
  problems.push(...referenceProblems(schemas))
  return { schemas, problems: problems.slice(0, problemsMax) }
}

export const isApplicator = (keyword: string): keyword is Applicator => Object.hasOwn(applicators, keyword)

const unknown = (keyword: string) =>
  keyword.startsWith('$')
    ? 'is not supported: a schema refers to its own parts, as #/$defs/name'
    : 'is no keyword of JSON Schema 2020-12'

/** The place that a reference names, as a JSON pointer; undefined if it is none. */
export function targetOf(reference: string): string | undefined {
  try {
    return decodeURIComponent(reference.slice(1))
  } catch {
    return undefined
  }
}

function referenceProblems(schemas: ReadonlyMap<string, Schema>): SchemaProblem[] {
  const problems: SchemaProblem[] = []
  const next = new Map<string, string[]>()
  for (const [pointer, schema] of schemas) {
    if (typeof schema === 'boolean') continue
    const { $ref } = schema
    const target = typeof $ref === 'string' && $ref.startsWith('#') ? targetOf($ref) : undefined
    if (typeof $ref === 'string' && $ref.startsWith('#') && (target === undefined || !schemas.has(target)))
      problems.push({ pointer: pointerTo(pointer, '$ref'), message: `there is no schema at ${$ref}` })
    next.set(pointer, [...(target === undefined ? [] : [target]), ...inPlaceOf(pointer, schema)])
  }
  const circle = circleIn(next)
  if (circle !== undefined)
    problems.push({ pointer: circle, message: 'refers to itself for the same value, without end' })
  return problems
}

/** The places of the schemas that are applied to the same value. */
const inPlaceOf = (pointer: string, schema: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(schema).flatMap(([keyword, part]) => {
    if (!inPlace.has(keyword)) return []
    const place = pointerTo(pointer, keyword)
    if (applicators[keyword as Applicator] === 'schema') return [place]
    return typeof part === 'object' && part !== null
      ? Object.keys(part).map((name) => pointerTo(place, name))
      : []
  })

/** A node from which one comes back to it; without recursion, since chains may be long. */
function circleIn(next: ReadonlyMap<string, readonly string[]>): string | undefined {
  const done = new Set<string>()
  for (const start of next.keys()) {
    const path = [{ node: start, left: [...(next.get(start) ?? [])] }]
    const onPath = new Set([start])
    while (path.length > 0) {
      const top = path.at(-1)!
      const node = top.left.pop()
      if (node === undefined) {
        done.add(top.node)
        onPath.delete(top.node)
        path.pop()
      } else if (onPath.has(node)) return node
      else if (!done.has(node)) {
        onPath.add(node)
        path.push({ node, left: [...(next.get(node) ?? [])] })
      }
    }
  }
  return undefined
}
