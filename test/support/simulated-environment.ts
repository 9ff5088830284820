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
import { isOpen } from '../../core/model/schedule.ts'

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

  run(command: object, experiment?: ExperimentChoice): Result<Change> {
    const parsed = Command.parse(command)
    const context = { now: this.now, newId: () => `id-${++this.#ids}`, experiment }
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
  alarmAt(): number | undefined {
    const times = [...this.state.schedule.values()].filter(isOpen).map(({ at }) => at)
    return times.length > 0 ? Math.min(...times) : undefined
  }

  /** What the alarm does (workers/control/environment/due-schedules.ts). */
  ring(): void {
    const due = [...this.state.schedule.values()]
      .filter((schedule) => isOpen(schedule) && schedule.at <= this.now)
      .toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    for (const { id } of due) this.run({ kind: 'apply-schedule', id })
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
