// JsonLogic where the value names a variant: a flag's targeting.
import * as build from './condition.ts'
import { type Choice, isLiteral } from './condition.ts'
import { anyOf } from './comparison.ts'
import { toShares } from './fractional.ts'
import { targetingKeyAttribute } from '../../../../core/model/vocabulary.ts'
import {
  booleanOperators,
  branches,
  condition,
  conditionOf,
  textTest,
  versionTest,
  whyUnsupported,
} from './read-condition.ts'
import { type At, type Call, isObject, nodesMax, Reader, type Scope, step } from './reader.ts'

export interface Reading extends Pick<Reader, 'problems' | 'leaves' | 'splits' | 'differences'> {
  readonly choice: Choice
}

export function readTargeting(targeting: unknown, scope: Scope): Reading {
  const reader = new Reader(scope)
  const found = reader.resolved(targeting, {
    path: 'targeting',
    depth: 0,
    evaluatorsFrom: 0,
  })
  const made = found && isTargeting(found.value) ? choice(reader, found.value, found.at) : build.byDefault
  const { problems, leaves, splits, differences } = reader
  return { choice: made, problems, leaves, splits, differences }
}

/** To flagd, `{}`, a number or a boolean is none. */
const isTargeting = (value: unknown) => value !== undefined && value !== null && Object.keys(value).length > 0

function choice(reader: Reader, expression: unknown, from: At): Choice {
  const found = reader.resolved(expression, from)
  if (!found) return build.byDefault
  const { value, at } = found
  if (value === null) return build.byDefault
  if (isLiteral(value)) return build.variant(String(value))
  if (!isObject(value)) return reader.refusedChoice(at, 'a list names no variant')
  const call = reader.callOf(value, at)
  return call ? choiceOf(reader, call) : build.byDefault
}

function choiceOf(reader: Reader, call: Call): Choice {
  const { name, at } = call
  if (booleanOperators.has(name))
    return build.choose(conditionOf(reader, call), build.variant('true'), build.variant('false'))
  switch (name) {
    case 'if':
    case '?:':
      return branches(reader, call, (each, at) => choice(reader, each, at), build.byDefault, build.choose)
    case 'and':
    case 'or':
      return firstDecisive(reader, call)
    case 'starts_with':
    case 'ends_with': {
      const test = textTest(reader, call)
      if (!test) return build.byDefault
      const { by, subject } = test
      if ('literal' in subject || subject.fallback !== null)
        return reader.refusedChoice(at, `${name} tests an attribute, without a default, here`)
      const { attribute } = subject
      reader.differences.push(
        `${attribute}: flagd serves the default variant to a number or boolean, and here false is served`,
      )
      const isPresent = reader.leaf(at, attribute, false, { is: 'present' })
      return build.choose(
        isPresent,
        build.choose(by, build.variant('true'), build.variant('false')),
        build.byDefault,
      )
    }
    case 'sem_ver': {
      const test = versionTest(reader, call)
      if (!test) return build.byDefault
      const ifValid = build.choose(test.isValid, build.variant('false'), build.byDefault)
      return build.choose(test.by, build.variant('true'), ifValid)
    }
    case 'var':
      return namedBy(reader, call)
    case 'fractional':
      return split(reader, call)
    default:
      return reader.refusedChoice(at, whyUnsupported(name))
  }
}

/** `and` gives its first value that counts as no, `or` its first that counts as yes; otherwise the last. */
function firstDecisive(reader: Reader, call: Call): Choice {
  const parts = reader.argumentsOf(call, 0, nodesMax) ?? []
  const isAnd = call.name === 'and'
  const at = (i: number) => step(call.at, i)
  const [last] = parts.slice(-1)
  if (parts.length === 0) return build.byDefault
  return parts.slice(0, -1).reduceRight<Choice>(
    (rest, part, i) => {
      const own = decidedOf(reader, part, at(i), isAnd ? 'false' : 'true')
      const by = condition(reader, part, at(i))
      return isAnd ? build.choose(by, rest, own) : build.choose(by, own, rest)
    },
    choice(reader, last, at(parts.length - 1)),
  )
}

/** What a part of `and` or `or` serves where it decides. */
function decidedOf(reader: Reader, part: unknown, at: At, result: 'true' | 'false'): Choice {
  const name = isObject(part) ? Object.keys(part)[0] : undefined
  return name !== undefined && booleanOperators.has(name) ? build.variant(result) : choice(reader, part, at)
}

/** The variant that an attribute names. */
function namedBy(reader: Reader, call: Call): Choice {
  const operand = reader.attributeOf(call)
  if (!operand) return build.byDefault
  if ('literal' in operand) return build.variant(operand.literal === null ? '' : String(operand.literal))
  const { attribute, fallback } = operand
  const named = reader.scope.variantNames.reduceRight<Choice>(
    (rest, name) =>
      build.choose(reader.leaf(call.at, attribute, false, anyOf([name], true)), build.variant(name), rest),
    build.serve({ kind: 'nothing' }),
  )
  if (fallback !== null) reader.differences.push(`${attribute}: null counts as missing here, not in flagd`)
  const isMissing = fallback === null ? build.byDefault : build.variant(String(fallback))
  return build.choose(reader.leaf(call.at, attribute, false, { is: 'present' }), named, isMissing)
}

function split(reader: Reader, call: Call): Choice {
  const { at } = call
  const parts = reader.argumentsOf(call, 1, nodesMax)
  if (!parts) return build.byDefault
  const isEntry = Array.isArray(parts[0])
  if (!isEntry && !isOwnBucketing(reader, parts[0], at)) return build.byDefault
  const entries = isEntry ? parts : parts.slice(1)
  const shares = toShares(entries)
  if (typeof shares === 'string') return reader.refusedChoice(at, shares)
  const names = new Set(shares.filter(({ weight }) => weight > 0).map(({ name }) => name))
  if (names.size === 0) return build.byDefault
  if (names.size > 1) reader.splits.push(at.path)
  const [only] = names
  const served: Choice =
    names.size > 1
      ? build.serve({ kind: 'rollout', shares })
      : only === undefined
        ? build.byDefault
        : build.variant(only)
  return build.choose(
    reader.leaf(at, targetingKeyAttribute, false, { is: 'present' }),
    served,
    build.byDefault,
  )
}

/** Whether users are split by their targeting key, after constant text. */
function isOwnBucketing(reader: Reader, expression: unknown, from: At): boolean {
  const reason = 'users are split by their targeting key alone here'
  const found = reader.resolved(expression, step(from, 0))
  if (!found) return false
  const call = isObject(found.value) ? reader.callOf(found.value, found.at) : undefined
  if (!call) return reader.refused(found.at, reason) ?? false
  const parts: readonly unknown[] =
    call.name === 'cat' && Array.isArray(call.args) ? call.args : [found.value]
  const operands = parts.map((each, i) => reader.operandOf(each, step(call.at, i)))
  if (!operands.every((operand) => operand !== undefined)) return false
  const attributes = operands.flatMap((operand) => ('literal' in operand ? [] : [operand.attribute]))
  return attributes.length === 1 && attributes[0] === targetingKeyAttribute
    ? true
    : (reader.refused(found.at, reason) ?? false)
}
