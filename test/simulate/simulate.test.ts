// The short form of `npm run simulate`: the statistics keep what they promise, in seeded worlds. A bound is
// the promise with three Monte Carlo errors, so it fails by a fault and not by chance.
import { describe, expect, it } from 'vitest'
import { usersNeeded } from '../../core/statistics/planning.ts'
import { alwaysValid, compared, firstNamed, fixedHorizon } from './decisions.ts'
import { rateForPower, usersFor, type World } from './arrivals.ts'
import { randomFrom, shareError } from './random.ts'
import { besideWinners, coverage, severalArms } from './conversion-worlds.ts'
import { guardedWorlds, guardrailSaid } from './guardrail-worlds.ts'
import { healthySampleRatio, lostUsers } from './sample-ratio-worlds.ts'
import { foundAt } from './interaction-worlds.ts'
import { falseKills, timeToKill } from './kill-switch-worlds.ts'
import type { Table } from './table.ts'
import { adjusted, ratios, revenue, revenueFound } from './value-worlds.ts'

/** The first number of a cell, in percent. */
const figures = ({ rows }: Table, column: number) => rows.map((row) => Number.parseFloat(row[column]!))
const atMost = (share: number, times: number) => 100 * (share + 3 * shareError(share, times))
const atLeast = (share: number, times: number) => 100 * (share - 3 * shareError(share, times))

describe('worlds with a known truth', () => {
  it('have few false winners at 28 looks, at every rate and split, in both kinds of decision', () => {
    const [times, random] = [250, randomFrom(5)]
    for (const rate of [0.001, 0.05, 0.5]) {
      for (const shares of [
        [0.5, 0.5],
        [0.9, 0.1],
      ]) {
        const world: World = { rates: [rate, rate], shares, users: usersFor(rate, 280), looks: 28 }
        const named = Array.from({ length: times }, () => firstNamed(world, random))
        const share = (method: string) => 100 * (named.filter((one) => one[method]).length / times)
        expect(share('fixed horizon')).toBeLessThanOrEqual(atMost(0.05, times))
        expect(share('always valid')).toBeLessThanOrEqual(atMost(0.025, times))
      }
    }
  })

  it('have few interactions where there are none, and mostly find one that is planted', () => {
    const [times, looks, users] = [150, 28, 100_000]
    const foundIn = (rates: Parameters<typeof foundAt>[0]['rates']) => {
      const random = randomFrom(37)
      const found = Array.from({ length: times }, () => foundAt({ rates, users, looks }, random))
      return 100 * (found.filter((look) => look !== undefined).length / times)
    }
    // Of the first other experiment; all together have 5 %.
    expect(foundIn([0.1, 0.1, 0.1, 0.1])).toBeLessThanOrEqual(atMost(0.025, times))
    expect(foundIn([0.1, 0.12, 0.12, 0.144])).toBeLessThanOrEqual(atMost(0.025, times))
    expect(foundIn([0.1, 0.12, 0.12, 0.14])).toBeLessThanOrEqual(atMost(0.025, times))
    expect(foundIn([0.1, 0.11, 0.1, 0.09])).toBeGreaterThanOrEqual(atLeast(0.8, times))
  })

  it('have few false winners also where few convert, where the test is exact', () => {
    const [times, random] = [60, randomFrom(11)]
    const world: World = { rates: [0.002, 0.002], shares: [0.8, 0.2], users: usersFor(0.002, 30), looks: 10 }
    let named = 0
    for (let i = 0; i < times; i++) {
      for (const { comparisons } of compared(world, fixedHorizon, random))
        if (comparisons.some(({ outcome }) => outcome === 'better' || outcome === 'worse')) {
          named++
          break
        }
    }
    expect(100 * (named / times)).toBeLessThanOrEqual(atMost(0.05, times))
  })

  it.each([
    { rate: 0.05, lift: 0.1, shares: [0.5, 0.5], power: 0.8 },
    { rate: 0.01, lift: 0.2, shares: [0.9, 0.1], power: 0.8 },
    { rate: 0.5, lift: 0.05, shares: [0.5, 0.5], power: 0.9 },
  ])('find what was planned with the planned power: $lift of $rate, $shares', ({ rate, ...plan }) => {
    const [times, random] = [400, randomFrom(13)]
    const input = { ...plan, metric: { kind: 'rate', rate } as const }
    for (const [kind, method] of [
      ['fixed-horizon', 'fixed horizon'],
      ['always-valid', 'always valid'],
    ] as const) {
      const users = Math.ceil(usersNeeded(kind, input))
      const world: World = { rates: [rate, rate * (1 + plan.lift)], shares: plan.shares, users, looks: 28 }
      const found = Array.from({ length: times }, () => firstNamed(world, random)[method]).filter(Boolean)
      const share = 100 * (found.length / times)
      expect(share).toBeGreaterThanOrEqual(atLeast(plan.power, times))
      // A plan that asks for far too many users is wrong as well.
      expect(share).toBeLessThanOrEqual(atMost(plan.power + 0.02, times))
    }
  })

  it('lose at most a twentieth of the fixed test to looking, and end earlier', () => {
    const [times, random] = [500, randomFrom(7)]
    const [rate, shares, users] = [0.05, [0.5, 0.5], usersFor(0.05, 1_000)] as const
    const world: World = { rates: [rate, rateForPower(rate, shares, users, 0.8)], shares, users, looks: 28 }
    const named = Array.from({ length: times }, () => firstNamed(world, random))
    const found = (method: string) => named.flatMap((one) => one[method] ?? []).toSorted((a, b) => a - b)
    const looking = found('fixed horizon')
    expect(looking.length).toBeGreaterThanOrEqual(0.95 * found('fixed test at N').length)
    expect(looking[Math.floor(looking.length / 2)]! / 28).toBeLessThanOrEqual(0.9)
    expect(found('always valid').length).toBeGreaterThanOrEqual(found('GrowthBook').length)
    expect(found('GrowthBook').length).toBeGreaterThan(found('Bucketeer').length)
  })

  it('are covered by the always-valid interval at all looks, at 1.55 times the fixed width', () => {
    const table = coverage(100)
    for (const held of figures(table, 1)) expect(held).toBeGreaterThanOrEqual(atLeast(0.97, 100))
    for (const width of figures(table, 2)) expect(width).toBeCloseTo(1.549, 2)
  })

  it('are covered by the interval beside a winner', () => {
    const times = 200
    const table = besideWinners(times)
    for (const row of table.rows) {
      const [power, held] = [Number.parseFloat(row[2]!), Number.parseFloat(row[3]!)]
      if (power >= 5) expect(held, row.join(' ')).toBeGreaterThanOrEqual(atLeast(0.96, (times * power) / 100))
    }
  })

  it('name both of two better arms, and seldom a false one', () => {
    const times = 120
    const table = severalArms(times)
    for (const [i, falsely] of figures(table, 2).entries())
      expect(falsely, table.rows[i]!.join(' ')).toBeLessThanOrEqual(atMost(0.05, times))
    const both = table.rows.filter(([truth]) => truth === '5 / 6 / 6 %, 3000 a day')
    expect(both).toHaveLength(2)
    for (const row of both) expect(Number.parseFloat(row[4]!)).toBeGreaterThanOrEqual(atLeast(0.97, times))
  })

  it('are seldom red if they are healthy, and soon red if users are lost', () => {
    const settings = [
      [0.5, 10_000],
      [0.9, 10_000],
    ] as const
    for (const red of figures(healthySampleRatio(60, 60, settings), 2))
      expect(red).toBeLessThanOrEqual(atMost(0.01, 60))
    const [at51] = figures(lostUsers(60, ['51/49'], 100), 4)
    expect(at51).toBeLessThanOrEqual(1.7)
  })

  it('have few healthy flags stopped, looked at each minute for 14 days', () => {
    const times = 60
    const { rows } = falseKills(times, [1])
    for (const row of rows) {
      expect(Number.parseFloat(row[3]!), row.join(' ')).toBeLessThanOrEqual(atMost(0.05, times))
      // By the rule before, and by the last hour, most of them were.
      const byPoint = Math.max(Number.parseFloat(row[4]!), Number.parseFloat(row[5]!))
      expect(byPoint, row.join(' ')).toBeGreaterThan(50)
    }
  })

  it('have failing flags stopped about by the rule of thumb, as soon after 90 quiet days as after two', () => {
    const { rows } = timeToKill(40, [1], [5, 10])
    for (const row of rows) {
      const [afterTwo, afterNinety] = [row[2]!, row[3]!].map((cell) => Number.parseFloat(cell))
      expect(afterTwo).toBeLessThanOrEqual(1.25 * Number(row[7]))
      expect(Math.abs(afterTwo! - afterNinety!)).toBeLessThanOrEqual(0.4 * Number(row[7]))
      expect(row[5]).toMatch(/^(over|\d{4})/)
    }
  })

  it('have few false winners by heavy-tailed revenue, from 100 payers in the smaller arm', () => {
    const times = 60
    const table = revenue(times)
    for (const row of table.rows) {
      const [always, unplanned, fixed] = row.slice(1).map((cell) => Number.parseFloat(cell))
      expect(always, row[0]).toBeLessThanOrEqual(atMost(0.03, times))
      expect(unplanned, row[0]).toBeLessThanOrEqual(atMost(0.03, times))
      expect(fixed, row[0]).toBeLessThanOrEqual(atMost(0.05, times))
    }
  })

  it('have differences of revenue found, at a fixed horizon as often as by one test at the end', () => {
    const times = 30
    for (const row of revenueFound(times).rows) {
      const [always, fixed, welch, covers, repeated] = row.slice(1).map((cell) => Number.parseFloat(cell))
      expect(fixed, row[0]).toBeGreaterThanOrEqual(0.9 * welch! - 10)
      expect(fixed, row[0]).toBeGreaterThanOrEqual(always!)
      for (const held of [covers, repeated]) expect(held).toBeGreaterThanOrEqual(atLeast(0.95, times))
    }
  })

  it('gain by CUPED what theory says, and name no more falsely', () => {
    const times = 20
    for (const [name, gain, theory, ...named] of adjusted(times).rows) {
      expect(Math.abs(Number.parseFloat(gain!) - Number.parseFloat(theory!)), name).toBeLessThan(0.02)
      for (const cell of named) expect(Number.parseFloat(cell), name).toBeLessThanOrEqual(atMost(0.05, times))
    }
  })

  it('have few false winners by ratios, with users as units', () => {
    const times = 20
    for (const [name, always, fixed, covers] of ratios(times).rows) {
      for (const cell of [always, fixed])
        expect(Number.parseFloat(cell!), name).toBeLessThanOrEqual(atMost(0.05, times))
      expect(Number.parseFloat(covers!)).toBeGreaterThanOrEqual(atLeast(0.95, times))
    }
  })

  it('are the same on every machine', () => {
    const random = randomFrom(1)
    expect([random.uniform(), random.binomial(1_000_000, 0.2), random.poisson(1_000)]).toEqual([
      0.6270739407045767, 199_731, 1_000,
    ])
    expect([
      ...compared({ rates: [0.1, 0.1], shares: [0.5, 0.5], users: 100, looks: 2 }, alwaysValid(100), random),
    ]).toHaveLength(2)
  })

  it('say of few guardrails wrongly that they are kept or broken, and find those that are not', () => {
    const times = 150
    for (const world of guardedWorlds.slice(0, 2)) {
      const atMargin = guardrailSaid(world, 1, times)
      expect(100 * atMargin.kept).toBeLessThanOrEqual(atMost(0.05, times))
      expect(100 * atMargin.broken).toBeLessThanOrEqual(atMost(0.05, times))
    }
    const [even] = guardedWorlds
    expect(100 * guardrailSaid(even!, 0, times).kept).toBeGreaterThanOrEqual(atLeast(0.75, times))
    expect(100 * guardrailSaid(even!, 2, times).broken).toBeGreaterThanOrEqual(atLeast(0.75, times))
  })
})
