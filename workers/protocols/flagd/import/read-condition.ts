// JsonLogic where only yes or no counts. The meaning is that of json-logic-engine, which flagd's own
// evaluator in JavaScript uses: `==` and `<` compare texts with texts and anything else as numbers, null is
// 0 to a number, and an empty list counts as no.
import { parseVersion } from '../../../../core/text/semver.ts'
import * as build from './condition.ts'
import { type Condition, isLiteral, type Literal, type Order } from './condition.ts'
import { anyOf, type Operand, testOf } from './comparison.ts'
import { type At, type Call, isObject, nodesMax, type Reader, step } from './reader.ts'

const comparisons: ReadonlySet<string> = new Set(['==', '!=', '===', '!==', '<', '<=', '>', '>='])
/** Operators that give true or false, and nothing else. */
export const booleanOperators: ReadonlySet<string> = new Set([...comparisons, '!', '!!', 'in'])
const versionOperators = ['=', '!=', '<', '<=', '>', '>=', '^', '~'] as const
const mirrored: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }
export const whyUnsupported = (name: string): string =>
  name === 'fractionalEvaluation'
    ? 'fractionalEvaluation is the old name of fractional, which flagd no longer reads'
    : `${name} has no counterpart here`

export function condition(reader: Reader, expression: unknown, from: At): Condition {
  const found = reader.resolved(expression, from)
  if (!found) return build.never
  const { value, at } = found
  if (isLiteral(value)) return value ? build.always : build.never
  if (!isObject(value)) return reader.refusedCondition(at, 'a list is no condition')
  const call = reader.callOf(value, at)
  return call ? conditionOf(reader, call) : build.never
}

export function conditionOf(reader: Reader, call: Call): Condition {
  const { name, args, at } = call
  if (comparisons.has(name)) return comparison(reader, call)
  switch (name) {
    case 'and':
    case 'or': {
      const parts = reader.argumentsOf(call, 0, nodesMax)
      if (!parts || parts.length === 0) return build.never
      return {
        kind: name === 'and' ? 'all' : 'any',
        of: parts.map((each, i) => condition(reader, each, step(at, i))),
      }
    }
    case '!':
    case '!!': {
      const operand = Array.isArray(args) ? reader.argumentsOf(call, 1, 1)?.[0] : args
      const inner = condition(reader, operand, Array.isArray(args) ? step(at, 0) : at)
      return name === '!' ? build.not(inner) : inner
    }
    case 'if':
    case '?:':
      return branches(
        reader,
        call,
        (each, at) => condition(reader, each, at),
        build.never,
        (by, yes, no) => ({
          kind: 'any',
          of: [
            { kind: 'all', of: [by, yes] },
            { kind: 'all', of: [build.not(by), no] },
          ],
        }),
      )
    case 'var': {
      const operand = reader.attributeOf(call)
      return operand ? reader.tested(operand, { is: 'truthy' }, false, at) : build.never
    }
    case 'in':
      return inList(reader, call)
    case 'starts_with':
    case 'ends_with':
      return textTest(reader, call)?.by ?? build.never
    case 'sem_ver':
      return versionTest(reader, call)?.by ?? build.never
    case 'missing':
    case 'missing_some':
      return missing(reader, call)
    case 'fractional':
      return reader.refusedCondition(at, 'fractional as a condition has no counterpart here')
    default:
      return reader.refusedCondition(at, whyUnsupported(name))
  }
}

/** `if` of any length: pairs of condition and result, and what is left over for the rest. */
export function branches<T>(
  reader: Reader,
  call: Call,
  read: (expression: unknown, at: At) => T,
  nothing: T,
  join: (by: Condition, yes: T, no: T) => T,
): T {
  const parts = reader.argumentsOf(call, 1, nodesMax)
  if (!parts) return nothing
  const at = (i: number) => step(call.at, i)
  const pairs = Math.floor(parts.length / 2)
  const pairsRead = Array.from({ length: pairs }, (_, i) => ({
    by: condition(reader, parts[2 * i], at(2 * i)),
    yes: read(parts[2 * i + 1], at(2 * i + 1)),
  }))
  const last = parts.length % 2 === 1 ? read(parts.at(-1), at(parts.length - 1)) : nothing
  return pairsRead.reduceRight((no, { by, yes }) => join(by, yes, no), last)
}

function comparison(reader: Reader, call: Call): Condition {
  const { name, at } = call
  const isOrder = name in mirrored
  const parts = reader.argumentsOf(call, 2, isOrder ? 3 : 2)
  const operands = parts?.map((each, i) => reader.operandOf(each, step(at, i)))
  if (!operands?.every((operand) => operand !== undefined)) return build.never
  const pairs = operands.slice(1).map((right, i) => pair(reader, name, operands[i]!, right, at))
  return pairs.length === 1 ? pairs[0]! : { kind: 'all', of: pairs }
}

function pair(reader: Reader, name: string, left: Operand, right: Operand, at: At): Condition {
  if (!('literal' in right))
    return 'literal' in left
      ? mirroredPair(reader, name, left, right, at)
      : reader.refusedCondition(at, 'an attribute is compared with a value, not with another attribute')
  const isNegated = name.startsWith('!')
  const operator = isNegated ? `=${name.slice(1)}` : name
  const made = testOf(operator as '==' | '===' | Order, right.literal)
  if (typeof made === 'string') return reader.refusedCondition(at, made)
  const by = reader.tested(left, made.test, made.ofNull, at)
  return isNegated ? build.not(by) : by
}

/**
 * A value on the left: the engine's compiled form then compares as JavaScript does, where null is not 0 and
 * nothing fails, and its interpreted form does not.
 */
function mirroredPair(
  reader: Reader,
  name: string,
  { literal }: { literal: Literal },
  right: Operand,
  at: At,
): Condition {
  const isLoose = name === '==' || name === '!='
  if (isLoose && typeof literal !== 'string' && Number(literal) === 0)
    return reader.refusedCondition(
      at,
      'flagd is inconsistent about a missing attribute if the value comes first: put the attribute first',
    )
  const by = pair(reader, mirrored[name] ?? name, right, { literal }, at)
  if (
    'attribute' in right &&
    name.length < 3 &&
    (typeof literal !== 'string' || /^(?:true|false)$/.test(literal))
  )
    for (const text of ['true', 'false'])
      reader.differences.push(
        literal === text
          ? `${right.attribute}: ${text} counts as the text "${text}" here, not in flagd`
          : `${right.attribute}: the text "${text}" counts as ${text} here, not in flagd`,
      )
  if ('attribute' in right && name in mirrored && typeof literal === 'string')
    reader.differences.push(
      `${right.attribute}: a number or boolean is compared as text here, and never holds in flagd`,
    )
  return by
}

function inList(reader: Reader, call: Call): Condition {
  const parts = reader.argumentsOf(call, 2, 2)
  if (!parts) return build.never
  const item = reader.operandOf(parts[0], step(call.at, 0))
  const list = reader.resolved(parts[1], step(call.at, 1))
  if (!item || !list) return build.never
  if (Array.isArray(list.value)) {
    const operands = list.value.map((each, i) => reader.operandOf(each, step(list.at, i)))
    if (!operands.every((operand) => operand !== undefined)) return build.never
    const literals = operands.flatMap((operand) => ('literal' in operand ? [operand.literal] : []))
    if (literals.length < operands.length)
      return reader.refusedCondition(list.at, 'the list of in holds values, not attributes')
    return reader.tested(item, anyOf(literals), literals.includes(null), call.at)
  }
  const text = reader.operandOf(list.value, list.at)
  if (!text) return build.never
  if ('literal' in text)
    return reader.refusedCondition(list.at, 'in takes a list of values or an attribute here')
  if (!('literal' in item) || typeof item.literal !== 'string' || item.literal === '')
    return reader.refusedCondition(call.at, 'in searches an attribute for a text')
  return reader.tested(text, { is: 'contains', text: item.literal }, false, call.at)
}

/** Undefined where it is refused. */
export function textTest(reader: Reader, call: Call): { by: Condition; subject: Operand } | undefined {
  const parts = reader.argumentsOf(call, 2, 2)
  const operands = parts?.map((each, i) => reader.operandOf(each, step(call.at, i)))
  if (!operands?.every((operand) => operand !== undefined)) return undefined
  const [subject, text] = operands as [Operand, Operand]
  if (!('literal' in text) || typeof text.literal !== 'string')
    return reader.refused(call.at, `${call.name} tests an attribute with a text here`)
  const is = call.name === 'starts_with' ? 'starts-with' : 'ends-with'
  return { by: reader.tested(subject, { is, text: text.literal }, false, call.at), subject }
}

/** `isValid`: whether flagd gives true or false at all. */
export function versionTest(reader: Reader, call: Call): { by: Condition; isValid: Condition } | undefined {
  const parts = reader.argumentsOf(call, 3, 3)
  const operands = parts?.map((each, i) => reader.operandOf(each, step(call.at, i)))
  if (!operands?.every((operand) => operand !== undefined)) return undefined
  const [left, middle, right] = operands as [Operand, Operand, Operand]
  const name = 'literal' in middle ? middle.literal : undefined
  const operator = versionOperators.find((each) => each === name)
  if (!operator) return reader.refused(call.at, `sem_ver compares by ${versionOperators.join(' ')}`)
  const isMirrored = 'literal' in left
  const [subject, operand] = isMirrored ? [right, left] : [left, right]
  if ('literal' in subject || !('literal' in operand) || subject.fallback !== null)
    return reader.refused(call.at, 'sem_ver compares an attribute, without a default, with a version')
  const version = fullVersionOf(operand.literal)
  if (version === undefined)
    return reader.refused(call.at, `${String(operand.literal)} is no version: flagd never serves by it`)
  const compared = isMirrored ? ((mirrored[operator] ?? operator) as typeof operator) : operator
  const by = reader.leaf(call.at, subject.attribute, false, { is: 'version', operator: compared, version })
  return { by, isValid: reader.leaf(call.at, subject.attribute, false, { is: 'a-version' }) }
}

function missing(reader: Reader, call: Call): Condition {
  const { name, args, at } = call
  const [needed, names] = name === 'missing_some' && Array.isArray(args) ? args : [undefined, args]
  const list: unknown[] = Array.isArray(names) ? names : [names]
  const conditions = list.map((each, i) => {
    const operand = reader.attributeOf({ name: 'var', args: each, at: step(at, i) })
    if (!operand) return build.never
    if ('literal' in operand) return build.never
    reader.differences.push(`${operand.attribute}: null counts as missing here, not in flagd`)
    return build.not(reader.leaf(at, operand.attribute, false, { is: 'present' }))
  })
  if (name === 'missing') return { kind: 'any', of: conditions }
  if (needed === 1) return { kind: 'all', of: conditions }
  return needed === list.length
    ? { kind: 'any', of: conditions }
    : reader.refusedCondition(at, 'missing_some needs one attribute or all of them here')
}

/** A version as flagd reads it, in full; undefined where it is none. */
function fullVersionOf(literal: Literal): string | undefined {
  const text = String(literal).replace(/^[vV]/, '')
  const short = /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))?$/.test(text)
  const full = short ? text + '.0'.repeat(text.includes('.') ? 1 : 2) : text
  return parseVersion(full) && !full.startsWith('v') ? full : undefined
}
