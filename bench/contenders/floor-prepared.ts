// The floor with everything precomputed that can be: the hash of a rule's id once per flag, the user's
// version and the blocks of the user's id once per request. A lower bound for an evaluator that knows these
// flags.
import {
  block,
  finish,
  idsOf,
  mix,
  nameOf,
  type Operands,
  operandsOf,
  scramble,
  tail,
  versionNumber,
} from '../by-hand.ts'
import type { Contender, Decide } from '../contender.ts'
import type { User } from '../users.ts'
import { disabled, type WorkFlag, type WorkRule } from '../workloads.ts'

interface Request {
  user: User
  version: number
  /** Everything except the hash state: the scrambled whole blocks of the id, then its tail. */
  readonly scrambled: Int32Array
}

type Closure = (request: Request) => string

/** Ids of 36 characters: nine blocks and an empty tail. */
const idLength = 36
const blocks = idLength / 4

export const contender: Contender = {
  deviations: {},
  splitsBy: 'percent',
  prepare({ flags, evaluates }) {
    const closures = flags.map(closureOf)
    return Promise.resolve({
      takeUsers: (people) => decide(closures, people, evaluates),
      variationsOf: (answer) => (evaluates === 'one' ? [answer as string] : (answer as string[])),
    })
  },
}

function decide(closures: readonly Closure[], people: readonly User[], evaluates: 'one' | 'all'): Decide {
  const request: Request = { user: people[0]!, version: -1, scrambled: new Int32Array(blocks + 1) }
  if (evaluates === 'one') {
    const closure = closures[0]!
    return (index) => {
      begin(request, people[index]!)
      return closure(request)
    }
  }
  return (index) => {
    begin(request, people[index]!)
    const answers: string[] = new Array(closures.length)
    for (let i = 0; i < closures.length; i++) answers[i] = closures[i]!(request)
    return answers
  }
}

function begin(request: Request, user: User): void {
  request.user = user
  request.version = -1
  request.scrambled[blocks] = unknown
}
const unknown = -1 // of an id's empty tail it would be 0

function closureOf({ enabled, rules, fallthrough }: WorkFlag): Closure {
  if (!enabled) return () => disabled
  if (rules.length === 0) {
    const state = stateAfter(fallthrough.id)
    return (request) => half(state, request)
  }
  if (rules.length === 1) return closureOfList(rules[0]!, nameOf(fallthrough.outcome))
  return closureOfFive(rules, nameOf(fallthrough.outcome))
}

function closureOfList(rule: WorkRule, fallthrough: string): Closure {
  const ids = idsOf(rule)
  const listed = nameOf(rule.outcome)
  return ({ user }) => (ids.has(user.id) ? listed : fallthrough)
}

function closureOfFive(rules: readonly WorkRule[], fallthrough: string): Closure {
  const [first, second, third, fourth, fifth] = rules.map(({ conditions }) => operandsOf(conditions))
  if (!first || !second || !third || !fourth || !fifth) throw new Error('not the rules of W2')
  const state = stateAfter(rules[4]!.id)
  return (request) => {
    if (holds(first, request)) return 'rule-1'
    if (holds(second, request)) return 'rule-2'
    if (holds(third, request)) return 'rule-3'
    if (holds(fourth, request)) return 'rule-4'
    return holds(fifth, request) ? half(state, request) : fallthrough
  }
}

function holds({ countries, atLeast, from, below }: Operands, request: Request): boolean {
  const { user } = request
  if (user.age < atLeast || !countries.includes(user.country)) return false
  if (request.version < 0) request.version = versionNumber(user.appVersion)
  return request.version >= from && request.version < below
}

function half(state: number, { user, scrambled }: Request): string {
  if (scrambled[blocks] === unknown) readId(user.id, scrambled)
  let hash = state
  for (let i = 0; i < blocks; i++) hash = mix(hash, scrambled[i]!)
  return finish(hash ^ scrambled[blocks]! ^ (ruleIdLength + idLength)) % 100 < 50 ? 'a' : 'b'
}

function readId(id: string, scrambled: Int32Array): void {
  for (let i = 0; i < blocks; i++) scrambled[i] = scramble(block(id, i << 2))
  scrambled[blocks] = scramble(tail(id))
}

const ruleIdLength = 20

function stateAfter(ruleId: string): number {
  let state = 0
  for (let i = 0; i < ruleId.length; i += 4) state = mix(state, scramble(block(ruleId, i)))
  return state
}
