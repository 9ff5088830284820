// Checks the answers of a contender: rules, lists, switches and splits by percent exactly; splits by another
// hash for even and stable halves.
import murmurhash from 'murmurhash-js'
import type { Contender, PreparedWorkload } from './contender.ts'
import { probes, type User, users } from './users.ts'
import { type Condition, disabled, type WorkFlag, type Workload } from './workloads.ts'

/** Fewer users would not show whether a split is even. */
const peopleMin = 100

/** Descriptions of all wrong answers. */
export async function faultsOf(
  contender: Contender,
  workload: Workload,
  prepared: PreparedWorkload,
  answersMax = 200_000,
): Promise<string[]> {
  const peopleCount = Math.max(peopleMin, answersMax / workload.flags.length)
  const people = [...probes(), ...users()].slice(0, peopleCount)
  const decide = await prepared.takeUsers(people)
  const faults: string[] = []
  const shares = workload.flags.map(() => ({ a: 0, b: 0 }))
  for (const [index, user] of people.entries()) {
    const found = prepared.variationsOf(await decide(index))
    const again = prepared.variationsOf(await decide(index))
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

/** Five standard deviations: among some thousand splits none should fail by chance. */
const isEven = (a: number, b: number) => Math.abs(a - b) <= 5 * Math.sqrt(a + b)

const halfOf = (ruleId: string, { id }: User) => (murmurhash.murmur3(ruleId + id, 0) % 100 < 50 ? 'a' : 'b')

/** The right variations: one, or two if only the contender's own hash decides. */
function wantedOf(
  { splitsBy }: Contender,
  { enabled, rules, fallthrough }: WorkFlag,
  user: User,
): readonly string[] {
  if (!enabled) return [disabled]
  const { id, outcome } =
    rules.find(({ conditions }) => conditions.every((each) => isMet(each, user))) ?? fallthrough
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
