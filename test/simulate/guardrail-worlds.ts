// The worlds of guardrails: how often one is said to be kept that is not, and broken that is not.
import type { Direction } from '../../batch/statistics/fit.ts'
import { guardArms } from '../../batch/statistics/guardrail.ts'
import { grow, usersFor, type World } from './arrivals.ts'
import type { Random } from './random.ts'
import { percent, repeat, share, type Table } from './table.ts'

const looks = 28
const dayMs = 86_400_000

interface Guarded {
  readonly rate: number
  readonly split: readonly [name: string, shares: readonly [number, number]]
  readonly conversions: number
  /** Relative. */
  readonly margin: number
  readonly direction: Direction
}

/** Whether the guardrail was said to be kept, and to be broken, at any look. */
function everSaid(
  { rate, split, conversions, margin, direction }: Guarded,
  lift: number,
  isPlanned: boolean,
) {
  const users = usersFor(rate, conversions)
  const world: World = { rates: [rate, rate * (1 + lift)], shares: split[1], users, looks }
  return (random: Random) => {
    const said = { kept: false, broken: false }
    let look = 0
    for (const counts of grow(world, random)) {
      look++
      const [report] = guardArms({
        goalKey: 'guard',
        margin: { relative: margin },
        guardrails: 1,
        counts,
        baselineVariationId: 'a',
        direction,
        usersPlanned: isPlanned ? users : null,
        window: { from: 0, to: look * dayMs },
      })
      if (report!.outcome === 'kept') said.kept = true
      if (report!.outcome === 'broken') said.broken = true
    }
    return said
  }
}

const even = ['50/50', [0.5, 0.5]] as const
const uneven = ['90/10', [0.9, 0.1]] as const

export const guardedWorlds: readonly Guarded[] = [
  { rate: 0.01, split: even, conversions: 280, margin: 0.3, direction: 'increase' },
  { rate: 0.01, split: uneven, conversions: 280, margin: 0.3, direction: 'decrease' },
  { rate: 0.05, split: even, conversions: 10_000, margin: 0.05, direction: 'increase' },
  { rate: 0.05, split: uneven, conversions: 10_000, margin: 0.1, direction: 'decrease' },
]

/** The truths, in margins to the bad side. */
export const truths = { 'no difference': 0, 'as bad as tolerated': 1, 'twice as bad': 2 }

export function guardrailSaid(world: Guarded, margins: number, times: number, isPlanned = true) {
  const bad = world.direction === 'increase' ? -1 : 1
  const said = repeat(times, 61, everSaid(world, bad * margins * world.margin, isPlanned))
  return { kept: share(said.map(({ kept }) => kept)), broken: share(said.map(({ broken }) => broken)) }
}

export function guardrails(times: number): Table {
  const rows = guardedWorlds.flatMap((world) =>
    Object.entries(truths).map(([truth, margins]) => {
      const { rate, split, conversions, margin, direction } = world
      const [planned, free] = [true, false].map((isPlanned) =>
        guardrailSaid(world, margins, times, isPlanned),
      )
      const worse = direction === 'increase' ? 'less' : 'more'
      return [
        `${rate * 100} %, ${split[0]}, ${conversions} conversions, up to ${margin * 100} % ${worse}: ${truth}`,
        ...[planned!, free!].flatMap(({ kept, broken }) => [percent(kept, times), percent(broken, times)]),
      ]
    }),
  )
  const columns = ['world', 'kept', 'broken', 'kept, without a plan', 'broken, without a plan']
  return { title: `Guardrails: what is ever said in ${looks} looks, %`, columns, rows }
}
