// An environment in memory with a clock of its own: what it does by its alarm happens as in control, without
// storage.
import { change } from '../../core/change/change.ts'
import { Command } from '../../core/change/command.ts'
import type { Change } from '../../core/change/entity.ts'
import {
  type EnvironmentState,
  type Write,
  emptyState,
  withWrites,
} from '../../core/model/environment-state.ts'
import type { ExperimentChoice } from '../../core/model/experiment.ts'
import type { Flag } from '../../core/model/flag.ts'
import type { Result } from '../../core/model/problem.ts'
import { nextChangeAt } from '../../core/model/next-change.ts'
import { isOpen } from '../../core/model/schedule.ts'

const order = (a: string, b: string) => (a < b ? -1 : Number(a > b))

/** What a rollback knows, as in control: of all that has changed since, what it was. */
export const pastOf = (state: EnvironmentState, earlier: EnvironmentState): Write[] =>
  (['flag', 'layer', 'holdout'] as const).flatMap((kind) =>
    [...new Set([...earlier[kind].keys(), ...state[kind].keys()])].flatMap((id) => {
      const value = earlier[kind].get(id)
      return state[kind].get(id) === value ? [] : [{ kind, id, value: value ?? null } as Write]
    }),
  )

interface Made {
  readonly at: number
  readonly command: { readonly kind: string; readonly id?: string }
  readonly writes: readonly Write[]
}

export class SimulatedEnvironment {
  state: EnvironmentState
  /** Every change that had an effect, in order. */
  readonly log: Made[] = []
  now: number
  #ids = 0

  constructor(now: number, flags: readonly Flag[] = []) {
    this.now = now
    this.state = withWrites(
      emptyState(),
      flags.map((value) => ({ kind: 'flag', id: value.key, value })),
    )
  }

  /** `past`: the earlier values that a rollback knows. */
  run(command: object, experiment?: ExperimentChoice, past?: readonly Write[]): Result<Change> {
    const parsed = Command.parse(command)
    const context = { now: this.now, newId: () => `id-${++this.#ids}`, experiment, past }
    const changed = change(this.state, parsed, context)
    if (changed.ok && changed.value.writes.length > 0) {
      const { writes } = changed.value
      this.state = withWrites(this.state, writes)
      this.log.push({ at: this.now, command: parsed, writes })
    }
    return changed
  }

  /** Throws if the command is refused. */
  make(command: object): Change {
    const changed = this.run(command)
    if (changed.ok) return changed.value
    throw new Error(`${JSON.stringify(command)}: ${JSON.stringify(changed.problem)}`)
  }

  /** When the alarm rings next. */
  alarmAt = (): number | undefined => nextChangeAt(this.state)

  /** What the alarm does (workers/control/environment/due-changes.ts). */
  ring(): void {
    const { now, state } = this
    const schedules = [...state.schedule.values()].filter(isOpen)
    const rollouts = [...state.progressiveRollout.values()].filter(({ status }) =>
      ['waiting', 'running'].includes(status),
    )
    const due = [
      ...rollouts.map(({ id, at }) => ({ kind: 'advance-progressive-rollout', id, at })),
      ...[...state.holdout.values()].map(({ id, at }) => ({ kind: 'advance-holdout', id, at })),
      ...schedules.map(({ id, at }) => ({ kind: 'apply-schedule', id, at })),
    ].flatMap(({ at, ...command }) => (at !== undefined && at <= now ? [{ at, command }] : []))
    const inOrder = due.toSorted(
      (a, b) => a.at - b.at || order(a.command.kind, b.command.kind) || order(a.command.id, b.command.id),
    )
    for (const { command } of inOrder) this.run(command)
  }

  /** Lets the time pass. `upFrom`: the first time from the given one on at which control is there. */
  advanceTo(until: number, upFrom: (at: number) => number = (at) => at): void {
    for (;;) {
      const alarm = this.alarmAt()
      const at = alarm === undefined ? Infinity : upFrom(Math.max(alarm, this.now))
      if (at > until) break
      this.now = at
      this.ring()
    }
    this.now = until
  }
}
