// The worlds of dynamic allocation: what users lose while it learns, beside an even split, and how often it
// ends up with the wrong variation. Shares move once a day by the product's own functions, with its defaults.
import type { DynamicAllocation } from '../../core/model/dynamic-allocation.ts'
import { movedWeights, whyNotMoved } from '../../core/model/reallocation.ts'
import type { Random } from './random.ts'
import { repeat, type Table } from './table.ts'

const dayMs = 86_400_000

interface World {
  readonly name: string
  /** The rate of each arm, on each day. */
  readonly rates: (day: number) => readonly number[]
}

/** Of the weekend, twice as many users reach the goal. */
const weekly = (rates: readonly number[]) => (day: number) =>
  rates.map((rate) => (day % 7 < 5 ? rate : 2 * rate))

const worlds: readonly World[] = [
  { name: '5 and 6 %', rates: () => [0.05, 0.06] },
  { name: '5 and 5.5 %', rates: () => [0.05, 0.055] },
  { name: '5, 5, 5 and 6 %', rates: () => [0.05, 0.05, 0.05, 0.06] },
  { name: '5 and 6 %, twice as many at weekends', rates: weekly([0.05, 0.06]) },
  {
    name: '5 and 6 %, the other way round from day 14 on',
    rates: (day) => (day < 14 ? [0.05, 0.06] : [0.06, 0.05]),
  },
  { name: '5 and 5 %', rates: () => [0.05, 0.05] },
  { name: '0.2 and 0.3 %', rates: () => [0.002, 0.003] },
  { name: '0.2, 0.2 and 0.3 %', rates: () => [0.002, 0.002, 0.003] },
]

interface Outcome {
  /** Goals that an oracle would have had, and this did not. */
  readonly lost: number
  readonly lostByEvenSplit: number
  /** The share of the best arm at the end. */
  readonly lastShare: number
  /** Whether an arm that is not the best has most users at the end. */
  readonly isWrong: boolean
}

function play({ rates }: World, usersPerDay: number, days: number, random: Random): Outcome {
  const arms = rates(0).map((_, i) => `arm-${i}`)
  const even = Math.floor(100 / arms.length) * 1_000
  const weights = arms.map((_, i) => even + (i === 0 ? 100_000 - even * arms.length : 0))
  let allocation = allocationOf(arms, weights)
  const counted: Record<string, { users: number; goals: number }>[] = [countsOf(arms)]
  let [lost, lostByEvenSplit] = [0, 0]
  for (let day = 0; day < days; day++) {
    const today = rates(day)
    const best = Math.max(...today)
    let left = random.poisson(usersPerDay)
    let leftWeight = 100_000
    lostByEvenSplit += left * (best - today.reduce((sum, rate) => sum + rate, 0) / arms.length)
    for (const [i, arm] of arms.entries()) {
      const weight = allocation.phases.at(-1)!.weights[arm]!
      const users = random.binomial(left, leftWeight > weight ? weight / leftWeight : 1)
      left -= users
      leftWeight -= weight
      lost += users * (best - today[i]!)
      counted.at(-1)![arm]!.users += users
      counted.at(-1)![arm]!.goals += random.binomial(users, today[i]!)
    }
    const now = (day + 1) * dayMs
    const phases = allocation.phases.map(({ startAt }, p) => ({ startAt, arms: counted[p]! }))
    const facts = { until: now, phases }
    if (whyNotMoved(allocation, facts, now) !== undefined) continue
    const next = movedWeights(allocation, facts)
    if (arms.every((arm) => next[arm] === allocation.phases.at(-1)!.weights[arm])) continue
    allocation = { ...allocation, phases: [...allocation.phases, { startAt: now, weights: next }] }
    counted.push(countsOf(arms))
  }
  const last = allocation.phases.at(-1)!.weights
  const final = rates(days - 1)
  const best = final.indexOf(Math.max(...final))
  const most = Math.max(...arms.map((arm) => last[arm]!))
  return {
    lost,
    lostByEvenSplit,
    lastShare: last[arms[best]!]! / 100_000,
    isWrong: arms.some((arm, i) => last[arm] === most && final[i]! < final[best]!),
  }
}

const countsOf = (arms: readonly string[]) =>
  Object.fromEntries(arms.map((arm) => [arm, { users: 0, goals: 0 }]))

const allocationOf = (arms: string[], weights: readonly number[]): DynamicAllocation => ({
  id: 'x',
  name: '',
  flagKey: 'f',
  ruleId: 'd',
  goalKey: 'g',
  lowerIsBetter: false,
  delayMs: 0,
  floor: 5_000,
  maximumStep: 10_000,
  everyMs: dayMs,
  minimumUsers: 200,
  arms,
  status: 'running',
  phases: [{ startAt: 0, weights: Object.fromEntries(arms.map((arm, i) => [arm, weights[i]!])) }],
  version: 1,
  createdAt: 0,
  updatedAt: 0,
})

/** Goals lost against always serving the best arm. */
export function regret(times: number, traffic: readonly number[] = [500, 5_000], days = 28): Table {
  const rows = worlds.flatMap((world, i) =>
    traffic.map((usersPerDay, j) => {
      const outcomes = repeat(times, 401 + 10 * i + j, (random) => play(world, usersPerDay, days, random))
      const average = (of: (outcome: Outcome) => number) =>
        outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / times
      const [lost, evenly] = [average(({ lost: each }) => each), average((each) => each.lostByEvenSplit)]
      const spread = Math.sqrt(average(({ lost: each }) => (each - lost) ** 2) / times)
      return [
        world.name,
        String(usersPerDay),
        evenly.toFixed(0),
        `${lost.toFixed(0)} ±${spread.toFixed(1)}`,
        evenly > 0.5 ? `${((1 - lost / evenly) * 100).toFixed(0)} %` : '',
        `${(average(({ lastShare }) => lastShare) * 100).toFixed(0)} %`,
        `${(average(({ isWrong }) => Number(isWrong)) * 100).toFixed(1)} %`,
      ]
    }),
  )
  const columns = [
    'truth',
    'users a day',
    'lost by an even split',
    'lost by dynamic allocation',
    'saved',
    'share of the best at the end',
    'most users in another',
  ]
  return { title: `Dynamic allocation: goals lost in ${days} days against the best variation`, columns, rows }
}
