// How a dynamic allocation moves its shares: a pure function of what was counted. The runner asks before it
// sends the counts, and the environment object decides by them.
import { chancesOfBest, stratifiedRates } from '../statistics/best-chance.ts'
import {
  type AllocationFacts,
  type AllocationPhase,
  type DynamicAllocation,
  movesNextAt,
} from './dynamic-allocation.ts'
import { allocationPhasesMax, weightPerPercent } from './limits.ts'

type Weights = AllocationPhase['weights']

/** Why the shares do not move on these facts, as a phrase; undefined if they may. */
export function whyNotMoved(
  allocation: DynamicAllocation,
  facts: AllocationFacts,
  now: number,
): string | undefined {
  const { arms, phases, minimumUsers } = allocation
  if (phases.length >= allocationPhasesMax)
    return `it has made ${allocationPhasesMax} phases: stop it, and create another`
  if (now < movesNextAt(allocation)) return 'the time of the next move has not come'
  const isSame =
    facts.phases.length === phases.length &&
    facts.phases.every(
      (phase, i) =>
        phase.startAt === phases[i]!.startAt && arms.every((arm) => Object.hasOwn(phase.arms, arm)),
    )
  if (!isSame) return 'the facts are not of its phases and variations'
  const contradiction = facts.phases.some((phase) =>
    Object.values(phase.arms).some(({ users, goals }) => goals > users),
  )
  if (contradiction) return 'the facts have more goals than users'
  for (const arm of arms) {
    const users = facts.phases.reduce((sum, phase) => sum + phase.arms[arm]!.users, 0)
    if (users < minimumUsers) return `${users} users of ${arm} were judged, ${minimumUsers} are needed`
  }
  return undefined
}

/** The chance of each arm to be the best, in the order of arms. */
export function chancesOf(
  { arms, lowerIsBetter }: Pick<DynamicAllocation, 'arms' | 'lowerIsBetter'>,
  facts: AllocationFacts,
): number[] {
  const phases = facts.phases.map((phase) => arms.map((arm) => phase.arms[arm]!))
  return chancesOfBest(stratifiedRates(phases), lowerIsBetter ? 'lowest' : 'highest')
}

/** So that 9.999999999999998 percent are ten. */
const rounding = 1e-9

/** The shares after a move on these facts; equal to those of the last phase if nothing moves. */
export function movedWeights(allocation: DynamicAllocation, facts: AllocationFacts): Weights {
  const { arms, phases, floor, maximumStep } = allocation
  const { weights } = phases.at(-1)!
  const current = arms.map((arm) => weights[arm] ?? 0)
  const next = towards(current, chancesOf(allocation, facts), { floor, maximumStep })
  return Object.fromEntries(arms.map((arm, i) => [arm, next[i]!]))
}

/**
 * Weights as near to the chances as the limits allow. They add up to what `current` does. No weight changes
 * by more than the step, none gets below the floor if it was not, and each changes by whole percents.
 */
export function towards(
  current: readonly number[],
  chances: readonly number[],
  { floor, maximumStep }: Pick<DynamicAllocation, 'floor' | 'maximumStep'>,
): number[] {
  const total = current.reduce((sum, weight) => sum + weight, 0)
  const free = Math.max(0, total - floor * current.length)
  const least = Math.min(floor, total / current.length)
  const wanted = chances.map((chance, i) => least + free * chance - current[i]!)
  const largest = Math.max(...wanted.map(Math.abs))
  const shrink = Math.min(1, maximumStep / Math.max(largest, 1))
  const whole = wanted.map((delta) =>
    Math.trunc((delta * shrink) / weightPerPercent + Math.sign(delta) * rounding),
  )
  // What was cut off left more gained than lost, or less: the larger side gives back, a percent at a time.
  for (let left = whole.reduce((sum, delta) => sum + delta, 0); left !== 0; left -= Math.sign(left)) {
    const sign = Math.sign(left)
    const from = whole.reduce((most, delta, i) => (delta * sign > whole[most]! * sign ? i : most), 0)
    whole[from]! -= sign
  }
  return current.map((weight, i) => weight + whole[i]! * weightPerPercent)
}
