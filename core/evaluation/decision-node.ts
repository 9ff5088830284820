// A flag's rules as a graph of questions: each node asks one clause, and leads on where it holds and where it does not, until a rule is
// found. Rules often ask the same again ("of these countries" in each of them): where a question's answer is known on every way that
// leads to it, the way leads past it.
import type { CompiledCondition } from './compiled-condition.ts'
import type { CompiledRule } from './compile-strategy.ts'

export interface DecisionNode {
  /** Undefined where a rule is found. */
  readonly condition: CompiledCondition | undefined
  yes: DecisionNode | undefined
  no: DecisionNode | undefined
  readonly rule: CompiledRule | undefined
}

/** A rule with its groups of questions: OR of AND. None, as the last rule has, means that it always applies. */
export interface ConditionalRule {
  readonly anyOf: readonly (readonly CompiledCondition[])[] | undefined
  readonly rule: CompiledRule
}

/** A place in the rules as they are written. */
interface Step {
  readonly condition: CompiledCondition | undefined
  readonly rule: CompiledRule | undefined
  /** Places of the next steps; later ones always. */
  yes: number
  no: number
}

/** What is known on a way, newest first. */
interface Fact {
  readonly condition: CompiledCondition
  readonly holds: boolean
  readonly before: Fact | undefined
  readonly count: number
}

/** Beyond, a flag's older facts are forgotten: looking for them would cost more than asking again. */
const factsMax = 16

/** The first question. */
export function buildDecisionGraph(rules: readonly ConditionalRule[]): DecisionNode {
  const steps = stepsOf(rules)
  const nodes: (DecisionNode | undefined)[] = []
  const facts: (Fact | undefined)[] = []
  /** Leads a way on past all questions whose answers are known, to a node, which then knows only what all its ways know. */
  const lead = (place: number, known: Fact | undefined): DecisionNode => {
    let at = place
    for (let step = steps[at]!; step.condition; step = steps[at]!) {
      const answer = answerOf(step.condition, known)
      if (answer === undefined) break
      at = answer ? step.yes : step.no
    }
    const node = nodes[at]
    facts[at] = node ? shared(facts[at], known) : known
    const { condition, rule } = steps[at]!
    return node ?? (nodes[at] = { condition, rule, yes: undefined, no: undefined })
  }
  const first = lead(0, undefined)
  for (const [place, { condition, yes, no }] of steps.entries()) {
    const node = nodes[place]
    if (!node || !condition) continue
    const known = facts[place]
    node.yes = lead(yes, learn(known, condition, true))
    node.no = lead(no, learn(known, condition, false))
  }
  return first
}

function stepsOf(rules: readonly ConditionalRule[]): Step[] {
  const steps: Step[] = []
  for (const { anyOf, rule } of rules) {
    if (anyOf?.length === 0) continue // of no groups none holds
    const groups = anyOf?.every(({ length }) => length > 0) ? anyOf : [] // of no questions all do
    const found = steps.length + groups.reduce((sum, { length }) => sum + length, 0)
    for (const group of groups) {
      const next = steps.length + group.length
      group.forEach((condition, i) => {
        const isLast = i === group.length - 1
        // Past the last group comes the step that finds the rule, and past it the next rule.
        steps.push({
          condition,
          rule: undefined,
          yes: isLast ? found : steps.length + 1,
          no: next === found ? found + 1 : next,
        })
      })
    }
    steps.push({ condition: undefined, rule, yes: -1, no: -1 })
  }
  return steps
}

function answerOf(condition: CompiledCondition, known: Fact | undefined): boolean | undefined {
  for (let fact = known; fact; fact = fact.before) if (fact.condition === condition) return fact.holds
  return undefined
}

const learn = (before: Fact | undefined, condition: CompiledCondition, holds: boolean): Fact =>
  before && before.count === factsMax
    ? { condition, holds, before: undefined, count: 1 }
    : { condition, holds, before, count: (before?.count ?? 0) + 1 }

/** What both know. */
function shared(one: Fact | undefined, other: Fact | undefined): Fact | undefined {
  if (one === other || !one) return one
  const rest = shared(one.before, other)
  if (answerOf(one.condition, other) !== one.holds) return rest
  return rest === one.before ? one : { ...one, before: rest, count: (rest?.count ?? 0) + 1 }
}
