// The detector against values computed elsewhere (numpy, by the formulas in its file), and the laws that
// every stream of users must keep. That healthy flags keep their chance is simulated (test/simulate).
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import {
  type Bet,
  betsOnDifference,
  betsOnRate,
  betsOnRatio,
  budgetMinutes,
  type Direction,
  openDetector,
  type Tally,
  usersToFind,
} from './e-detector.ts'

const alone = (users: number, goalUsers: number): Tally => ({
  users,
  goalUsers,
  baselineUsers: 0,
  baselineGoalUsers: 0,
})

/** The evidence after each look. */
function followed(bets: readonly Bet[], looks: readonly (readonly [minutes: number, tally: Tally])[]) {
  const detector = openDetector(bets)
  return looks.map(([minutes, tally]) => {
    detector.advance(minutes, tally)
    return detector.evidence()
  })
}

function expectClose(found: readonly number[], expected: readonly number[]) {
  expect(found).toHaveLength(expected.length)
  for (const [i, value] of expected.entries()) expect(Math.abs(found[i]! / value - 1)).toBeLessThan(1e-10)
}

describe('golden values', () => {
  it('against a threshold', () => {
    const goals = [0, 1, 0, 0, 1, 2, 4, 3, 5, 4, 6]
    const found = followed(
      betsOnRate(0.05, 'above'),
      goals.map((each) => [1, alone(10, each)]),
    )
    expectClose(
      found,
      [
        2.189747617400998e-5, 6.827222059306566e-5, 6.401950146423185e-5, 6.698086920946124e-5,
        0.00012025882678585316, 0.0003753630529537303, 0.01743249969567204, 0.30443105333099546,
        343.11118572369895, 59005.30435861441, 2279189595.653929,
      ],
    )
    expect(found.findIndex((evidence) => evidence >= 20)).toBe(8)
  })

  const arms = [2, 3, 6, 8, 11, 9].map((goals) => {
    const tally = { users: 51, goalUsers: goals, baselineUsers: 50, baselineGoalUsers: 2 }
    return [10, tally] as const
  })

  it('against the baseline, by ratio', () => {
    expectClose(
      followed(betsOnRatio(0.25, 0.5, 'above'), arms),
      [
        0.0002660469780589241, 0.0005612623120823324, 0.001599758337811106, 0.0055445631606373955,
        0.044390535153410716, 0.1985664541820211,
      ],
    )
  })

  it('against the baseline, by difference', () => {
    expectClose(
      followed(betsOnDifference(0.01, 0.5, 'above'), arms),
      [
        0.000363042650157428, 0.0007668913043048986, 0.0018041782494304165, 0.0054430853789595056,
        0.045413770828616494, 0.23830567419301404,
      ],
    )
  })
})

const directions: Direction[] = ['above', 'below']
const anyLimit = fc.oneof(
  fc.constantFrom(1e-12, 1e-6, 0.05, 0.5, 0.99, 0.9999, 1 - 1e-12, 1),
  fc.double({ min: 1e-6, max: 1, noNaN: true }),
)
const anyShare = fc.oneof(fc.constantFrom(1e-5, 1 - 1e-5), fc.double({ min: 0.001, max: 0.999, noNaN: true }))
const anyBets = fc
  .tuple(anyLimit, anyShare, fc.constantFrom(...directions), fc.constantFrom('rate', 'difference', 'ratio'))
  .map(([limit, share, direction, kind]) =>
    kind === 'rate'
      ? betsOnRate(limit, direction)
      : kind === 'difference'
        ? betsOnDifference(limit, share, direction)
        : betsOnRatio(Math.min(limit, 0.99), share, direction),
  )
const anyCount = fc.oneof(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 50_000_000 }))
const anyTally = fc
  .tuple(
    anyCount,
    anyCount,
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([users, baselineUsers, share, baselineShare]) => ({
    users,
    goalUsers: Math.floor(users * share),
    baselineUsers,
    baselineGoalUsers: Math.floor(baselineUsers * baselineShare),
  }))
const anyLooks = fc.array(fc.tuple(fc.integer({ min: 0, max: 500_000 }), anyTally), { maxLength: 30 })

describe('any stream', () => {
  it('keeps the evidence a number that is not negative, whatever came', () => {
    fc.assert(
      fc.property(anyBets, anyLooks, (bets, looks) => {
        for (const evidence of followed(bets, looks)) {
          expect(Number.isFinite(evidence)).toBe(true)
          expect(evidence).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })

  it('is no evidence where nobody came: only the weight of the starts', () => {
    fc.assert(
      fc.property(anyBets, fc.array(fc.integer({ min: 0, max: 999 })), (bets, minutes) => {
        const found = followed(
          bets,
          minutes.map((each) => [each, alone(0, 0)]),
        ).at(-1)
        const total = minutes.reduce((sum, each) => sum + each, 0)
        expect(found ?? 0).toBeCloseTo(total / budgetMinutes, 12)
      }),
    )
  })

  it('weighs more goals as more evidence above a limit, and fewer as more below it', () => {
    const anyStream = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 90 })), {
      minLength: 1,
      maxLength: 20,
    })
    const shares = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }))
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 0.9, noNaN: true }),
        anyStream,
        shares,
        fc.nat(19),
        (limit, stream, share, at) => {
          const looks = stream.map(([minutes, users]) => {
            const goals = Math.floor(share.next().value * (users + 1))
            return [minutes, users, Math.min(goals, users)] as const
          })
          const more = looks.map(([minutes, users, goals], i) => {
            return [minutes, users, i === at % looks.length ? Math.min(users, goals + 1) : goals] as const
          })
          const last = (some: typeof looks, direction: Direction) =>
            followed(
              betsOnRate(limit, direction),
              some.map(([minutes, users, goals]) => [minutes, alone(users, goals)]),
            ).at(-1)!
          const slack = 1 + 1e-9
          expect(last(more, 'above') * slack).toBeGreaterThanOrEqual(last(looks, 'above'))
          expect(last(more, 'below')).toBeLessThanOrEqual(last(looks, 'below') * slack)
        },
      ),
    )
  })

  it('counts users of one moment in any order and in any portions alike', () => {
    fc.assert(
      fc.property(anyBets, fc.array(anyTally, { minLength: 1, maxLength: 6 }), (bets, portions) => {
        const total = portions.reduce((sum, each) => ({
          users: sum.users + each.users,
          goalUsers: sum.goalUsers + each.goalUsers,
          baselineUsers: sum.baselineUsers + each.baselineUsers,
          baselineGoalUsers: sum.baselineGoalUsers + each.baselineGoalUsers,
        }))
        // Beyond what a double holds, a step in between may be rounded to 0 or to the cap.
        fc.pre(bets.every((bet) => portions.every((each) => Math.abs(sizeOf(bet, each)) < 70)))
        const at = (some: readonly Tally[]) =>
          followed(
            bets,
            some.map((each, i) => [i === 0 ? 1 : 0, each]),
          ).at(-1)!
        for (const order of [portions, portions.toReversed()])
          expect(Math.abs(at(order) / at([total]) - 1)).toBeLessThan(1e-9)
      }),
    )
  })

  it('has a mean factor of at most 1 within the limit, for every bet', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(0.995, 0.9999), fc.double({ min: 0.001, max: 0.9999, noNaN: true })),
        anyShare,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom(...directions),
        (limit, share, baselineRate, part, direction) => {
          const isAbove = direction === 'above'
          const within = (worst: number) =>
            isAbove ? Math.min(1, worst) * part : Math.min(1, Math.max(0, worst) + part)
          const mean = ({ goal, miss, baselineGoal, baselineMiss }: Bet, rate: number, s: number) =>
            s * (rate * Math.exp(goal) + (1 - rate) * Math.exp(miss)) +
            (1 - s) * (baselineRate * Math.exp(baselineGoal) + (1 - baselineRate) * Math.exp(baselineMiss))
          for (const bet of betsOnRate(limit, direction))
            expect(mean(bet, within(limit), 1)).toBeLessThanOrEqual(1 + 1e-9)
          const distance = isAbove ? limit : -limit
          for (const bet of betsOnDifference(limit, share, direction))
            expect(mean(bet, within(baselineRate + distance), share)).toBeLessThanOrEqual(1 + 1e-9)
          const rate = within(baselineRate * (1 + distance))
          const converted = share * rate + (1 - share) * baselineRate
          fc.pre(converted > 1e-290) // below it the products are subnormal and lose their digits
          // Only those who converted are asked: whose arm it was.
          for (const { goal, baselineGoal } of betsOnRatio(limit, share, direction))
            expect(
              (share * rate * Math.exp(goal) + (1 - share) * baselineRate * Math.exp(baselineGoal)) /
                converted,
            ).toBeLessThanOrEqual(1 + 1e-9)
        },
      ),
    )
  })
})

const sizeOf = (bet: Bet, { users, goalUsers, baselineUsers, baselineGoalUsers }: Tally) =>
  Math.abs(goalUsers * bet.goal) +
  Math.abs((users - goalUsers) * bet.miss) +
  Math.abs(baselineGoalUsers * bet.baselineGoal) +
  Math.abs((baselineUsers - baselineGoalUsers) * bet.baselineMiss)

describe('a limit near everybody', () => {
  const nobody = alone(0, 0)
  /** Users until it fires, of so many whose misses come evenly; undefined if it does not. */
  function usersUntil(limit: number, direction: Direction, rate: number, users = 100_000) {
    const detector = openDetector(betsOnRate(limit, direction))
    detector.advance(240, nobody)
    for (let user = 1; user <= users; user++) {
      const misses = Math.floor(user * (1 - rate)) - Math.floor((user - 1) * (1 - rate))
      detector.advance(0.1, alone(1, 1 - misses))
      if (detector.evidence() >= 20) return user
    }
    return undefined
  }

  it.each([
    [0.99, 0.98],
    [0.99, 0.95],
    [0.995, 0.99],
    [0.9, 0.88],
    [0.999, 0.9],
  ])('%f at least: finds that only %f reach the goal', (limit, rate) => {
    const found = usersUntil(limit, 'below', rate)
    expect(found).toBeLessThan(1.5 * usersToFind(1 - rate, 1 - limit, 0.05))
  })

  it.each([
    [0.995, 0.994],
    [0.999, 0.998],
    [0.9, 0.89],
  ])('%f at most: fires at no rate below it, such as %f, however many come', (limit, rate) => {
    expect(usersUntil(limit, 'above', rate, 500_000)).toBeUndefined()
  })

  it('takes more than 99 % for everybody, since nothing is above', () => {
    expect(usersUntil(1, 'above', 0.985)).toBeUndefined()
    expect(usersUntil(1, 'above', 1)).toBeDefined()
  })

  it('is the limit of those who miss the goal, the other way round', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.501, max: 0.9999, noNaN: true }),
        fc.constantFrom(...directions),
        fc.array(fc.tuple(fc.nat(60), fc.nat(60)), { maxLength: 20 }),
        (limit, direction, looks) => {
          const mirrored = direction === 'above' ? 'below' : 'above'
          const found = followed(
            betsOnRate(limit, direction),
            looks.map(([goals, misses]) => [1, alone(goals + misses, goals)]),
          )
          const others = followed(
            betsOnRate(1 - limit, mirrored),
            looks.map(([goals, misses]) => [1, alone(goals + misses, misses)]),
          )
          for (const [i, evidence] of found.entries())
            expect(Math.abs(Math.log(evidence / others[i]!))).toBeLessThan(1e-6)
        },
      ),
    )
  })
})

describe('a change', () => {
  it('is found as soon after 90 quiet days as after one', () => {
    const usersUntil = (quietMinutes: number) => {
      const detector = openDetector(betsOnRate(0.05, 'above'))
      for (let minute = 0; minute < quietMinutes; minute++)
        detector.advance(1, alone(1, minute % 25 === 0 ? 1 : 0))
      for (let users = 1; ; users++) {
        detector.advance(1, alone(1, users % 4 === 0 ? 1 : 0))
        if (detector.evidence() >= 20) return users
      }
    }
    const [day, quarter] = [usersUntil(1_440), usersUntil(90 * 1_440)]
    expect(day).toBeLessThanOrEqual(usersToFind(0.25, 0.05, 0.05) * 1.2)
    expect(Math.abs(quarter - day)).toBeLessThanOrEqual(4)
  })

  it('is not found by what was forgotten', () => {
    const detector = openDetector(betsOnRate(0.05, 'above'))
    for (let i = 0; i < 20; i++) detector.advance(1, alone(10, 5))
    expect(detector.evidence()).toBeGreaterThan(20)
    detector.forget()
    detector.advance(1, alone(0, 0))
    expect(detector.evidence()).toBeCloseTo(1 / budgetMinutes, 12)
  })

  it('is not found by doubtful users alone, but by others beside them', () => {
    const evidence = (goals: number, doubtful: number) => {
      const detector = openDetector(betsOnRate(0.05, 'above'), doubtful)
      detector.advance(60, alone(goals, goals))
      return detector.evidence()
    }
    expect(evidence(10, 0)).toBeGreaterThan(20)
    for (const users of [1, 10, 1_000]) expect(evidence(users, users)).toBeLessThanOrEqual(60 / budgetMinutes)
    expect(evidence(20, 10)).toBeGreaterThan(20)
  })

  it('shows about the rate that there is', () => {
    const detector = openDetector(betsOnRate(0.05, 'above'))
    expect(detector.rate()).toBeNaN()
    for (let i = 0; i < 20; i++) detector.advance(1, alone(10, 5))
    expect(detector.rate()).toBeCloseTo(0.5, 1)
  })

  it('takes 625, 57 and 16 users at 2, 5 and 10 times a threshold of 5 %', () => {
    const found = [2, 5, 10].map((times) => Math.round(usersToFind(0.05 * times, 0.05, 0.05)))
    expect(found).toEqual([625, 57, 16])
  })
})
