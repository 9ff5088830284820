// What happens by itself does not turn a flag on again that an operation turned off, while the operation does
// not watch it: it would be harmful and unguarded.
import type { EnvironmentState } from '../model/environment-state.ts'
import { ok, refuse, type Result } from '../model/problem.ts'
import type { Command } from './command.ts'
import type { Change } from './entity.ts'

const automatic: ReadonlySet<Command['kind']> = new Set([
  'apply-schedule',
  'fire-trigger',
  'advance-progressive-rollout',
])

export function guardFired(state: EnvironmentState, command: Command, changed: Change): Result<Change> {
  if (!automatic.has(command.kind)) return ok(changed)
  const turnedOn = changed.writes.flatMap((write) =>
    write.kind === 'flag' && write.value?.enabled && state.flag.get(write.id)?.enabled === false
      ? [write.id]
      : [],
  )
  if (turnedOn.length === 0) return ok(changed)
  for (const { id, flagKey, status, action } of state.operation.values()) {
    const turnsOff = action === undefined || action.kind === 'disable' || action.kind === 'serve'
    if (status === 'fired' && turnsOff && turnedOn.includes(flagKey))
      return refuse(
        'CONFLICT',
        `operation ${id} fired and turned ${flagKey} off: arm it again, or turn the flag on by hand`,
        { dependents: [{ kind: 'operation', id }] },
      )
  }
  return ok(changed)
}
