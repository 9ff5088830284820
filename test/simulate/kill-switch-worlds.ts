// The worlds of kill switches: healthy flags that are looked at each minute for two weeks, and flags that
// fail all of a sudden; by the detector, by the rule before it, and by a point estimate over the last hour.
//
// Each minute is a look. The detector here keeps the starts of all days, where the product keeps those of the
// last seven: that is never less evidence, so the shares of false kills are upper bounds. So they are where
// goals come late and are counted at once, since here everybody's goal is known at once.
import {
  betsOnRate,
  type Direction,
  evidenceNeeded,
  minutesAtFirst,
  openDetector,
  usersToFind,
} from '../../core/statistics/e-detector.ts'
import type { Random } from './random.ts'
import { median, percent, repeat, share, type Table } from './table.ts'

const alpha = 0.05
const dayMinutes = 1_440
const lookedAt = 14 * dayMinutes

interface World {
  readonly name: string
  readonly threshold: number
  readonly direction: Direction
  /** The share of users with the goal within its delay, in each minute. */
  readonly rateAt: (minute: number) => number
  /** So many times more flags: where the share is largest, it is worth knowing exactly. */
  readonly more?: number
}

const byDay = (minute: number, swing: number) => 1 + swing * Math.sin((2 * Math.PI * minute) / dayMinutes)

/** Of goals with exponential delays, the share that comes within three times their mean. */
const within = 1 - Math.exp(-3)
const healthyWorlds: readonly World[] = [
  { name: '4.5 of 5 %', threshold: 0.05, direction: 'above', rateAt: () => 0.045 },
  { name: '4.99 of 5 %', threshold: 0.05, direction: 'above', rateAt: () => 0.0499, more: 5 },
  {
    name: '4 of 5 %, +-20 % by day',
    threshold: 0.05,
    direction: 'above',
    rateAt: (minute) => 0.04 * byDay(minute, 0.2),
  },
  {
    name: 'below 5 %: 5.8 % whose goals take an hour, judged after three',
    threshold: 0.05,
    direction: 'below',
    rateAt: () => 0.058 * within,
  },
  { name: 'below 99 %: 99.05 %', threshold: 0.99, direction: 'below', rateAt: () => 0.9905 },
  { name: '99.4 of 99.5 %', threshold: 0.995, direction: 'above', rateAt: () => 0.994 },
]

/** Looks with no users decide nothing. */
interface Rule {
  /** Whether it fires at this look. */
  look(users: number, goals: number): boolean
}

function detectorRule({ threshold, direction }: Pick<World, 'threshold' | 'direction'>): Rule {
  const detector = openDetector(betsOnRate(threshold, direction))
  const noBaseline = { baselineUsers: 0, baselineGoalUsers: 0 }
  detector.advance(minutesAtFirst, { users: 0, goalUsers: 0, ...noBaseline })
  return {
    look(users, goals) {
      detector.advance(1, { users, goalUsers: goals, ...noBaseline })
      return users > 0 && detector.evidence() >= evidenceNeeded(alpha)
    },
  }
}

const passes = (rate: number, threshold: number, direction: Direction) =>
  direction === 'above' ? rate >= threshold : rate <= threshold

/** The rule until now: all users since it was armed, from a minimum on. */
function pointRule({ threshold, direction }: Pick<World, 'threshold' | 'direction'>, minimum = 100): Rule {
  let [users, goals] = [0, 0]
  return {
    look(more, converted) {
      users += more
      goals += converted
      return users >= minimum && passes(goals / users, threshold, direction)
    },
  }
}

/** The users of the last hour, from 30 on. */
function hourRule({ threshold, direction }: Pick<World, 'threshold' | 'direction'>): Rule {
  const [minutes, minimum] = [60, 30]
  const last = Array.from({ length: minutes }, () => [0, 0] as [number, number])
  let [users, goals, at] = [0, 0, 0]
  return {
    look(more, converted) {
      const old = last[at]!
      users += more - old[0]
      goals += converted - old[1]
      old[0] = more
      old[1] = converted
      at = (at + 1) % minutes
      return users >= minimum && passes(goals / users, threshold, direction)
    },
  }
}

const rules = [detectorRule, pointRule, hourRule] as const

/** Traffic is 60 % more in the afternoon than on average, and 60 % less at night. */
function everFired(world: World, usersPerMinute: number, random: Random, minutes: number): boolean[] {
  const own = rules.map((rule) => rule(world))
  const fired = own.map(() => false)
  for (let minute = 0; minute < minutes; minute++) {
    const users = random.poisson(usersPerMinute * byDay(minute, 0.6))
    const goals = random.binomial(users, world.rateAt(minute))
    for (const [i, rule] of own.entries()) if (!fired[i] && rule.look(users, goals)) fired[i] = true
  }
  return fired
}

/** The share of healthy flags that are stopped within 14 days, looked at each minute. */
export function falseKills(
  times: number,
  traffic: readonly number[] = [0.1, 1, 10],
  worlds = healthyWorlds,
  minutes = lookedAt,
): Table {
  const rows = worlds.flatMap((world, i) =>
    traffic.map((usersPerMinute, j) => {
      const seed = 211 + 10 * i + j
      const flags = times * (world.more ?? 1)
      const fired = repeat(flags, seed, (random) => everFired(world, usersPerMinute, random, minutes))
      const shares = rules.map((_, k) => percent(share(fired.map((each) => each[k]!)), flags))
      return [world.name, String(usersPerMinute), String(flags), ...shares]
    }),
  )
  const columns = [
    'truth of threshold',
    'users a minute',
    'flags',
    'detector',
    'all users, from 100',
    'last hour, from 30',
  ]
  return { title: 'Kill switch: healthy flags stopped within 14 days, %', columns, rows }
}

/** From the jump to the kill; undefined if it takes more than 14 days. What fires before is ignored. */
function minutesToKill(rule: Rule, quiet: number, rate: number, usersPerMinute: number, random: Random) {
  for (let minute = -quiet; minute < lookedAt; minute++) {
    const users = random.poisson(usersPerMinute)
    const goals = random.binomial(users, minute < 0 ? 0.04 : rate)
    if (rule.look(users, goals) && minute >= 0) return minute + 1
  }
  return undefined
}

/** From a jump of a quiet rate of 4 % to 2, 5 and 10 times a threshold of 5 %. */
export function timeToKill(
  times: number,
  traffic: readonly number[] = [0.1, 1, 10],
  jumps = [2, 5, 10],
): Table {
  const world = { threshold: 0.05, direction: 'above' } as const
  const asked = [
    [detectorRule, 2],
    [detectorRule, 90],
    [pointRule, 2],
    [pointRule, 90],
    [hourRule, 2],
  ] as const
  const rows = traffic.flatMap((usersPerMinute) =>
    jumps.map((jump) => {
      const rate = world.threshold * jump
      const cells = asked.map(([rule, days]) => {
        const found = repeat(times, 307 + jump, (random) => {
          return minutesToKill(rule(world), days * dayMinutes, rate, usersPerMinute, random) ?? Infinity
        })
        const sorted = found.toSorted((a, b) => a - b)
        const at95 = sorted[Math.floor(0.95 * times)]!
        const text = (minutes: number) => (Number.isFinite(minutes) ? String(minutes) : 'over 14 days')
        return `${text(median(found)!)} / ${text(at95)}`
      })
      const needed = Math.round(usersToFind(rate, world.threshold, alpha))
      return [`${jump} x`, String(usersPerMinute), ...cells, String(needed)]
    }),
  )
  const columns = [
    'jump to',
    'users a minute',
    'detector after 2 days',
    'after 90 days',
    'all users, from 100, after 2 days',
    'after 90 days',
    'last hour, from 30',
    'users by the rule of thumb',
  ]
  return { title: 'Kill switch: minutes from the jump to the kill, median / 95 %', columns, rows }
}
