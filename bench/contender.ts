// What every contender offers: it takes a workload in, then people, and answers by the person's place.
import type { User } from './users.ts'
import type { Workload, WorkloadName } from './workloads.ts'

export interface Contender {
  /** Where it says something else than the workload, or less: by workload, what. */
  readonly deviations: Partial<Record<WorkloadName, string>>
  /**
   * How a split becomes a share: `rule id + user id` through murmur3 x86-32, where the exact answer is known;
   * or by its own hash.
   */
  readonly splitsBy: 'percent' | 'own hash'
  /** Whatever happens once per revision of the flags. Not timed. */
  readonly prepare: (workload: Workload) => Promise<Prepared>
}

export interface Prepared {
  /** Puts people into the contender's own form of a context. Not timed. */
  readonly meet: (people: readonly User[]) => Decide | Promise<Decide>
  /** The variation of each flag in the workload's order, for the checks. Not timed. */
  readonly variationsOf: (answer: unknown) => readonly (string | undefined)[]
  readonly close?: () => Promise<void> | void
}

/** What is timed: the person's answer, as the contender's callers get it; one flag's or all flags'. */
export type Decide = (place: number) => unknown

export const ourNames = ['floor', 'floor-prepared', 'tackline-percent', 'tackline-fine'] as const
export const peerNames = ['growthbook', 'unleash', 'flagd', 'launchdarkly', 'flagship'] as const
export const contenderNames = [...ourNames, ...peerNames]

export async function load(name: string): Promise<Contender> {
  const { contender } = (await import(`./contenders/${name}.ts`)) as { contender: Contender }
  return contender
}
