// Runs each job by its own schedule until it is asked to stop. Jobs run beside each other, a job never beside
// itself.
import type { JobEnd, RunJob, RunningJob } from './run-job.ts'
import type { LogLine } from './log.ts'
import { eventOf, logLineOf } from './log.ts'
import type { ServeMetrics } from './metrics.ts'
import type { JobName, Schedule } from './schedule.ts'
import { begin, finished, isDue, type JobState, nextTime, type Run, started, stateOf } from './timetable.ts'

/** How long running jobs may go on after a stop was asked for. */
export const stopWithinMs = 25_000

export interface ServePorts {
  readonly runJob: RunJob
  readonly metrics: ServeMetrics
  readonly log: (line: LogLine) => void
  /** Hears of each run that was not done, with what it said of itself as a whole. Never rejects. */
  readonly onUnfinished: (schedule: Schedule, run: Run, message: string | undefined) => Promise<void>
  readonly now: () => number
  /** In [0, 1). */
  readonly random: () => number
}

export interface Serving {
  readonly states: () => readonly JobState[]
  /** Starts no more jobs. Resolves when those that run have ended. */
  stop(): Promise<void>
}

export function serve(schedules: readonly Schedule[], ports: ServePorts): Serving {
  const { runJob, metrics, log, onUnfinished, now, random } = ports
  let states = begin(schedules, now(), random)
  let timer: NodeJS.Timeout | undefined
  let isStopping = false
  const running = new Map<JobName, RunningJob>()

  const change = (job: JobName, to: (state: JobState) => JobState) => {
    states = states.map((state) => (state.schedule.job === job ? to(state) : state))
  }

  function start({ schedule }: JobState) {
    const { job } = schedule
    change(job, (state) => started(state, now()))
    metrics.started(job)
    let message: string | undefined
    const run = runJob(schedule, (line, isError) => {
      const event = eventOf(line)
      if (event) metrics.event(job, event)
      if (event?.kind === 'failed' && event.subject === '') message = event.failure.message
      const logged = logLineOf(job, line, isError)
      if (logged) log(logged)
    })
    running.set(job, run)
    void run.ended.then((end) => endOf(schedule, end, message))
  }

  function endOf(schedule: Schedule, end: JobEnd, message: string | undefined) {
    const { job } = schedule
    running.delete(job)
    change(job, (state) => finished(state, end, now(), random))
    const { last } = stateOf(states, job)
    metrics.ended(job, last!)
    const took = `${(last!.durationMs / 1_000).toFixed(1)} s`
    if (last!.outcome !== 'done')
      log({
        level: 'error',
        job,
        event: 'ended',
        message: `${last!.outcome} after ${took}, exit code ${String(last!.exitCode)}`,
      })
    // What was ended for the stop is done again by the next process.
    if (last!.outcome !== 'done' && !isStopping) void onUnfinished(schedule, last!, message)
    look()
  }

  function look() {
    clearTimeout(timer)
    if (isStopping) return
    for (const state of states) if (isDue(state, now())) start(state)
    const next = nextTime(states)
    if (next !== Infinity) timer = setTimeout(look, Math.max(0, next - now()))
  }

  look()
  return {
    states: () => states,
    async stop() {
      isStopping = true
      clearTimeout(timer)
      const names = [...running.keys()]
      log({
        level: 'info',
        event: 'stopping',
        message: names.length === 0 ? 'no job is running' : `waiting for ${names.join(', ')}`,
      })
      const impatience = setTimeout(() => running.forEach((run) => run.stop()), stopWithinMs)
      await Promise.all([...running.values()].map(({ ended }) => ended))
      clearTimeout(impatience)
    },
  }
}
