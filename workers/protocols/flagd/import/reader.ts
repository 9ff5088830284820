// Reads JsonLogic for one flag: inlines evaluators, distinguishes attributes from values, and collects what
// is not supported.
import { keyLengthMax } from '../../../../core/model/limits.ts'
import * as build from './condition.ts'
import { type Choice, type Condition, isLiteral, type Leaf, type Test } from './condition.ts'
import { holdsOf, type Operand } from './comparison.ts'
import type { Values } from './definitions.ts'
import { whyNot, whyNotRead } from './to-clauses.ts'

export interface Scope {
  readonly flagKey: string
  readonly variantNames: readonly string[]
  readonly evaluators: Values
}

/** What an evaluator is replaced by may double at every step: more is not read. */
export const nodesMax = 10_000
const depthMax = 400

/** Where an expression stands. flagd puts in evaluators in their order, so each sees only those after it. */
export interface At {
  readonly path: string
  readonly depth: number
  readonly evaluatorsFrom: number
}
export interface Call {
  readonly name: string
  readonly args: unknown
  readonly at: At
}

export const step = (at: At, name: string | number): At => ({
  ...at,
  path: `${at.path}.${name}`,
  depth: at.depth + 1,
})

export const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export class Reader {
  /** What is not carried, by path. The choice is of no use if there is any. */
  readonly problems: { readonly path: string; readonly reason: string }[] = []
  readonly leaves: Leaf[] = []
  /** Paths of `fractional`. */
  readonly splits: string[] = []
  /** What flagd answers otherwise beside what `leaves` say (to-clauses.ts). */
  readonly differences: string[] = []
  readonly scope: Scope
  private readonly evaluatorNames: readonly string[]
  private nodes = 0

  constructor(scope: Scope) {
    this.scope = scope
    this.evaluatorNames = Object.keys(scope.evaluators)
  }

  refused(at: At, reason: string): undefined {
    this.problems.push({ path: at.path, reason })
    return undefined
  }

  refusedCondition(at: At, reason: string): Condition {
    return this.refused(at, reason) ?? build.never
  }

  refusedChoice(at: At, reason: string): Choice {
    return this.refused(at, reason) ?? build.byDefault
  }

  /** The expression with its evaluator put in; undefined if it is refused. */
  resolved(expression: unknown, at: At): { value: unknown; at: At } | undefined {
    this.nodes++
    if (this.nodes > nodesMax)
      return this.nodes === nodesMax + 1 ? this.refused(at, `it has more than ${nodesMax} parts`) : undefined
    if (at.depth > depthMax) return this.refused(at, 'it is nested too deep')
    if (!isObject(expression)) return { value: expression, at }
    const [name, ...others] = Object.keys(expression)
    if (name !== '$ref' || others.length > 0) return { value: expression, at }
    const index = this.evaluatorNames.indexOf(String(expression['$ref']))
    if (index < 0) return this.refused(at, `there is no evaluator ${String(expression['$ref'])}`)
    if (index < at.evaluatorsFrom)
      return this.refused(
        at,
        `flagd puts in ${this.evaluatorNames[index]!} before this evaluator: name it further down`,
      )
    const inside = { ...at, depth: at.depth + 1, evaluatorsFrom: index + 1 }
    return this.resolved(this.scope.evaluators[this.evaluatorNames[index]!], inside)
  }

  /** The operator of an expression; undefined if it is refused. */
  callOf(expression: Values, at: At): Call | undefined {
    const [name, ...others] = Object.keys(expression)
    if (name === undefined || others.length > 0)
      return this.refused(at, 'an expression is an object with one operator')
    return { name, args: expression[name], at: step(at, name) }
  }

  argumentsOf({ name, args, at }: Call, min: number, max: number): readonly unknown[] | undefined {
    if (Array.isArray(args) && args.length >= min && args.length <= max) return args
    return this.refused(at, `${name} takes a list of ${min === max ? min : `${min} to ${max}`} here`)
  }

  leaf(at: At, attribute: string, missing: boolean, test: Test): Condition {
    const made: Leaf = { kind: 'leaf', attribute, missing, test }
    const reason = whyNot(made)
    if (reason !== undefined) return this.refusedCondition(at, reason)
    this.leaves.push(made)
    return made
  }

  // Operands: literals and attributes.

  operandOf(expression: unknown, from: At): Operand | undefined {
    const found = this.resolved(expression, from)
    if (!found) return undefined
    const { value, at } = found
    if (isLiteral(value)) return { literal: value }
    if (!isObject(value)) return this.refused(at, 'a list is only compared with by in')
    const call = this.callOf(value, at)
    if (!call) return undefined
    return call.name === 'var'
      ? this.attributeOf(call)
      : this.refused(call.at, `${call.name} gives a computed value: clauses compare attributes with values`)
  }

  attributeOf({ args, at }: Call): Operand | undefined {
    const [path, fallback = null] = Array.isArray(args) ? (args as unknown[]) : [args]
    if (typeof path !== 'string' || path === '' || path.startsWith('../'))
      return this.refused(at, 'var takes the name of an attribute')
    if (!isLiteral(fallback)) return this.refused(at, 'the default of var is a text, number or boolean')
    if (path === '$flagd.flagKey') return { literal: this.scope.flagKey }
    if (path === '$flagd.timestamp')
      return this.refused(at, 'rules do not ask for the time: use scheduled changes')
    const reason = path.includes('\\') ? `${path} has an escape` : whyNotRead(path)
    if (reason !== undefined) return this.refused(at, reason)
    return path.length > keyLengthMax
      ? this.refused(at, `a name has at most ${keyLengthMax} characters`)
      : { attribute: path, fallback }
  }

  /** The test of an attribute, or its result for a literal. `ofNull`: its result for null. */
  tested(operand: Operand, test: Test, ofNull: boolean, at: At): Condition {
    if ('literal' in operand) {
      const holds = holdsOf(test, operand.literal, ofNull)
      return holds === undefined
        ? this.refusedCondition(at, 'flagd fails to compare these')
        : holds
          ? build.always
          : build.never
    }
    if (operand.fallback !== null)
      this.differences.push(`${operand.attribute}: null counts as missing here, not in flagd`)
    const missing = holdsOf(test, operand.fallback, ofNull)
    if (missing === undefined) return this.refusedCondition(at, 'flagd fails to compare the default of var')
    return this.leaf(at, operand.attribute, missing, test)
  }
}
