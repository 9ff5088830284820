// The log of `serve`: a line of JSON each. Lines of jobs that only say that nothing happened are left out.
import { toText } from '../print.ts'
import type { RunEvent } from '../run-event.ts'
import type { JobName } from './schedule.ts'

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly job?: JobName
  /** Of the runner's event, such as `applied`; or `started`, `ended`, `stopping`. */
  readonly event: string
  readonly message: string
}

const quiet = new Set<RunEvent['kind']>([
  'idle',
  'watched',
  'engine',
  'archived',
  'not-started',
  'settled',
  'no-events',
  'progress',
  'nothing-to-replay',
  'nothing-to-compact',
  'nothing-to-retain',
  'no-retention',
  'job',
  'never-run',
  'leased',
  'not-moved',
])
const errors = new Set<RunEvent['kind']>(['failed', 'damaged', 'unpublished'])

/** Undefined if it says nothing new. What is no event of a run is printed as it came. */
export function logLineOf(job: JobName, line: string, isError: boolean): LogLine | undefined {
  const event = eventOf(line)
  if (!event) return { level: isError ? 'error' : 'warn', job, event: 'output', message: line }
  if (quiet.has(event.kind)) return undefined
  const text = toText(event)
  const [firstLine = ''] = text.split('\n')
  const message = event.kind === 'failed' ? text : firstLine // of a bug, with its stack
  return { level: errors.has(event.kind) ? 'error' : 'info', job, event: event.kind, message }
}

export function eventOf(line: string): RunEvent | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && 'kind' in value ? (value as RunEvent) : undefined
  } catch {
    return undefined
  }
}

export const toLine = ({ level, ...line }: LogLine, now: number): string =>
  JSON.stringify({ time: new Date(now).toISOString(), level, ...line })
