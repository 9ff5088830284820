// A sequential detector of a change for the worse, valid over months of looks: a Shiryaev-Roberts sum of
// e-values over all starts, weighted by time (Shin, Ramdas & Rinaldo, arXiv 2203.03532). While the rate is
// within the limit at every time, M - t / 14 days is a supermartingale, so
// P(M reaches 1 / alpha within t) <= alpha * t / 14 days, however often one looks. Old evidence fades: it
// finds a change after 90 quiet days as soon as after one.

/** Users of one moment in order, and those of them with the goal. The baseline's are 0 without a baseline. */
export interface Tally {
  readonly users: number
  readonly goalUsers: number
  readonly baselineUsers: number
  readonly baselineGoalUsers: number
}

/**
 * What each user multiplies the evidence by, as natural logarithms. Within the limit, its mean factor is at
 * most 1.
 */
export interface Bet {
  readonly goal: number
  readonly miss: number
  readonly baselineGoal: number
  readonly baselineMiss: number
  /** The rate that the bet expects; NaN where it expects no rate. */
  readonly rate: number
}

export type Direction = 'above' | 'below'

/** The starts of so many minutes weigh 1 together: 14 days. */
export const budgetMinutes = 20_160
/**
 * What watches begins with the starts of so many minutes: a release does harm in its first hour, if at all.
 */
export const minutesAtFirst = 240

/**
 * At this evidence it fires, so that the chance of a false kill within 14 days is at most `alpha`: more than
 * 1 / alpha, for the starts at first. Within a time t it is alpha * (t + 4 hours) / (14 days + 4 hours).
 */
export const evidenceNeeded = (alpha: number): number => (1 + minutesAtFirst / budgetMinutes) / alpha

/** An M beyond it would become infinite, and with the next factor 0 no number. */
const evidenceMax = 1e290
/** Nobody and everybody, as limits of a rate: bets on less, or on more, have something to lose. */
const rateLimits = { min: 1e-9, max: 1 - 1e-9 }
/** No rate is above 1, so this share stands for practically everybody. */
const everybody = 0.99

const timesAbove = [1.25, 1.5, 2, 3, 5, 10]
const timesBelow = [0.8, 0.65, 0.5, 0.35, 0.2, 0.1]
/** Shares of the largest bet that cannot lose everything. */
const stakes = [0.02, 0.05, 0.1, 0.2, 0.4, 0.8]

/**
 * Against the limit `threshold` of the rate, in (0, 1]. Exact for any number of users. A rate is bet on by
 * those who are rarer: of a limit above one half, those who miss the goal. Else a limit of 99 % would know
 * rates of 79 % and less only, and not find 98 % in any time.
 */
export function betsOnRate(threshold: number, direction: Direction): Bet[] {
  if (threshold > 0.5) {
    const limit = threshold < 1 ? Math.min(rateLimits.max, threshold) : everybody
    const missed = ratesBeyond(1 - limit, direction === 'above' ? 'below' : 'above')
    return missed.map((rate) => betOn(1 - rate, Math.log((1 - rate) / limit), Math.log(rate / (1 - limit))))
  }
  const limit = Math.max(rateLimits.min, threshold)
  return ratesBeyond(limit, direction).map((rate) =>
    betOn(rate, Math.log(rate / limit), Math.log((1 - rate) / (1 - limit))),
  )
}

const ratesBeyond = (limit: number, direction: Direction): number[] =>
  direction === 'above'
    ? timesAbove.map((times) => Math.min(limit * times, (1 + limit) / 2))
    : timesBelow.map((times) => limit * times)

const betOn = (rate: number, goal: number, miss: number): Bet => ({
  goal,
  miss,
  baselineGoal: 0,
  baselineMiss: 0,
  rate,
})

/**
 * Against the baseline: rate - baseline's rate > `margin`, or for `below` the other way round. `share` is
 * that of the watched variation among the users of both, in (0, 1). Exact where users are assigned at random,
 * whatever their rates do with the time of day (bets on outcomes weighted by their inverse probability:
 * Waudby-Smith & Ramdas 2024).
 */
export function betsOnDifference(margin: number, share: number, direction: Direction): Bet[] {
  const worse = direction === 'above' ? share : 1 - share
  return stakes.map((stake) => {
    const bet = stake / (1 / (1 - worse) + margin)
    const up = Math.log1p(bet * (1 / worse - margin))
    const down = Math.log1p(-bet * (1 / (1 - worse) + margin))
    const miss = Math.log1p(-bet * margin)
    const [goal, baselineGoal] = direction === 'above' ? [up, down] : [down, up]
    return { goal, miss, baselineGoal, baselineMiss: miss, rate: NaN }
  })
}

/**
 * Against the baseline: rate > (1 + `margin`) * baseline's rate; for `below`, rate < (1 - `margin`) *
 * baseline's. Given that a user converted, the arm is a coin of known share, whenever the goal comes: so it
 * needs no delay.
 */
export function betsOnRatio(margin: number, share: number, direction: Direction): Bet[] {
  const [limit, times] = direction === 'above' ? [1 + margin, timesAbove] : [1 - margin, timesBelow]
  const chance = (ratio: number) => (share * ratio) / (share * ratio + 1 - share)
  const fair = chance(limit)
  return times.map((each) => {
    const rate = chance(limit * each)
    return {
      goal: Math.log(rate / fair),
      miss: 0,
      baselineGoal: Math.log((1 - rate) / (1 - fair)),
      baselineMiss: 0,
      rate: NaN,
    }
  })
}

export interface Detector {
  /** `minutes` since the last call, of which each is a start; then the users of this moment. */
  advance(minutes: number, tally: Tally): void
  /** M: the evidence against the limit, at least the weight of the starts. */
  evidence(): number
  /** Forgets all starts until now. Fewer starts are never more evidence. */
  forget(): void
  /** What the rate has been lately, as the evidence has it; NaN if the bets expect no rate. */
  rate(): number
}

/** Powers of a factor that are looked up; of more users they are computed. */
const tableSize = 64

/**
 * The evidence of `doubtfulUsers` does not count, whoever they are: it is what is left if they were the ones
 * that weigh most.
 */
export function openDetector(bets: readonly Bet[], doubtfulUsers = 0): Detector {
  const count = bets.length
  const sums = new Float64Array(count)
  const left = Float64Array.from(bets, (bet) => Math.exp(-doubtfulUsers * heaviest(bet)) / count)
  const goal = powersOf(bets.map((bet) => bet.goal))
  const miss = powersOf(bets.map((bet) => bet.miss))
  const baselineGoal = powersOf(bets.map((bet) => bet.baselineGoal))
  const baselineMiss = powersOf(bets.map((bet) => bet.baselineMiss))
  return {
    advance(minutes, tally) {
      const users = Math.max(0, tally.users)
      const goals = Math.min(users, Math.max(0, tally.goalUsers))
      const others = Math.max(0, tally.baselineUsers)
      const otherGoals = Math.min(others, Math.max(0, tally.baselineGoalUsers))
      const weight = minutes / budgetMinutes
      for (let k = 0; k < count; k++) {
        const starts = sums[k]! + weight
        if (starts === 0) continue // nothing times an infinite factor is no number
        const at = k * tableSize
        const factor =
          users + others < tableSize
            ? goal[at + goals]! *
              miss[at + users - goals]! *
              (others === 0 ? 1 : baselineGoal[at + otherGoals]! * baselineMiss[at + others - otherGoals]!)
            : Math.exp(
                goals * bets[k]!.goal +
                  (users - goals) * bets[k]!.miss +
                  otherGoals * bets[k]!.baselineGoal +
                  (others - otherGoals) * bets[k]!.baselineMiss,
              )
        sums[k] = Math.min(starts * factor, evidenceMax)
      }
    },
    forget: () => void sums.fill(0),
    evidence() {
      let total = 0
      for (let k = 0; k < count; k++) total += sums[k]! * left[k]!
      return total
    },
    rate() {
      // By the largest first: the sum of many huge ones is still a number.
      const largest = Math.max(...sums)
      if (!(largest > 0)) return NaN
      let [weighted, total] = [0, 0]
      for (const [k, { rate }] of bets.entries()) {
        weighted += rate * (sums[k]! / largest)
        total += sums[k]! / largest
      }
      return weighted / total
    },
  }
}

const heaviest = ({ goal, miss, baselineGoal, baselineMiss }: Bet) =>
  Math.max(goal, miss, baselineGoal, baselineMiss)

/** A table for each of them, one after the other. */
function powersOf(logs: readonly number[]): Float64Array {
  const powers = new Float64Array(logs.length * tableSize).fill(1)
  for (const [k, log] of logs.entries())
    for (let i = 1; log !== 0 && i < tableSize; i++) powers[k * tableSize + i] = Math.exp(log * i)
  return powers
}

/**
 * About how many users a change from within the limit to `rate` takes to be found, an upper figure:
 * ln(14 days / (alpha * a minute)) / KL(rate, threshold).
 */
export function usersToFind(rate: number, threshold: number, alpha: number): number {
  const term = (p: number, q: number) => (p === 0 ? 0 : p * Math.log(p / q))
  return Math.log(budgetMinutes / alpha) / (term(rate, threshold) + term(1 - rate, 1 - threshold))
}
