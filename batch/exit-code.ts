// The exit code of a run, computed from its events alone. README.md has the table.
import { exitCodes } from './failure.ts'
import type { RunEvent } from './run-event.ts'

/**
 * Nothing failed and nothing was concluded: experiments run, but no user was exposed to any of them so far.
 */
export const noEventsExitCode = 9

export function exitCodeOf(events: readonly RunEvent[]): number {
  const failed = events.filter((event) => event.kind === 'failed')
  const fatal = failed.find(({ subject }) => subject === '')
  if (fatal) return exitCodes[fatal.failure.kind]
  if (failed.some(({ failure }) => failure.kind === 'bug')) return exitCodes.bug
  const [first] = failed
  if (!first) return isWaiting(events) ? noEventsExitCode : 0
  // If everything failed for one reason, that reason is the run's; otherwise "some jobs failed".
  const isCommon = failed.every(({ failure }) => failure.kind === first.failure.kind)
  return exitCodes[isCommon && !events.some(isCompletedWork) ? first.failure.kind : 'job']
}

const isWaiting = (events: readonly RunEvent[]): boolean =>
  events.some(({ kind }) => kind === 'no-events') && !events.some(({ kind }) => kind === 'concluded')

/** True if an experiment, an operation or a day was dealt with to its end. */
function isCompletedWork({ kind }: RunEvent): boolean {
  switch (kind) {
    case 'no-events':
    case 'advanced':
    case 'concluded':
    case 'replayed':
    case 'reproduced':
    case 'bundled':
    case 'watched':
    case 'armed':
    case 'applied':
    case 'confirmed':
    case 'moved':
    case 'compacted':
    case 'would-compact':
    case 'would-sweep':
    case 'swept':
    case 'retained':
    case 'forgotten':
    case 'would-export':
    case 'exported':
      return true
    case 'engine':
    case 'archived':
    case 'unpublished':
    case 'idle':
    case 'not-started':
    case 'settled':
    case 'leased':
    case 'not-moved':
    case 'skipped':
    case 'damaged':
    case 'recounted':
    case 'job':
    case 'never-run':
    case 'nothing-to-replay':
    case 'nothing-to-compact':
    case 'nothing-to-retain':
    case 'no-retention':
    case 'still-counted':
    case 'progress':
    case 'left-raw':
    case 'overtaken':
    case 'failed':
      return false
    default:
      return kind satisfies never
  }
}
