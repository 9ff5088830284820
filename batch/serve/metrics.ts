// What Prometheus reads of `serve`.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { RunEvent } from '../run-event.ts'
import { type JobName, jobNames } from './schedule.ts'
import { outcomes, type Run } from './timetable.ts'

/** Seconds: from a run without news to one over a large lake. */
const durationBuckets = [0.5, 1, 2, 5, 10, 30, 60, 180, 600, 1_800, 3_600]

export function serveMetrics(jobs: readonly JobName[] = jobNames) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const common = { registers: [registry] }
  const runs = new Counter({
    ...common,
    name: 'tackline_job_runs_total',
    help: 'Runs of a job, by outcome.',
    labelNames: ['job', 'outcome'],
  })
  const durations = new Histogram({
    ...common,
    name: 'tackline_job_duration_seconds',
    help: 'How long runs of a job took.',
    labelNames: ['job'],
    buckets: durationBuckets,
  })
  const successes = new Gauge({
    ...common,
    name: 'tackline_job_last_success_timestamp_seconds',
    help: 'When the last run that was done began.',
    labelNames: ['job'],
  })
  const running = new Gauge({
    ...common,
    name: 'tackline_job_running',
    help: 'Whether a run of the job is going on.',
    labelNames: ['job'],
  })
  const events = new Counter({
    ...common,
    name: 'tackline_runner_events_total',
    help: 'What runs reported: applied operations, concluded goals, failures, damaged objects.',
    labelNames: ['job', 'kind'],
  })
  for (const job of jobs) {
    for (const outcome of outcomes) runs.inc({ job, outcome }, 0)
    running.set({ job }, 0)
  }
  return {
    started: (job: JobName) => running.set({ job }, 1),
    ended(job: JobName, { outcome, startedAt, durationMs }: Run) {
      running.set({ job }, 0)
      runs.inc({ job, outcome })
      durations.observe({ job }, durationMs / 1_000)
      if (outcome === 'done') successes.set({ job }, startedAt / 1_000)
    },
    event: (job: JobName, { kind }: RunEvent) => events.inc({ job, kind }),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
}

export type ServeMetrics = ReturnType<typeof serveMetrics>
