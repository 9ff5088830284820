// Whether a contender answers a workload rightly: what rules, lists and switches decide exactly, and a split
// by percent exactly too; a split by another hash in halves that stay.
import murmurhash from 'murmurhash-js'
import type { Contender, Prepared } from './contender.ts'
import { probes, type User, users } from './users.ts'
import { type Condition, disabled, type WorkFlag, type Workload } from './workloads.ts'

/** Fewer would not show whether a split is even. */
const peopleMin = 100

/** What is wrong, in words; nothing where all is right. */
export async function faultsOf(
  contender: Contender,
  workload: Workload,
  prepared: Prepared,
  answersMax = 200_000,
): Promise<string[]> {
  const asked = Math.max(peopleMin, answersMax / workload.flags.length)
  const people = [...probes(), ...users()].slice(0, asked)
  const decide = await prepared.meet(people)
  const faults: string[] = []
  const shares = workload.flags.map(() => ({ a: 0, b: 0 }))
  for (const [place, user] of people.entries()) {
    const found = prepared.variationsOf(await decide(place))
    const again = prepared.variationsOf(await decide(place))
    workload.flags.forEach((flag, i) => {
      const variation = found[i]
      const wanted = wantedOf(contender, flag, user)
      if (!wanted.includes(variation!))
        faults.push(`${flag.key} for ${user.id}: ${variation}, not ${wanted.join(' or ')}`)
      if (variation !== again[i]) faults.push(`${flag.key} for ${user.id}: ${variation}, then ${again[i]}`)
      if (wanted.length > 1 && (variation === 'a' || variation === 'b')) shares[i]![variation]++
    })
  }
  const uneven = shares.flatMap(({ a, b }, i) =>
    isEven(a, b) ? [] : [`${workload.flags[i]!.key}: ${a} to ${b}, not halves`],
  )
  return [...faults, ...uneven]
}

/** Within five standard deviations: of some thousand splits none should fall out by chance. */
const isEven = (a: number, b: number) => Math.abs(a - b) <= 5 * Math.sqrt(a + b)

const halfOf = (ruleId: string, { id }: User) => (murmurhash.murmur3(ruleId + id, 0) % 100 < 50 ? 'a' : 'b')

/** The variations that are right: one, or two where only the contender's own hash knows which. */
function wantedOf(
  { splitsBy }: Contender,
  { enabled, rules, otherwise }: WorkFlag,
  user: User,
): readonly string[] {
  if (!enabled) return [disabled]
  const { id, outcome } =
    rules.find(({ conditions }) => conditions.every((each) => isMet(each, user))) ?? otherwise
  if (outcome.kind === 'fixed') return [outcome.variation]
  return splitsBy === 'percent' ? [halfOf(id, user)] : ['a', 'b']
}

function isMet(condition: Condition, user: User): boolean {
  switch (condition.kind) {
    case 'list':
      return condition.values.includes(user[condition.attribute])
    case 'number':
      return user.age >= condition.atLeast
    case 'version':
      return isBelow(user.appVersion, condition.version) === (condition.order === 'below')
  }
}

function isBelow(version: string, limit: string): boolean {
  const numbers = version.split('.').map(Number)
  const limits = limit.split('.').map(Number)
  const at = numbers.findIndex((number, i) => number !== limits[i])
  return at >= 0 && numbers[at]! < limits[at]!
}
