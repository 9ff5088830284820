// Turns a flag's rules into a graph: each node tests one condition and leads to one node if it holds and to
// another if it does not, until a rule is found. Rules of one flag often share conditions, such as a list of
// countries: a condition whose result is known on every path to its node is skipped.
import type { CompiledCondition } from './compiled-condition.ts'
import type { CompiledRule } from './compile-strategy.ts'

export interface DecisionNode {
  /** Undefined if the node is a rule. */
  readonly condition: CompiledCondition | undefined
  yes: DecisionNode | undefined
  no: DecisionNode | undefined
  readonly rule: CompiledRule | undefined
}

/** A rule with its conditions, OR of AND; `undefined` means unconditional, as for the default strategy. */
export interface ConditionalRule {
  readonly anyOf: readonly (readonly CompiledCondition[])[] | undefined
  readonly rule: CompiledRule
}

/** A condition or a rule, in the order in which the rules state them. */
interface Step {
  readonly condition: CompiledCondition | undefined
  readonly rule: CompiledRule | undefined
  /** Indexes of the next steps; always later ones. */
  yes: number
  no: number
}

/** A linked list of the results that are known on a path, newest first. */
interface Fact {
  readonly condition: CompiledCondition
  readonly holds: boolean
  readonly before: Fact | undefined
  /** Length of the list. */
  readonly count: number
}

/** With more facts than this, all are forgotten: searching them would cost more than testing again. */
const factsMax = 16

/** Returns the root. */
export function buildDecisionGraph(rules: readonly ConditionalRule[]): DecisionNode {
  const steps = stepsOf(rules)
  const nodes: (DecisionNode | undefined)[] = []
  const facts: (Fact | undefined)[] = []
  /**
   * Skips conditions with a known result. The node found keeps only the facts that hold on all paths to it.
   */
  const resolve = (index: number, known: Fact | undefined): DecisionNode => {
    let at = index
    for (let step = steps[at]!; step.condition; step = steps[at]!) {
      const result = knownResult(step.condition, known)
      if (result === undefined) break
      at = result ? step.yes : step.no
    }
    const node = nodes[at]
    facts[at] = node ? commonFacts(facts[at], known) : known
    const { condition, rule } = steps[at]!
    return node ?? (nodes[at] = { condition, rule, yes: undefined, no: undefined })
  }
  const first = resolve(0, undefined)
  for (const [index, { condition, yes, no }] of steps.entries()) {
    const node = nodes[index]
    if (!node || !condition) continue
    const known = facts[index]
    node.yes = resolve(yes, learn(known, condition, true))
    node.no = resolve(no, learn(known, condition, false))
  }
  return first
}

function stepsOf(rules: readonly ConditionalRule[]): Step[] {
  const steps: Step[] = []
  for (const { anyOf, rule } of rules) {
    if (anyOf?.length === 0) continue // without groups, a rule never matches
    const groups = anyOf?.every(({ length }) => length > 0) ? anyOf : [] // an empty group always matches
    const ruleIndex = steps.length + groups.reduce((sum, { length }) => sum + length, 0)
    for (const group of groups) {
      const next = steps.length + group.length
      group.forEach((condition, i) => {
        const isLast = i === group.length - 1
        // After the last group comes the rule's own step, and then the next rule.
        steps.push({
          condition,
          rule: undefined,
          yes: isLast ? ruleIndex : steps.length + 1,
          no: next === ruleIndex ? ruleIndex + 1 : next,
        })
      })
    }
    steps.push({ condition: undefined, rule, yes: -1, no: -1 })
  }
  return steps
}

function knownResult(condition: CompiledCondition, known: Fact | undefined): boolean | undefined {
  for (let fact = known; fact; fact = fact.before) if (fact.condition === condition) return fact.holds
  return undefined
}

const learn = (before: Fact | undefined, condition: CompiledCondition, holds: boolean): Fact =>
  before && before.count === factsMax
    ? { condition, holds, before: undefined, count: 1 }
    : { condition, holds, before, count: (before?.count ?? 0) + 1 }

/** The facts in both lists. */
function commonFacts(a: Fact | undefined, b: Fact | undefined): Fact | undefined {
  if (a === b || !a) return a
  const rest = commonFacts(a.before, b)
  if (knownResult(a.condition, b) !== a.holds) return rest
  return rest === a.before ? a : { ...a, before: rest, count: (rest?.count ?? 0) + 1 }
}
