// How many users an edit of a flag moves to another variation. Exact for the shares of a rule's users; who
// comes to a rule at all depends on its conditions and is not known here.
import { expectedWeights, insideAudience } from './experiment.ts'
import { bucketByOf } from './bucket-by.ts'
import type { Flag, Strategy } from './flag.ts'
import { weightTotal } from './limits.ts'
import { type WeightRange, allRangesOf } from './rebalance.ts'

/** Users that change their variation. Null means no variation. */
interface Flow {
  readonly from: string | null
  readonly to: string | null
  /** Of 100,000 targeting keys. */
  readonly weight: number
}

export interface Moves {
  readonly ruleId: string
  /** The share of targeting keys that get another variation than before, in [0, 1]. */
  readonly share: number
  /** The same, of 100,000 targeting keys. */
  readonly weight: number
  readonly flows: readonly Flow[]
}

/** The users of each rule that an edit moves, and those of the default strategy. */
export function movesOf(before: Flag, after: Flag): Moves[] {
  return pairsOf(before, after).flatMap(([earlier, later]) => {
    const flows = isHashedAlike(before, after, earlier, later)
      ? keptFlows(earlier.strategy, later.strategy)
      : flowsByChance(earlier.strategy, later.strategy)
    const weight = flows.reduce((sum, flow) => sum + flow.weight, 0)
    return weight > 0 ? [{ ruleId: later.id, share: weight / weightTotal, weight, flows }] : []
  })
}

interface Identified {
  readonly id: string
  readonly bucketBy?: string | undefined
  readonly strategy: Strategy
}

/** The rules before and after: of the same id or else, if both are unmatched, at the same place. */
function pairsOf(before: Flag, after: Flag): (readonly [Identified, Identified])[] {
  const earlier = new Map(before.rules.map((rule) => [rule.id, rule]))
  const kept = new Set(after.rules.map(({ id }) => id))
  const rules = after.rules.flatMap((rule, place): (readonly [Identified, Identified])[] => {
    const same = earlier.get(rule.id)
    if (same) return [[same, rule]]
    const replaced = before.rules[place]
    return replaced && !kept.has(replaced.id) ? [[replaced, rule]] : []
  })
  return [...rules, [before.defaultStrategy, after.defaultStrategy]]
}

/** Percent allocation is salted with the id of the rule, fine allocation with the flag's seed. */
export function isHashedAlike(before: Flag, after: Flag, earlier: Identified, later: Identified): boolean {
  if (before.allocation !== after.allocation) return false
  if (bucketByOf(before, earlier) !== bucketByOf(after, later)) return false
  return after.allocation === 'fine' ? before.seed === after.seed : earlier.id === later.id
}

/** The hash is the same: compares bucket by bucket. The audience has a hash of its own. */
function keptFlows(before: Strategy, after: Strategy): readonly Flow[] {
  const flows = new Flows()
  const [was, is] = [insideAudience(before), insideAudience(after)]
  addOverlaps(flows, allRangesOf(before), allRangesOf(after), Math.min(was, is))
  if (was > is) addOverlaps(flows, allRangesOf(before), outsideOf(after), was - is)
  if (is > was) addOverlaps(flows, outsideOf(before), allRangesOf(after), is - was)
  addOverlaps(flows, outsideOf(before), outsideOf(after), 1 - Math.max(was, is))
  return flows.all()
}

/** What users outside the audience get, as a range of all buckets. */
const outsideOf = (strategy: Strategy): readonly WeightRange[] => {
  const variationId = strategy.kind === 'rollout' ? strategy.audience?.defaultVariationId : undefined
  return [{ variationId, weight: weightTotal }]
}

function addOverlaps(
  flows: Flows,
  before: readonly WeightRange[],
  after: readonly WeightRange[],
  share: number,
): void {
  let [i, j, at] = [0, 0, 0]
  let [endBefore, endAfter] = [before[0]?.weight ?? 0, after[0]?.weight ?? 0]
  while (at < weightTotal) {
    const to = Math.min(endBefore, endAfter)
    flows.add(before[i]?.variationId, after[j]?.variationId, (to - at) * share)
    at = to
    if (endBefore === at) endBefore += before[++i]?.weight ?? weightTotal
    if (endAfter === at) endAfter += after[++j]?.weight ?? weightTotal
  }
}

/** The hash is another: the new bucket is independent of the old one. */
function flowsByChance(before: Strategy, after: Strategy): readonly Flow[] {
  const flows = new Flows()
  for (const [from, weight] of allWeights(before))
    for (const [to, other] of allWeights(after)) flows.add(from, to, weight * other * weightTotal)
  return flows.all()
}

/** The share of each variation, and of none, in [0, 1]. */
function allWeights(strategy: Strategy): [string | undefined, number][] {
  if (strategy.kind === 'fixed') return [[strategy.variationId, 1]]
  const weights = [...expectedWeights(strategy)].map(
    ([id, weight]) => [id, weight / weightTotal] as [string | undefined, number],
  )
  const tracked = weights.reduce((sum, [, weight]) => sum + weight, 0)
  return [...weights, [undefined, Math.max(0, 1 - tracked)]]
}

class Flows {
  readonly #weights = new Map<string, Flow>()

  add(from: string | undefined, to: string | undefined, weight: number): void {
    if (from === to || weight <= 0) return
    const name = JSON.stringify([from ?? null, to ?? null])
    const earlier = this.#weights.get(name)?.weight ?? 0
    this.#weights.set(name, { from: from ?? null, to: to ?? null, weight: earlier + weight })
  }

  /** Rounded to whole targeting keys; what is less than one is left out. */
  all(): readonly Flow[] {
    return [...this.#weights.values()]
      .map((flow) => ({ ...flow, weight: Math.round(flow.weight) }))
      .filter(({ weight }) => weight > 0)
  }
}
