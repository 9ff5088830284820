// What asks `serve` how it is: /healthz for the process, /readyz for its jobs, /metrics for Prometheus.
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { ServeMetrics } from './metrics.ts'
import { isLate, isReady, type JobState } from './timetable.ts'

export interface HealthSource {
  readonly states: () => readonly JobState[]
  readonly now: () => number
  readonly begunAt: number
  readonly metrics: ServeMetrics
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** Resolves when it listens; rejects if the address is taken. */
export async function listen(source: HealthSource, host: string, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    void answerTo(request.method ?? '', request.url ?? '', source).then(({ status, type, body }) => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
      response.end(request.method === 'HEAD' ? undefined : body)
    })
  })
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

async function answerTo(method: string, url: string, source: HealthSource): Promise<Answer> {
  const text = (status: number, body: string) => ({ status, type: 'text/plain; charset=utf-8', body })
  if (method !== 'GET' && method !== 'HEAD') return text(405, 'only GET and HEAD\n')
  switch (url.split('?')[0]) {
    case '/healthz':
      return text(200, 'ok\n')
    case '/readyz': {
      const { begunAt } = source
      const [states, now] = [source.states(), source.now()]
      const status = isReady(states, now, begunAt) ? 200 : 503
      return { status, type: 'application/json', body: JSON.stringify(jobsOf(states, now, begunAt)) }
    }
    case '/metrics':
      return { status: 200, type: source.metrics.contentType, body: await source.metrics.text() }
    default:
      return text(404, 'there are /healthz, /readyz and /metrics\n')
  }
}

/** Times are in epoch milliseconds. */
const jobsOf = (states: readonly JobState[], now: number, begunAt: number) => ({
  jobs: states.map((state) => ({
    job: state.schedule.job,
    everyMs: state.schedule.everyMs,
    isLate: isLate(state, now, begunAt),
    isRunning: state.startedAt !== undefined,
    doneAt: state.doneAt ?? null,
    nextAt: Math.round(state.nextAt),
    last: state.last ?? null,
  })),
})
