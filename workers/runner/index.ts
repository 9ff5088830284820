// The batch runner in Cloudflare Containers. Cron wakes an object for each job; the object starts the
// container, which does the job once and ends. One that still runs is left alone: its next time comes.
import { DurableObject } from 'cloudflare:workers'

/** By the expressions of wrangler.toml. Cloudflare's cron is no finer than a minute. */
export const jobsByCron = {
  '* * * * *': 'operations',
  '*/10 * * * *': 'experiments',
  '7 * * * *': 'compact',
  '37 * * * *': 'replay',
  '23 3 * * *': 'retain',
} as const
type Job = (typeof jobsByCron)[keyof typeof jobsByCron]

/** What the runner reads from its environment: batch/README.md. */
const passed = [
  'TACKLINE_URL',
  'TACKLINE_TOKEN',
  'TACKLINE_S3_ENDPOINT',
  'TACKLINE_S3_BUCKET',
  'TACKLINE_S3_KEY',
  'TACKLINE_S3_SECRET',
] as const
type Passed = (typeof passed)[number]

export type RunnerBindings = Readonly<Partial<Record<Passed, string>>> & {
  readonly RUNNER: DurableObjectNamespace<Runner>
}

/** As the image's entry point, with a job instead of `serve`. */
export const commandOf = (job: Job): string[] => [
  'node',
  '--experimental-strip-types',
  '--disable-warning=ExperimentalWarning',
  'batch/cli.ts',
  job,
]

export class Runner extends DurableObject<RunnerBindings> {
  /** Resolves when the container has ended; to `busy` if the last run has not. Rejects if it fails. */
  async run(job: Job): Promise<'done' | 'busy'> {
    const { container } = this.ctx
    if (!container) throw new Error('this Worker has no container: see its wrangler.toml')
    if (container.running) return 'busy'
    const variables = passed.flatMap((name) => {
      const value = this.env[name]
      return value ? [[name, value] as const] : []
    })
    container.start({
      entrypoint: commandOf(job),
      env: Object.fromEntries(variables),
      enableInternet: true,
    })
    await container.monitor()
    return 'done'
  }
}

export default {
  async scheduled({ cron }, { RUNNER }) {
    const job = jobsByCron[cron as keyof typeof jobsByCron] as Job | undefined
    if (!job) throw new Error(`no job for ${cron}: wrangler.toml and index.ts differ`)
    await RUNNER.get(RUNNER.idFromName(job)).run(job)
  },
} satisfies ExportedHandler<RunnerBindings>
