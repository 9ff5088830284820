// The floor: code that one would write by hand for exactly these flags. One closure per flag, constants
// inside, no lookup by key.
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

type Closure = (user: User) => string

export const contender: Contender = {
  deviations: {},
  splitsBy: 'percent',
  prepare({ flags, evaluates }) {
    const closures = flags.map(closureOf)
    return Promise.resolve({
      takeUsers: (people) =>
        evaluates === 'one' ? decideOne(closures[0]!, people) : decideAll(closures, people),
      variationsOf: (answer) => (evaluates === 'one' ? [answer as string] : (answer as string[])),
    })
  },
}

function decideOne(closure: Closure, people: readonly User[]): Decide {
  return (index) => closure(people[index]!)
}

function decideAll(closures: readonly Closure[], people: readonly User[]): Decide {
  return (index) => {
    const user = people[index]!
    const answers: string[] = new Array(closures.length)
    for (let i = 0; i < closures.length; i++) answers[i] = closures[i]!(user)
    return answers
  }
}

function closureOf({ enabled, rules, fallthrough }: WorkFlag): Closure {
  if (!enabled) return () => disabled
  if (rules.length === 0) return (user) => half(fallthrough.id, user)
  if (rules.length === 1) return closureOfList(rules[0]!, nameOf(fallthrough.outcome))
  return closureOfFive(rules, nameOf(fallthrough.outcome))
}

function closureOfList(rule: WorkRule, fallthrough: string): Closure {
  const ids = idsOf(rule)
  const listed = nameOf(rule.outcome)
  return (user) => (ids.has(user.id) ? listed : fallthrough)
}

function closureOfFive(rules: readonly WorkRule[], fallthrough: string): Closure {
  const [first, second, third, fourth, fifth] = rules.map(({ conditions }) => operandsOf(conditions))
  if (!first || !second || !third || !fourth || !fifth) throw new Error('not the rules of W2')
  const { id } = rules[4]!
  return (user) => {
    if (holds(first, user)) return 'rule-1'
    if (holds(second, user)) return 'rule-2'
    if (holds(third, user)) return 'rule-3'
    if (holds(fourth, user)) return 'rule-4'
    return holds(fifth, user) ? half(id, user) : fallthrough
  }
}

function holds({ countries, atLeast, from, below }: Operands, { country, age, appVersion }: User): boolean {
  if (!countries.includes(country) || age < atLeast) return false
  const version = versionNumber(appVersion)
  return version >= from && version < below
}

const half = (id: string, user: User) => (percentOf(id, user.id) < 50 ? 'a' : 'b')

/** MurmurHash3 of `key + id` without concatenation. */
function percentOf(key: string, id: string): number {
  let state = 0
  for (let i = 0; i < key.length; i += 4) state = mix(state, scramble(block(key, i)))
  const whole = id.length & ~3
  for (let i = 0; i < whole; i += 4) state = mix(state, scramble(block(id, i)))
  return finish(state ^ scramble(tail(id)) ^ (key.length + id.length)) % 100
}
