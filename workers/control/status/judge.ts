// What the status page says, from what was found in the environments. Pure. Names no environment, no person
// and nothing that was configured.
import type { JobName } from '../../../core/model/job-run.ts'

/** `degraded`: users are served, and something needs an operator. `unknown`: nobody could be asked. */
export type State = 'ok' | 'degraded' | 'down' | 'unknown'

export interface Part {
  readonly state: State
  /** Epoch milliseconds: since when it is not ok. Null: it is, or nobody knows. */
  readonly since: number | null
  /** A sentence. */
  readonly says: string
}

export interface Status {
  readonly state: State
  /** Epoch milliseconds. */
  readonly at: number
  readonly parts: Readonly<Record<'decisions' | 'configuration' | 'intake' | 'runner', Part>>
  /** Epoch milliseconds; null: never, or older than what is kept. */
  readonly lastPublishedAt: number | null
  readonly jobs: readonly {
    readonly job: JobName
    readonly doneAt: number | null
    readonly isLate: boolean
  }[]
}

/** Undefined: it did not answer. */
export interface EnvironmentFacts {
  readonly unpublishedSince: number | null | undefined
  /** Whether KV holds the snapshot that the environment's object says is published; undefined: none. */
  readonly isReadable: boolean | undefined
  readonly publishedAt: number | null | undefined
  readonly intake: { readonly accepted: number; readonly stored: number; readonly dead: number } | undefined
  /** Of the hour of the first dead letter in the window, in epoch milliseconds. */
  readonly deadSince: number | null
  readonly jobs:
    | readonly {
        readonly job: JobName
        readonly doneAt: number | null
        readonly startedAt: number
        readonly isLate: boolean
      }[]
    | undefined
}

export interface Facts {
  readonly now: number
  /** Undefined: D1 did not answer. */
  readonly environments: readonly EnvironmentFacts[] | undefined
}

/** Of the events of an environment. Some are always on their way. */
const missingShareMax = 0.1
/** So many may be on their way where there is little traffic. */
const missingEventsMax = 20

/** A publication that fails longer is no passing fault. */
const unpublishedMs = 60_000

export function judge({ now, environments }: Facts): Status {
  const found = environments ?? []
  const parts = {
    decisions: environments ? decisionsOf(found) : unknown,
    configuration: configurationOf(environments, now),
    intake: environments ? intakeOf(found) : unknown,
    runner: environments ? runnerOf(found) : unknown,
  }
  const states = Object.values(parts).map(({ state }) => state)
  const published = found.flatMap(({ publishedAt }) => publishedAt ?? [])
  return {
    state: states.includes('down') ? 'down' : states.includes('degraded') ? 'degraded' : 'ok',
    at: now,
    parts,
    lastPublishedAt: published.length > 0 ? Math.max(...published) : null,
    jobs: jobsOf(found),
  }
}

const ok = (says: string): Part => ({ state: 'ok', since: null, says })
const unknown: Part = { state: 'unknown', since: null, says: 'It is not known which environments to ask.' }
const earliest = (times: readonly number[]) => (times.length > 0 ? Math.min(...times) : null)

function decisionsOf(found: readonly EnvironmentFacts[]): Part {
  const asked = found.filter(({ isReadable }) => isReadable !== undefined)
  if (found.length > 0 && asked.length === 0)
    return { state: 'unknown', since: null, says: 'No environment says what it published last.' }
  const unreadable = asked.filter(({ isReadable }) => !isReadable).length
  if (unreadable === 0) return ok('Flags are decided by what was published last.')
  const says = 'A snapshot cannot be read at the moment. Isolates that have a copy go on deciding by it.'
  return { state: unreadable === asked.length ? 'down' : 'degraded', since: null, says }
}

function configurationOf(environments: readonly EnvironmentFacts[] | undefined, now: number): Part {
  if (!environments)
    return { state: 'down', since: null, says: 'The database does not answer: nothing can be changed.' }
  const waiting = environments.flatMap(({ unpublishedSince: since }) =>
    typeof since === 'number' && now - since > unpublishedMs ? [since] : [],
  )
  if (waiting.length > 0)
    return { state: 'degraded', since: earliest(waiting), says: 'A change waits to be published.' }
  return environments.some(({ unpublishedSince }) => unpublishedSince === undefined)
    ? { state: 'degraded', since: null, says: 'An environment does not answer.' }
    : ok('Changes are published at once.')
}

function intakeOf(found: readonly EnvironmentFacts[]): Part {
  if (found.some(({ intake }) => intake === undefined))
    return { state: 'degraded', since: null, says: 'The counters of events do not answer.' }
  const dead = found.flatMap(({ deadSince }) => deadSince ?? [])
  if (dead.length > 0)
    return {
      state: 'degraded',
      since: earliest(dead),
      says: 'Events could not be stored, and wait for a replay.',
    }
  const isShort = ({ intake }: EnvironmentFacts) => {
    if (!intake) return false
    const missing = intake.accepted - intake.stored
    return missing > missingEventsMax && missing > intake.accepted * missingShareMax
  }
  return found.some(isShort)
    ? {
        state: 'degraded',
        since: null,
        says: 'Of an environment, more than a tenth of the accepted events is not stored.',
      }
    : ok('Events are accepted and stored.')
}

function jobsOf(found: readonly EnvironmentFacts[]): Status['jobs'] {
  const runs = Map.groupBy(
    found.flatMap(({ jobs }) => jobs ?? []),
    ({ job }) => job,
  )
  return [...runs]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([job, of]) => ({
      job,
      // The environment that waits longest.
      doneAt: of.some(({ doneAt }) => doneAt === null) ? null : earliest(of.map(({ doneAt }) => doneAt!)),
      isLate: of.some(({ isLate }) => isLate),
    }))
}

function runnerOf(found: readonly EnvironmentFacts[]): Part {
  if (found.some(({ jobs }) => jobs === undefined))
    return { state: 'degraded', since: null, says: 'It cannot be read which jobs have run.' }
  const runs = found.flatMap(({ jobs }) => jobs ?? [])
  const late = runs.filter(({ isLate }) => isLate)
  if (late.length > 0) {
    const since = earliest(late.map(({ doneAt, startedAt }) => doneAt ?? startedAt))
    return { state: 'degraded', since, says: 'A job of the runner has not been done for too long.' }
  }
  return ok(runs.length === 0 ? 'No runner has told of a job yet.' : 'All jobs are done in time.')
}
