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
/** Jeffreys' prior of all phases together: without a goal so far, an arm may still have some to come. */
const priorGoals = 0.5

/**
 * What is known of each arm's rate among the users of all phases. Each phase lists the same arms. In each,
 * the prior is its own rate over all arms, so an arm without users in it differs in nothing. The arm's
 * estimate is as good as that of so many users of one phase as would vary as much, by the phases' own rates:
 * by the arm's, a phase in which it has no goal yet would count as known exactly.
 */
export function stratifiedRates(phases: readonly (readonly ArmCounts[])[]): Rate[] {
  const totals = phases.map((arms) => ({
    users: sum(arms.map(({ users }) => users)),
    goals: sum(arms.map(({ goals }) => goals)),
  }))
  const all = sum(totals.map(({ users }) => users))
  return (phases[0] ?? []).map((_, arm) => {
    let [mean, level, variance] = [0, 0, 0]
    for (const [p, arms] of phases.entries()) {
      const total = totals[p]!
      const weight = all === 0 ? 1 / phases.length : total.users / all
      const expected = (total.goals + 0.5) / (total.users + 1)
      const { users, goals } = arms[arm]!
      mean += weight * ((goals + priorUsers * expected) / (users + priorUsers))
      level += weight * expected
      variance += weight ** 2 * ((expected * (1 - expected)) / (users + priorUsers))
    }
    const users = (level * (1 - level)) / variance
    return momentsOf(priorGoals + mean * users, priorGoals + (1 - mean) * users)
  })
}

const momentsOf = (alpha: number, beta: number): Rate => {
  const total = alpha + beta
  return { mean: alpha / total, variance: (alpha * beta) / (total ** 2 * (total + 1)) }
}

const pointsPerArm = 400
/** Logarithms of odds outside of which there is less than 1e-14 of the probability. */
const reach = (shape: number, spread: number) => 8 * spread + 32 / shape

/** They add up to 1. Thompson sampling gives each arm so many of the users, on average. */
export function chancesOfBest(rates: readonly Rate[], best: 'highest' | 'lowest'): number[] {
  const shapes = rates.map(shapesOf)
  const points = gridOf(shapes)
  const cumulated = shapes.map((shape) => cumulate(points, densitiesOf(shape, points)))
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

interface Shapes {
  readonly alpha: number
  readonly beta: number
}

const shapesOf = ({ mean, variance }: Rate): Shapes => {
  const precision = (mean * (1 - mean)) / variance - 1
  return { alpha: mean * precision, beta: (1 - mean) * precision }
}

/**
 * On the scale of log odds, where a density has one peak and no end points. Fine where any arm may be: one
 * may be known a hundred times better than another.
 */
function gridOf(shapes: readonly Shapes[]): number[] {
  const points = shapes.flatMap(({ alpha, beta }) => {
    const spread = Math.sqrt(1 / alpha + 1 / beta)
    const from = Math.log(alpha / beta) - reach(alpha, spread)
    const step = (Math.log(alpha / beta) + reach(beta, spread) - from) / (pointsPerArm - 1)
    return Array.from({ length: pointsPerArm }, (_, i) => from + i * step)
  })
  return points.toSorted((a, b) => a - b)
}

/** Of log odds; up to a factor. */
function densitiesOf({ alpha, beta }: Shapes, points: readonly number[]): number[] {
  const logarithms = points.map((t) => -alpha * softplus(-t) - beta * softplus(t))
  const highest = Math.max(...logarithms)
  return logarithms.map((logarithm) => Math.exp(logarithm - highest))
}

/** ln(1 + exp(t)), without overflow. */
const softplus = (t: number): number => Math.max(0, t) + Math.log1p(Math.exp(-Math.abs(t)))

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
