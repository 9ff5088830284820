// Runs `npm run batch` as a process of its own, through the proxy, and can kill it.
import { spawn } from 'node:child_process'
import path from 'node:path'
import type { RunEvent } from '../../batch/run-event.ts'
import { typescript } from '../../scripts/tool.ts'
import type { ChaosProxy, ProxyPlan } from './proxy.ts'

/** Nothing listens at the port of tcpmux. */
const nowhere = 'http://127.0.0.1:1'
const lakeVariables = (endpoint: string) => ({
  TACKLINE_S3_ENDPOINT: endpoint,
  TACKLINE_S3_KEY: 'local',
  TACKLINE_S3_SECRET: 'local-secret',
})

/** Longer than any endpoint is waited for. */
const runMsMax = 240_000

export interface Run {
  readonly order: string
  /** Null if it was killed. */
  readonly exitCode: number | null
  readonly events: readonly RunEvent[]
  readonly errors: string
}

export interface RunnerSetting {
  readonly proxy: ChaosProxy
  readonly token: string
  /** Node keeps compiled code there: most of a short run is its start. */
  readonly compileCache: string
}

/** `order`: `all`, `compact`, ... Of all environments if there is no id. */
export async function runBatch(
  { proxy, token, compileCache }: RunnerSetting,
  order: string,
  environmentId: string | undefined,
  plan: ProxyPlan,
  cacheFolder: string,
): Promise<Run> {
  const cli = path.join(import.meta.dirname, '../../batch/cli.ts')
  const own = order === 'replay' || environmentId === undefined ? [] : ['--environment', environmentId]
  const args = [...typescript, cli, order, ...own, '--engine', 'exact', '--json']
  const child = spawn(process.execPath, args, {
    cwd: path.dirname(cacheFolder),
    env: {
      PATH: process.env['PATH'],
      TACKLINE_URL: plan.gone === 'api' ? nowhere : proxy.url,
      ...lakeVariables(plan.gone === 'lake' ? nowhere : `${proxy.url}/cdn-cgi/local/r2/s3`),
      TACKLINE_TOKEN: token,
      TACKLINE_LAKE_CACHE: cacheFolder,
      NODE_COMPILE_CACHE: compileCache,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  proxy.begin(plan, () => child.kill('SIGKILL'))
  const limit = setTimeout(() => child.kill('SIGABRT'), runMsMax)
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const [exitCode, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, by) => resolve([code, by]))
  })
  clearTimeout(limit)
  if (signal === 'SIGABRT') errors += `\nit did not end within ${runMsMax / 1_000} s`
  const lines = output.split('\n').slice(0, -1) // a killed process may leave half a line
  return { order, exitCode, events: lines.map((line) => JSON.parse(line) as RunEvent), errors }
}
