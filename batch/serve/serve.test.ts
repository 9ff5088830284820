// `serve` by a simulated clock, over months: jobs that take long, fail, crash, hang and are ended.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { serveMetrics } from './metrics.ts'
import type { JobEnd, RunJob } from './run-job.ts'
import type { LogLine } from './log.ts'
import { logLineOf } from './log.ts'
import { defaultSchedules, type JobName, type Schedule } from './schedule.ts'
import { serve, stopWithinMs } from './serve.ts'
import { begin, finished, isLate, isReady, started } from './timetable.ts'

const hourMs = 3_600_000
beforeEach(() => void vi.useFakeTimers({ now: 1_000 * hourMs }))
afterEach(() => void vi.useRealTimers())

interface Played {
  readonly job: JobName
  readonly startedAt: number
  endedAt?: number
}

/** Runs take as long as `durations` say, over and over, and end with the codes. */
function play(
  schedules: readonly Schedule[],
  durations: readonly number[],
  exitCodes: readonly (number | null)[],
  random: () => number,
) {
  const runs: Played[] = []
  const logged: LogLine[] = []
  const unfinished: string[] = []
  const runJob: RunJob = ({ job }) => {
    const played: Played = { job, startedAt: Date.now() }
    const n = runs.push(played)
    let stop = () => {}
    const ended = new Promise<JobEnd>((resolve) => {
      const end = (exitCode: number | null) => {
        played.endedAt = Date.now()
        resolve({ exitCode, isTimeout: false })
      }
      const timer = setTimeout(() => end(exitCodes[n % exitCodes.length]!), durations[n % durations.length])
      stop = () => {
        clearTimeout(timer)
        end(null)
      }
    })
    return { ended, stop: () => stop() }
  }
  const metrics = serveMetrics(schedules.map(({ job }) => job))
  const serving = serve(schedules, {
    runJob,
    metrics,
    log: (line) => logged.push(line),
    onUnfinished: ({ job }, { outcome }) => {
      unfinished.push(`${job} ${outcome}`)
      return Promise.resolve()
    },
    now: Date.now,
    random,
  })
  return { serving, runs, logged, unfinished, metrics }
}

describe('jobs', () => {
  it('never run beside themselves, come when they are due, and wait for no other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 9 }),
        fc.array(fc.constantFrom(0, 1, 5, 8, 9, null), { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        async (durations, exitCodes, numbers) => {
          const random = () => numbers.next().value as number
          const { serving, runs } = play(defaultSchedules, durations, exitCodes, random)
          await vi.advanceTimersByTimeAsync(6 * hourMs)
          for (const { job, everyMs } of defaultSchedules) {
            const own = runs.filter((run) => run.job === job)
            expect(own.length).toBeGreaterThan(0)
            own.slice(1).forEach(({ startedAt }, i) => {
              const before = own[i]!
              const wanted = Math.max(everyMs * 0.9, before.endedAt! - before.startedAt + 1_000)
              const latest = Math.max(everyMs * 1.1, before.endedAt! - before.startedAt + 1_000) + 1
              expect(startedAt - before.startedAt).toBeGreaterThanOrEqual(Math.floor(wanted))
              expect(startedAt - before.startedAt).toBeLessThanOrEqual(Math.ceil(latest))
            })
          }
          const stopping = serving.stop()
          await vi.advanceTimersByTimeAsync(40_000)
          await stopping
          const count = runs.length
          await vi.advanceTimersByTimeAsync(2 * hourMs)
          expect(runs.length).toBe(count)
          expect(runs.every(({ endedAt }) => endedAt !== undefined)).toBe(true)
        },
      ),
      { numRuns: scaled(30) },
    )
  })

  it('that go on are asked to end when a stop has waited long enough', async () => {
    const { serving, runs, logged, unfinished } = play(
      defaultSchedules.slice(1, 2),
      [10 * hourMs],
      [0],
      () => 0,
    )
    await vi.advanceTimersByTimeAsync(1_000)
    const stopping = serving.stop()
    await vi.advanceTimersByTimeAsync(stopWithinMs - 1)
    expect(runs[0]!.endedAt).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    await stopping
    expect(runs[0]!.endedAt).toBe(Date.now())
    expect(unfinished).toEqual([])
    expect(logged.map(({ message }) => message)).toContain('waiting for experiments')
  })

  it('are counted by how they ended', async () => {
    const { metrics, unfinished } = play(defaultSchedules.slice(0, 1), [100], [0, 8, 9, null, 1], () => 0.5)
    await vi.advanceTimersByTimeAsync(75_500)
    expect(unfinished.toSorted()).toEqual(['operations crash', 'operations crash', 'operations failed'])
    const text = await metrics.text()
    expect(text).toContain('tackline_job_runs_total{job="operations",outcome="done"} 2')
    expect(text).toContain('tackline_job_runs_total{job="operations",outcome="failed"} 1')
    expect(text).toContain('tackline_job_runs_total{job="operations",outcome="crash"} 2')
    expect(text).toContain('tackline_job_duration_seconds_bucket{le="0.5",job="operations"} 5')
  })
})

describe('readiness', () => {
  const [schedule] = defaultSchedules as [Schedule]
  const { everyMs, timeoutMs } = schedule
  const end = (exitCode: number | null, isTimeout = false) => {
    const [state] = begin([schedule], 0, () => 0)
    return finished(started(state!, 0), { exitCode, isTimeout }, 10, () => 0.5)
  }

  it.each([
    ['done', 0, false, true],
    ['done', 9, false, true],
    ['failed', 5, false, false],
    ['failed', 8, false, false],
    ['crash', 1, false, false],
    ['crash', null, false, false],
    ['timeout', null, true, false],
  ])('of a first run that is %s with %s', (outcome, exitCode, isTimeout, ready) => {
    const state = end(exitCode, isTimeout)
    expect(state.last).toMatchObject({ outcome, durationMs: 10 })
    expect(isReady([state], 20, 0)).toBe(ready)
  })

  it('ends when no run was done for three intervals and the time of one', () => {
    const state = end(0)
    const limit = 3 * everyMs + timeoutMs
    expect(isReady([state], limit, 0)).toBe(true)
    expect(isReady([state], limit + 1, 0)).toBe(false)
    expect(isLate(begin([schedule], 0, () => 0)[0]!, limit + 1, 0)).toBe(true)
    const failing = finished(started(state, 20), { exitCode: 8, isTimeout: false }, 30, () => 0.5)
    expect(isReady([failing], limit, 0)).toBe(true)
  })
})

describe('the log', () => {
  it('tells what happened and leaves out what did not', () => {
    expect(
      logLineOf('operations', '{"kind":"idle","environmentId":"e","work":"operations"}', false),
    ).toBeUndefined()
    const failure = { kind: 'failed', subject: 'e/o', failure: { kind: 'job', message: 'Why.' } }
    expect(logLineOf('operations', JSON.stringify(failure), false)).toEqual({
      level: 'error',
      job: 'operations',
      event: 'failed',
      message: 'FAILED e/o: Why.',
    })
    expect(logLineOf('compact', 'Error: out of memory', true)).toMatchObject({
      level: 'error',
      event: 'output',
    })
  })
})
