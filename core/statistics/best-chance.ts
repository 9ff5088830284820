// The chance that each arm has the best rate, from counts by phase. Phases differ in their shares and, by day
// and weekday, in their rates: adding their users up would compare arms at different times. So each phase is
// compared within itself, and weighs by its users.

export interface ArmCounts {
  readonly users: number
  readonly goals: number
}

/** A Beta distribution by its first two moments. */
export interface Rate {
  readonly mean: number
  readonly variance: number
}

/** Users' worth of trust that the arms of a phase are alike. */
const priorUsers = 2

/**
 * What is known of each arm's rate among the users of all phases. Each phase lists the same arms. In each,
 * the prior is its own rate over all arms, so an arm without users in it differs in nothing.
 */
export function stratifiedRates(phases: readonly (readonly ArmCounts[])[]): Rate[] {
  const totals = phases.map((arms) => ({
    users: sum(arms.map(({ users }) => users)),
    goals: sum(arms.map(({ goals }) => goals)),
  }))
  const all = sum(totals.map(({ users }) => users))
  return (phases[0] ?? []).map((_, arm) => {
    let [mean, variance] = [0, 0]
    for (const [p, arms] of phases.entries()) {
      const total = totals[p]!
      const weight = all === 0 ? 1 / phases.length : total.users / all
      const expected = (total.goals + 0.5) / (total.users + 1)
      const { users, goals } = arms[arm]!
      const rate = (goals + priorUsers * expected) / (users + priorUsers)
      mean += weight * rate
      variance += weight ** 2 * ((rate * (1 - rate)) / (users + priorUsers + 1))
    }
    return { mean, variance }
  })
}

const pointsPerArm = 400
/** On each side of an arm's mean. Beyond it there is less than 1e-14 of the probability. */
const deviations = 8
const edge = 1e-12

/** They add up to 1. Thompson sampling gives each arm so many of the users, on average. */
export function chancesOfBest(rates: readonly Rate[], best: 'highest' | 'lowest'): number[] {
  const points = gridOf(rates)
  const cumulated = rates.map((rate) => cumulate(points, densitiesOf(rate, points)))
  const chances = rates.map((_, arm) => {
    let chance = 0
    for (let i = 1; i < points.length; i++) {
      const mass = cumulated[arm]![i]! - cumulated[arm]![i - 1]!
      let others = 1
      for (const [j, each] of cumulated.entries()) {
        if (j === arm) continue
        const below = (each[i]! + each[i - 1]!) / 2
        others *= best === 'highest' ? below : 1 - below
      }
      chance += mass * others
    }
    return chance
  })
  const total = sum(chances)
  return chances.map((chance) => chance / total)
}

/** Fine where any arm may be: one may be known a hundred times better than another. */
function gridOf(rates: readonly Rate[]): number[] {
  const points = rates.flatMap(({ mean, variance }) => {
    const spread = deviations * Math.sqrt(variance)
    const from = Math.max(edge, mean - spread)
    const step = (Math.min(1 - edge, mean + spread) - from) / (pointsPerArm - 1)
    return Array.from({ length: pointsPerArm }, (_, i) => from + i * step)
  })
  return points.toSorted((a, b) => a - b)
}

/** Up to a factor. */
function densitiesOf({ mean, variance }: Rate, points: readonly number[]): number[] {
  const precision = Math.max((mean * (1 - mean)) / variance - 1, edge)
  const [a, b] = [mean * precision - 1, (1 - mean) * precision - 1]
  const logarithms = points.map((x) => a * Math.log(x) + b * Math.log1p(-x))
  const highest = Math.max(...logarithms)
  return logarithms.map((logarithm) => Math.exp(logarithm - highest))
}

function cumulate(points: readonly number[], densities: readonly number[]): number[] {
  const cumulated = [0]
  for (let i = 1; i < points.length; i++)
    cumulated.push(
      cumulated[i - 1]! + ((densities[i]! + densities[i - 1]!) / 2) * (points[i]! - points[i - 1]!),
    )
  const total = cumulated.at(-1)!
  return cumulated.map((each) => each / total)
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
