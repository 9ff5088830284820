// `npm run batch -- serve`: reads its options, listens, and runs jobs until SIGTERM or SIGINT.
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseOptions } from '../../scripts/command-line.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { adminApi } from '../admin-api.ts'
import type { Configuration } from '../configuration.ts'
import { exitCodes, type Failure, fail, reasonOf } from '../failure.ts'
import { EngineChoice } from '../stan/engine.ts'
import { listen } from './http.ts'
import { type LogLine, toLine } from './log.ts'
import { serveMetrics } from './metrics.ts'
import { jobRunner } from './run-job.ts'
import { type JobName, readSchedules, type Schedule } from './schedule.ts'
import { serve, type ServePorts, type Serving } from './serve.ts'
import { tellUnfinished } from './tell-unfinished.ts'

export const serveUsage =
  `usage: npm run batch -- serve [--every JOB=DURATION ...] [--environment ID] ` +
  `[--engine ${EngineChoice.options.join('|')}] [--listen HOST:PORT]`

/** Prometheus' registry of ports has 9464 for exporters of an application. */
const defaultAddress = '127.0.0.1:9464'

export interface ServeOptions {
  readonly schedules: readonly Schedule[]
  /** Of the command line of each job. */
  readonly args: (job: JobName) => readonly string[]
  /** All if undefined. */
  readonly environmentId: string | undefined
  readonly host: string
  readonly port: number
}

export function readServeOptions(args: readonly string[]): Result<ServeOptions, Failure> {
  const parsed = parseOptions(args, {
    every: { type: 'string', multiple: true, default: [] as string[] },
    environment: { type: 'string' },
    engine: { type: 'string', default: 'auto' },
    listen: { type: 'string', default: defaultAddress },
  })
  const usageFailure = (message: string) => fail('usage', `${message}\n${serveUsage}`)
  if (!parsed.ok) return usageFailure(parsed.problem)
  const { every, environment, engine, listen: address } = parsed.value.values
  const schedules = readSchedules(every)
  if (!schedules.ok) return usageFailure(schedules.problem.message)
  if (!EngineChoice.safeParse(engine).success) return usageFailure(`There is no engine called ${engine}.`)
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(address) ?? []
  if (host === undefined || Number(port) > 65_535)
    return usageFailure(`--listen takes HOST:PORT, such as ${defaultAddress}, not '${address}'.`)
  // A dead letter holds events of several environments.
  const own = schedules.value.filter(({ job }) => environment === undefined || job !== 'replay')
  if (own.length === 0) return usageFailure('replay takes no --environment, and no other job is on.')
  return ok({
    schedules: own,
    environmentId: environment,
    args: (job) => [
      ...(environment === undefined ? [] : ['--environment', environment]),
      ...(job === 'experiments' ? ['--engine', engine] : []),
    ],
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port),
  })
}

/** Resolves to the exit code. */
export async function serveUntilStopped(
  { schedules, args, environmentId, host, port }: ServeOptions,
  configuration: Configuration,
): Promise<number> {
  const metrics = serveMetrics(schedules.map(({ job }) => job))
  let serving: Serving | undefined
  const source = { states: () => serving?.states() ?? [], now: Date.now, begunAt: Date.now(), metrics }
  const stopped = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
  const server = await listen(source, host, port).catch((error: unknown) => reasonOf(error))
  if (typeof server === 'string') {
    console.error(`It cannot listen at ${host}:${port}: ${server}.`)
    return exitCodes.usage
  }
  const log = (line: LogLine) => console.log(toLine(line, Date.now()))
  const jobs = schedules.map(({ job, everyMs }) => `${job} every ${everyMs / 1_000} s`).join(', ')
  log({ level: 'info', event: 'started', message: `${addressOf(server)}: ${jobs}` })
  const api = adminApi(configuration.api)
  const onUnfinished: ServePorts['onUnfinished'] = async (schedule, run, message) => {
    const told = await tellUnfinished(schedule, run, message, environmentId, api)
    if (!told.ok) log({ level: 'error', job: schedule.job, event: 'untold', message: told.problem.message })
  }
  const runJob = jobRunner(args)
  serving = serve(schedules, { runJob, metrics, log, onUnfinished, now: Date.now, random: Math.random })
  await stopped
  await serving.stop()
  server.close()
  server.closeAllConnections()
  return 0
}

/** With the port that the system chose for port 0. */
function addressOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
