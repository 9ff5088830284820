// What one would write by hand for exactly these flags: a closure per flag, operands in place, no look-up by
// key.
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
  prepare({ flags, asks }) {
    const closures = flags.map(closureOf)
    return Promise.resolve({
      meet: (people) => (asks === 'one' ? decideOne(closures[0]!, people) : decideAll(closures, people)),
      variationsOf: (answer) => (asks === 'one' ? [answer as string] : (answer as string[])),
    })
  },
}

function decideOne(closure: Closure, people: readonly User[]): Decide {
  return (place) => closure(people[place]!)
}

function decideAll(closures: readonly Closure[], people: readonly User[]): Decide {
  return (place) => {
    const user = people[place]!
    const answers: string[] = new Array(closures.length)
    for (let i = 0; i < closures.length; i++) answers[i] = closures[i]!(user)
    return answers
  }
}

function closureOf({ enabled, rules, otherwise }: WorkFlag): Closure {
  if (!enabled) return () => disabled
  if (rules.length === 0) return (user) => half(otherwise.id, user)
  if (rules.length === 1) return closureOfList(rules[0]!, nameOf(otherwise.outcome))
  return closureOfFive(rules, nameOf(otherwise.outcome))
}

function closureOfList(rule: WorkRule, otherwise: string): Closure {
  const ids = idsOf(rule)
  const listed = nameOf(rule.outcome)
  return (user) => (ids.has(user.id) ? listed : otherwise)
}

function closureOfFive(rules: readonly WorkRule[], otherwise: string): Closure {
  const [first, second, third, fourth, fifth] = rules.map(({ conditions }) => operandsOf(conditions))
  if (!first || !second || !third || !fourth || !fifth) throw new Error('not the rules of W2')
  const { id } = rules[4]!
  return (user) => {
    if (holds(first, user)) return 'rule-1'
    if (holds(second, user)) return 'rule-2'
    if (holds(third, user)) return 'rule-3'
    if (holds(fourth, user)) return 'rule-4'
    return holds(fifth, user) ? half(id, user) : otherwise
  }
}

function holds({ countries, atLeast, from, below }: Operands, { country, age, appVersion }: User): boolean {
  if (!countries.includes(country) || age < atLeast) return false
  const version = versionNumber(appVersion)
  return version >= from && version < below
}

const half = (id: string, user: User) => (percentOf(id, user.id) < 50 ? 'a' : 'b')

/** MurmurHash3 of `key + id`, without putting them together. */
function percentOf(key: string, id: string): number {
  let state = 0
  for (let i = 0; i < key.length; i += 4) state = mix(state, scramble(block(key, i)))
  const whole = id.length & ~3
  for (let i = 0; i < whole; i += 4) state = mix(state, scramble(block(id, i)))
  return finish(state ^ scramble(tail(id)) ^ (key.length + id.length)) % 100
}
