// The interface of all contenders: prepare a workload, take users, decide by the user's index.
import type { User } from './users.ts'
import type { Workload, WorkloadName } from './workloads.ts'

export interface Contender {
  /** Deviations from the workload, by workload. */
  readonly deviations: Partial<Record<WorkloadName, string>>
  /**
   * How a user gets a side of a split: `rule id + user id` through murmur3 x86-32, where the exact answer is
   * known, or the contender's own hash.
   */
  readonly splitsBy: 'percent' | 'own hash'
  /** Work done once per revision of the flags. Not timed. */
  readonly prepare: (workload: Workload) => Promise<PreparedWorkload>
}

export interface PreparedWorkload {
  /** Converts users to the contender's form of a context. Not timed. */
  readonly takeUsers: (people: readonly User[]) => Decide | Promise<Decide>
  /** The variation of each flag, in the workload's order, for the checks. Not timed. */
  readonly variationsOf: (answer: unknown) => readonly (string | undefined)[]
  readonly close?: () => Promise<void> | void
}

/**
 * The timed call: the decision for the user at this index, as the contender's callers get it. One flag or all
 * flags.
 */
export type Decide = (index: number) => unknown

export const ourNames = ['floor', 'floor-prepared', 'tackline-percent', 'tackline-fine'] as const
export const peerNames = ['growthbook', 'unleash', 'flagd', 'launchdarkly', 'flagship'] as const
export const contenderNames = [...ourNames, ...peerNames]

export async function load(name: string): Promise<Contender> {
  const { contender } = (await import(`./contenders/${name}.ts`)) as { contender: Contender }
  return contender
}
