// The worlds of conversions: false winners, power, the interval's coverage, and several arms.
import { proportionEffect } from '../../batch/statistics/effect.ts'
import { fixedInterval, sequenceOf } from '../../batch/statistics/inference.ts'
import { grow, rateForPower, usersFor, type World } from './arrivals.ts'
import { alwaysValid, compared, firstNamed, fixedHorizon, methodsFor } from './decisions.ts'
import { median, percent, repeat, share, type Table } from './table.ts'

const splits = [
  ['50/50', [0.5, 0.5]],
  ['90/10', [0.9, 0.1]],
] as const
const rates = [0.001, 0.01, 0.05, 0.5]
const methods = Object.keys(methodsFor({ rates: [], shares: [], users: 1, looks: 1 }))

/** How often a winner is named although nothing differs: 280 conversions in all, as looked at each day. */
export function falseWinners(times: number, looks: number): Table {
  const rows = rates.flatMap((rate) =>
    splits.map(([name, shares]) => {
      const world: World = { rates: [rate, rate], shares, users: usersFor(rate, 280), looks }
      const named = repeat(times, 17, (random) => firstNamed(world, random))
      const cells = methods.map((method) =>
        percent(share(named.map((one) => one[method] !== undefined)), times),
      )
      return [`${rate * 100} %, ${name}`, ...cells]
    }),
  )
  return { title: `False winners in %, ${looks} looks`, columns: ['rate, split', ...methods], rows }
}

/** How often a true lift is named, where the fixed test at the planned end has this power. */
export function power(times: number, looks: number): Table {
  const rows = [0.3, 0.8].flatMap((fixed) =>
    [0.01, 0.05].flatMap((rate) =>
      splits.map(([name, shares]) => {
        const users = usersFor(rate, 280)
        const world: World = { rates: [rate, rateForPower(rate, shares, users, fixed)], shares, users, looks }
        const named = repeat(times, 29, (random) => firstNamed(world, random))
        const cells = methods.map((method) => {
          const found = named.flatMap((one) => one[method] ?? [])
          const when = found.length > 0 ? `, ${(median(found)! / looks).toFixed(2)} N` : ''
          return `${percent(found.length / times, times)}${when}`
        })
        return [`${fixed * 100} %: ${rate * 100} %, ${name}`, ...cells]
      }),
    ),
  )
  return { title: `Power in %, and when, ${looks} looks`, columns: ['power: rate, split', ...methods], rows }
}

/** Whether the product's interval holds the truth at all looks, and how wide it is at N. */
export function coverage(times: number): Table {
  const cells = rates.flatMap((rate) => splits.map((split) => [rate, split] as const))
  const rows = cells.map(([rate, [name, shares]]) => {
    const users = usersFor(rate, 400)
    const lifted = rate * 1.1
    const world: World = { rates: [rate, lifted], shares, users, looks: 28 }
    const truth = Math.log(lifted / (1 - lifted)) - Math.log(rate / (1 - rate))
    const widths: number[] = []
    const held = repeat(times, 43, (random) => {
      let isHeld = true
      let last: readonly { users: number; conversions: number }[] = []
      for (const counts of grow(world, random)) {
        last = counts
        const [a, b] = counts as [(typeof counts)[0], (typeof counts)[0]]
        const fewest = ((a.conversions + b.conversions) * Math.min(a.users, b.users)) / (a.users + b.users)
        const effect = proportionEffect(a, b)
        if (effect.kind === 'none' || fewest < 10) continue
        const { low, high } = sequenceOf(effect, { usersPlanned: users })
        if (low > truth || high < truth) isHeld = false
      }
      const effect = proportionEffect(last[0]!, last[1]!)
      if (effect.kind === 'effect') {
        const [wide, narrow] = [sequenceOf(effect, { usersPlanned: users }), fixedInterval(effect)]
        widths.push((wide.high - wide.low) / (narrow.high - narrow.low))
      }
      return isHeld
    })
    return [`${rate * 100} %, ${name}`, percent(share(held), times), median(widths)!.toFixed(3)]
  })
  const columns = ['rate, split', 'covers at all looks, %', 'width at N, of the fixed one']
  return { title: 'The always-valid interval', columns, rows }
}

/** Among winners: whether the interval beside them holds the true lift. */
export function besideWinners(times: number): Table {
  const settings = [
    [0.05, 1.05, 1_000],
    [0.01, 1.2, 1_000],
    [0.05, 1.1, 1_000],
    [0.01, 1.1, 10_000],
  ] as const
  const rows = settings.flatMap(([rate, lift, perDay]) =>
    (['always valid', 'fixed horizon'] as const).map((kind) => {
      const world: World = { rates: [rate, rate * lift], shares: [0.5, 0.5], users: perDay * 28, looks: 28 }
      const decision = kind === 'always valid' ? alwaysValid(world.users) : fixedHorizon
      const winners = repeat(times, 61, (random) => {
        for (const { comparisons } of compared(world, decision, random)) {
          const [one] = comparisons
          if (one?.outcome !== 'better' && one?.outcome !== 'worse') continue
          const { low, high, estimate } = one.relative!
          return { holds: low <= lift - 1 && (high === null || high >= lift - 1), estimate }
        }
        return undefined
      }).filter((winner) => winner !== undefined)
      const holds = share(winners.map(({ holds: isHeld }) => isHeld))
      const shown = winners.reduce((sum, { estimate }) => sum + estimate, 0) / winners.length
      return [
        `${rate * 100} %, +${((lift - 1) * 100).toFixed(0)} %, ${perDay} a day`,
        kind,
        percent(winners.length / times, times),
        winners.length > 0 ? percent(holds, winners.length) : 'none',
        winners.length > 0 ? `+${(shown * 100).toFixed(0)} %` : '',
      ]
    }),
  )
  const columns = ['rate, lift, users', 'decision', 'power, %', 'holds the truth, %', 'mean lift shown']
  return { title: 'The interval beside a winner', columns, rows }
}

/** Three arms, 28 daily looks. */
export function severalArms(times: number): Table {
  const settings = [
    [[0.05, 0.05, 0.05], 1_000],
    [[0.05, 0.06, 0.06], 1_000],
    [[0.05, 0.06, 0.06], 3_000],
    [[0.05, 0.05, 0.06], 3_000],
  ] as const
  const rows = settings.flatMap(([truth, perDay]) =>
    (['always valid', 'fixed horizon'] as const).map((kind) => {
      const users = perDay * 28
      const world: World = { rates: truth, shares: [1 / 3, 1 / 3, 1 / 3], users, looks: 28 }
      const decision = kind === 'always valid' ? alwaysValid(users) : fixedHorizon
      const isGood = new Map([
        ['b', truth[1] > truth[0]],
        ['c', truth[2] > truth[0]],
      ])
      const ends = repeat(times, 71, (random) => {
        const named = new Set<string>()
        for (const { comparisons } of compared(world, decision, random))
          for (const { variationId, outcome } of comparisons)
            if (outcome === 'better' || outcome === 'worse') named.add(variationId)
        const good = [...isGood].filter(([, good]) => good).map(([id]) => id)
        return {
          isFalse: [...named].some((id) => !isGood.get(id)),
          any: good.some((id) => named.has(id)),
          all: good.length > 0 && good.every((id) => named.has(id)),
        }
      })
      return [
        `${truth.map((rate) => rate * 100).join(' / ')} %, ${perDay} a day`,
        kind,
        percent(share(ends.map(({ isFalse }) => isFalse)), times),
        percent(share(ends.map(({ any }) => any)), times),
        percent(share(ends.map(({ all }) => all)), times),
      ]
    }),
  )
  const columns = [
    'truth, users',
    'decision',
    'false winner, %',
    'a better arm named, %',
    'all better arms, %',
  ]
  return { title: 'Several arms', columns, rows }
}
