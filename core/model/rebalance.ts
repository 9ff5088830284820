// Where a rollout's variations lie among the buckets, and how a change of weights moves as few targeting keys as it can: everybody whose
// variation keeps its weight stays, and only what one variation loses goes to another.
import type { Flag, Strategy } from './flag.ts'
import { piecesMax, weightTotal } from './limits.ts'

/** Without a variation, it is a gap: whoever falls into it is untracked. */
export interface WeightRange {
  readonly variationId?: string | undefined
  readonly weight: number
}

type Rollout = Extract<Strategy, { kind: 'rollout' }>

/** The pieces in the order of buckets; what is left over at the end is untracked. */
export const rangesOf = ({ pieces, shares }: Rollout): readonly WeightRange[] => pieces ?? shares

/** Whether a piece lies behind untracked buckets: not everybody who evaluates can say that. */
export function hasGap(rollout: Rollout): boolean {
  return rangesOf(rollout).some(({ variationId }) => variationId === undefined)
}

/** All buckets, gap at the end included. */
function wholeOf(strategy: Strategy): readonly WeightRange[] {
  if (strategy.kind === 'fixed') return [{ variationId: strategy.variationId, weight: weightTotal }]
  const pieces = rangesOf(strategy)
  return [...pieces, { weight: weightTotal - sumOf(pieces) }].filter(({ weight }) => weight > 0)
}

const sumOf = (pieces: readonly WeightRange[]) => pieces.reduce((sum, { weight }) => sum + weight, 0)

/** The rollout with its pieces laid out so that the fewest move, seen from what was before. */
export function keepingVisitors(before: Strategy, after: Rollout): Rollout {
  const wanted = new Map(after.shares.map(({ variationId, weight }) => [variationId, weight]))
  const take = (variationId: string | undefined, most: number) => {
    const left = variationId === undefined ? 0 : (wanted.get(variationId) ?? 0)
    const taken = Math.min(left, most)
    if (variationId !== undefined) wanted.set(variationId, left - taken)
    return taken
  }
  // Who can stay stays, at the front of each piece. What is freed is given away before what was free already.
  const kept = wholeOf(before).flatMap(({ variationId, weight }) => {
    const stays = take(variationId, weight)
    const rest = { weight: weight - stays, wasFree: variationId === undefined }
    return [
      { variationId, weight: stays, wasFree: false },
      { variationId: undefined, ...rest },
    ]
  })
  let laid: readonly (WeightRange & { wasFree: boolean })[] = kept
  for (const free of [false, true]) {
    laid = laid.flatMap((piece) =>
      piece.variationId === undefined && piece.wasFree === free ? fill(piece, after, take) : [piece],
    )
  }
  const pieces = merged(laid)
  const { pieces: _, ...plain } = after
  const isPlain = pieces.length > piecesMax || JSON.stringify(pieces) === JSON.stringify(merged(plain.shares))
  return isPlain ? plain : { ...plain, pieces }
}

function fill<P extends WeightRange>(
  gap: P,
  { shares }: Rollout,
  take: (variationId: string, most: number) => number,
): P[] {
  let left = gap.weight
  const filled = shares.map(({ variationId }) => {
    const weight = take(variationId, left)
    left -= weight
    return { ...gap, variationId, weight }
  })
  return [...filled, { ...gap, weight: left }]
}

/** Neighbours of one variation as one piece, without a gap at the end. */
function merged(pieces: readonly WeightRange[]): WeightRange[] {
  const found: { variationId?: string; weight: number }[] = []
  for (const { variationId, weight } of pieces) {
    const last = found.at(-1)
    if (weight === 0) continue
    if (last && last.variationId === variationId) last.weight += weight
    else found.push(variationId === undefined ? { weight } : { variationId, weight })
  }
  if (found.at(-1)?.variationId === undefined) found.pop()
  return found
}

export interface Moves {
  readonly ruleId: string
  /** Of 100,000 targeting keys that the rule decides, how many get another variation than before. */
  readonly weight: number
  /** From where to where; null is untracked. */
  readonly flows: readonly {
    readonly from: string | null
    readonly to: string | null
    readonly weight: number
  }[]
}

/** Whom an edit of a flag will move, rule by rule, for rules that are there before and after. Audiences and order of rules are not looked at. */
export function movesOf(before: Flag, after: Flag): Moves[] {
  const strategies = strategiesOf(before)
  const isHashedAlike = before.allocation === after.allocation && before.seed === after.seed
  return [...strategiesOf(after)].flatMap(([ruleId, strategy]) => {
    const earlier = strategies.get(ruleId)
    if (!earlier) return []
    const flows = isHashedAlike ? flowsOf(wholeOf(earlier), wholeOf(strategy)) : mixed(earlier, strategy)
    const weight = flows.reduce((sum, flow) => sum + flow.weight, 0)
    return weight > 0 ? [{ ruleId, weight, flows }] : []
  })
}

export const strategiesOf = ({ rules, defaultStrategy }: Flag): Map<string, Strategy> =>
  new Map([...rules, defaultStrategy].map(({ id, strategy }) => [id, strategy]))

function flowsOf(before: readonly WeightRange[], after: readonly WeightRange[]): Moves['flows'] {
  const flows = new Map<string, Moves['flows'][number]>()
  let [i, j, at] = [0, 0, 0]
  let [endBefore, endAfter] = [before[0]?.weight ?? 0, after[0]?.weight ?? 0]
  while (at < weightTotal) {
    const to = Math.min(endBefore, endAfter)
    add(flows, before[i]?.variationId, after[j]?.variationId, to - at)
    at = to
    if (endBefore === at) endBefore += before[++i]?.weight ?? weightTotal
    if (endAfter === at) endAfter += after[++j]?.weight ?? weightTotal
  }
  return [...flows.values()]
}

/** Hashed anew, where somebody was says nothing of where they will be. */
function mixed(before: Strategy, after: Strategy): Moves['flows'] {
  const flows = new Map<string, Moves['flows'][number]>()
  for (const from of wholeOf(before))
    for (const to of wholeOf(after))
      add(flows, from.variationId, to.variationId, Math.round((from.weight * to.weight) / weightTotal))
  return [...flows.values()]
}

function add(
  flows: Map<string, Moves['flows'][number]>,
  was: string | undefined,
  is: string | undefined,
  weight: number,
): void {
  if (was === is || weight === 0) return
  const [from, to] = [was ?? null, is ?? null]
  const name = JSON.stringify([from, to])
  flows.set(name, { from, to, weight: (flows.get(name)?.weight ?? 0) + weight })
}
