// Checks a value against a schema that was read. @cfworker/json-schema decides; this file gives it a schema
// whose cost is bounded: patterns are matched in linear time by core/text/regex.ts, every schema that is
// applied is paid for, and what is too expensive is refused.
import { format, validate, type OutputUnit, type Schema as LibrarySchema } from '@cfworker/json-schema'
import type { JsonValue } from '../../model/value.ts'
import { compilePattern, type Pattern, type Steps } from '../../text/regex.ts'
import { type Applicator, applicators, isObject } from './keywords.ts'
import { isApplicator, pointerTo, type Schema, targetOf } from './read-schema.ts'

export interface ValueProblem {
  /** A JSON pointer (RFC 6901) to the part of the value; empty for the whole. */
  readonly pointer: string
  readonly message: string
}

/**
 * What checks may still cost, for all values of a flag together. A schema costs its own characters each time
 * it is applied: a value of 100,000 characters takes about a tenth.
 */
export interface Budget {
  left: number
}
export const newBudget = (): Budget => ({ left: 4_000_000 })
/** For the list of all problems of one value; the library copies it at every level. */
const listingMax = 1_000_000

/** More would not help. */
const problemsMax = 20
const perSchema = 20
/** Comparing all items of a list with each other costs its length times the value's. */
const comparisonsPerUnit = 50

const tooExpensive: ValueProblem = {
  pointer: '',
  message: 'takes too long to check against the schema: simplify the schema, or shorten the value',
}

/** Thrown and caught within this file only. */
class Exhausted extends Error {}

/** `schemas` is what `readSchema` found, without problems. Empty if the value fits. */
export function valueProblems(
  schemas: ReadonlyMap<string, Schema>,
  value: JsonValue,
  budget: Budget,
): ValueProblem[] {
  const broken = brokenName(value)
  if (broken !== undefined)
    return [{ pointer: '', message: `has a name that is no Unicode text: ${JSON.stringify(broken)}` }]
  const first = checked(schemas, value, 'first problem', budget)
  if (first === undefined) return [tooExpensive]
  if (first.length === 0) return []
  return checked(schemas, value, 'every problem', { left: listingMax }) ?? first
}

type Extent = 'first problem' | 'every problem'

/** Undefined if it costs too much, or recursion or the list of problems is too long for the stack. */
function checked(
  schemas: ReadonlyMap<string, Schema>,
  value: JsonValue,
  extent: Extent,
  budget: Budget,
): ValueProblem[] | undefined {
  const bounded = new BoundedSchema(schemas, value, budget)
  try {
    return problemsOf(bounded.check(value, extent))
  } catch (error) {
    if (error instanceof Exhausted || error instanceof RangeError) return undefined
    throw error
  } finally {
    bounded.end()
  }
}

/** The schema as the library gets it, for one value. */
class BoundedSchema {
  readonly #made = new Map<string, LibrarySchema | boolean>()
  readonly #names: readonly string[]
  readonly #comparisons: number
  readonly #patterns = new Map<string, Pattern>()
  readonly #steps: Steps
  readonly #schemas: ReadonlyMap<string, Schema>
  readonly #budget: Budget

  constructor(schemas: ReadonlyMap<string, Schema>, value: JsonValue, budget: Budget) {
    this.#schemas = schemas
    this.#budget = budget
    this.#steps = { left: budget.left }
    const { names, longest } = measured(value)
    this.#names = [...names]
    this.#comparisons = Math.ceil((longest * JSON.stringify(value).length) / comparisonsPerUnit)
  }

  check(value: JsonValue, extent: Extent): OutputUnit[] {
    const references = new Proxy({} as Record<string, LibrarySchema | boolean>, {
      get: (_, reference) => this.#at(targetOf(String(reference))!),
    })
    return validate(value, this.#at(''), '2020-12', references, extent === 'first problem').errors
  }

  /** Takes back the patterns that the library was told of as formats. */
  end(): void {
    for (const source of this.#patterns.keys()) delete format[formatOf(source)]
  }

  #at(pointer: string): LibrarySchema | boolean {
    const schema = this.#schemas.get(pointer)!
    if (typeof schema === 'boolean') return schema
    const made = this.#made.get(pointer)
    if (made !== undefined) return made
    const parts: Record<string, unknown> = {}
    this.#made.set(pointer, parts as LibrarySchema)
    let cost = perSchema
    for (const [keyword, part] of Object.entries(schema)) {
      if (annotations.has(keyword)) continue
      if (isApplicator(keyword)) parts[keyword] = this.#parts(keyword, part, pointerTo(pointer, keyword))
      else {
        cost += JSON.stringify(part).length
        if (keyword !== 'pattern' && keyword !== '$ref') parts[keyword] = part
        if (keyword === 'uniqueItems' && part === true) cost += this.#comparisons
      }
    }
    this.#nameProperties(schema, parts)
    if (typeof schema['pattern'] === 'string') {
      this.#compiled(schema['pattern'])
      parts['allOf'] = [...((parts['allOf'] as unknown[]) ?? []), { format: formatOf(schema['pattern']) }]
    }
    // Every validator reads `$ref` of each schema that it applies.
    Object.defineProperty(parts, '$ref', {
      get: () => {
        this.#spend(cost)
        return schema['$ref']
      },
    })
    return parts as LibrarySchema
  }

  #parts(keyword: Applicator, part: unknown, pointer: string): unknown {
    const kind = applicators[keyword]
    if (kind === 'schema') return this.#at(pointer)
    if (kind === 'list') return (part as unknown[]).map((_, i) => this.#at(pointerTo(pointer, i)))
    const entries = Object.keys(part as object).map(
      (name) => [name, this.#at(pointerTo(pointer, name))] as const,
    )
    return Object.fromEntries(entries)
  }

  /**
   * Names of the value that match a pattern become properties of their own: the library need not match.
   * What `additionalProperties` and `unevaluatedProperties` say is the same for both.
   */
  #nameProperties(schema: Readonly<Record<string, unknown>>, parts: Record<string, unknown>): void {
    const byPattern = parts['patternProperties']
    if (!isObject(byPattern)) return
    delete parts['patternProperties']
    this.#spend(this.#names.length * Object.keys(byPattern).length)
    const own = isObject(parts['properties']) ? parts['properties'] : {}
    const applied = new Map(Object.entries(own).map(([name, each]) => [name, [each]]))
    for (const [source, each] of Object.entries(byPattern))
      for (const name of this.#names.filter((name) => this.#matches(source, name)))
        applied.set(name, [...(applied.get(name) ?? []), each])
    parts['properties'] = Object.fromEntries([...applied].map(([name, allOf]) => [name, { allOf }]))
  }

  #matches(source: string, text: string): boolean {
    const pattern = this.#compiled(source)
    const matches = pattern.ok && pattern.test(text, this.#steps)
    if (this.#steps.left < 0) throw new Exhausted()
    return matches
  }

  #compiled(source: string): Pattern {
    const made = this.#patterns.get(source)
    if (made) return made
    const pattern = compilePattern(source)
    this.#patterns.set(source, pattern)
    format[formatOf(source)] = (text) => this.#matches(source, text)
    return pattern
  }

  #spend(cost: number): void {
    this.#budget.left -= cost
    if (this.#budget.left < 0) throw new Exhausted()
  }
}

const formatOf = (pattern: string): string => `pattern ${pattern}`

const annotations: ReadonlySet<string> = new Set([
  '$comment',
  '$defs',
  '$id',
  '$schema',
  'contentEncoding',
  'contentMediaType',
  'default',
  'definitions',
  'deprecated',
  'description',
  'examples',
  'readOnly',
  'title',
  'writeOnly',
])

/** The library writes names as parts of a URI, which half a surrogate pair cannot be. */
const brokenName = (value: JsonValue): string | undefined =>
  [...measured(value).names].find((name) => !name.isWellFormed())

/** The names of all properties in a value, and the length of its longest list. */
function measured(value: JsonValue): { names: ReadonlySet<string>; longest: number } {
  const names = new Set<string>()
  let longest = 0
  const left: JsonValue[] = [value]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (Array.isArray(next)) longest = Math.max(longest, next.length)
    if (typeof next !== 'object' || next === null) continue
    if (!Array.isArray(next)) for (const name of Object.keys(next)) names.add(name)
    for (const part of Object.values(next)) left.push(part)
  }
  return { names, longest }
}

/** The library names each schema around a problem. What is inside an alternative says little. */
const alternatives = new Set(['anyOf', 'contains', 'not', 'oneOf'])

function problemsOf(errors: readonly OutputUnit[]): ValueProblem[] {
  const roots = errors
    .filter(({ keyword }) => alternatives.has(keyword))
    .map(({ instanceLocation, keywordLocation }) => ({ instanceLocation, within: `${keywordLocation}/` }))
  const isInside = ({ keywordLocation, instanceLocation }: OutputUnit) =>
    roots.some(
      (root) => keywordLocation.startsWith(root.within) && instanceLocation.startsWith(root.instanceLocation),
    )
  const problems = errors
    .filter(({ keyword }) => !isApplicator(keyword) || alternatives.has(keyword))
    .filter((error) => error.keyword !== '$ref' && !isInside(error))
    .map(toProblem)
  const distinct = new Map(problems.map((problem) => [`${problem.pointer} ${problem.message}`, problem]))
  return [...distinct.values()].slice(0, problemsMax)
}

function toProblem({ instanceLocation, keyword, error }: OutputUnit): ValueProblem {
  const pointer = decodeURI(instanceLocation.slice(1))
  return { pointer, message: sentenceOf(keyword, error) }
}

/** The library's sentences begin with what they are about, in several words. */
function sentenceOf(keyword: string, error: string): string {
  if (keyword === 'false') return 'is not allowed'
  const sentence = error.replace(/\.$/, '')
  const [from, to] = rewordings.find(([pattern]) => pattern.test(sentence)) ?? [/^$/, '']
  return shortened(sentence.replace(from, to).replaceAll('", "', ' or '))
}

const rewordings: readonly (readonly [from: RegExp, to: string])[] = [
  [/^String does not match format "pattern (.*)"$/s, 'does not match the pattern $1'],
  [/^String does not match format "(.*)"$/, 'is not of format $1'],
  [/^Instance type "(.*)" is invalid\. Expected "(.*)"$/, 'is of type $1, not $2'],
  [/^Instance does not have required property (.*)$/s, 'lacks $1'],
  [/^Instance does not match any of (.*)$/s, 'is none of $1'],
  [/^Instance does not match any subschemas$/, 'fits none of the alternatives'],
  [/^Instance does not match exactly one subschema/, 'does not fit exactly one of the alternatives'],
  [/^Instance matched "not" schema$/, 'is what the schema rules out'],
  [/^Array does not contain item matching schema$/, 'contains no item of the kind that it needs'],
  [/^Duplicate items at indexes/, 'has equal items at'],
  [/^(?:Instance|String|Array|Object) /, ''],
]

const shown = 200
const shortened = (text: string) => (text.length > shown ? `${text.slice(0, shown)}…` : text)
