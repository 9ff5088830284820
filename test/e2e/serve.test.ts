// `npm run batch -- serve` as a process beside a real stack: events come, and a flag goes off by itself.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { seedDemo } from '../../scripts/demo-data.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { freePort } from '../../scripts/free-port.ts'
import { hasChdb } from '../support/chdb.ts'
import { preparedFolder } from '../support/stack-fixture.ts'

const directory = await preparedFolder()
let stack: Stack
let clientKey: string
let runner: ChildProcess
const lines: Record<string, string>[] = []
const runnerLog = () => lines.map((line) => JSON.stringify(line)).join('\n')

beforeAll(async () => {
  stack = await startStack({ port: await freePort(), directory, state: 'keep' })
  ;({ clientKey } = await seedDemo(stack, 'demo'))
})
afterAll(async () => {
  runner.kill('SIGKILL')
  await stack.stop()
})

/** Every user met the variation, and ran into an error. */
async function report(prefix: string, users: number) {
  const type = 'type.googleapis.com/bucketeer.event.client.'
  const events = Array.from({ length: users }, (_, i) => {
    const common = {
      timestamp: Math.floor(Date.now() / 1_000),
      sourceId: 7,
      sdkVersion: '2.6.1',
      metadata: {},
      userId: `${prefix}-${i}`,
      user: { id: `${prefix}-${i}`, data: {} },
      tag: 'web',
    }
    const met = {
      ...common,
      featureId: 'fast-search',
      featureVersion: 1,
      variationId: 'search-on',
      reason: { type: 'DEFAULT' },
      '@type': `${type}EvaluationEvent`,
    }
    const reached = { ...common, goalId: 'search-error', value: 0, '@type': `${type}GoalEvent` }
    return [met, reached].map((event) => ({ id: randomUUID(), event }))
  }).flat()
  const response = await fetch(`${stack.url}/register_events`, {
    method: 'POST',
    headers: { authorization: clientKey, 'content-type': 'application/json' },
    body: JSON.stringify({ events, sdkVersion: '2.6.1', sourceId: 7 }),
  })
  expect(await response.json()).toEqual({ errors: {} })
}

it.skipIf(!hasChdb)(
  'turns off a flag soon after its errors arrived, and stops when it is asked to',
  async () => {
    const env = {
      ...process.env,
      TACKLINE_URL: stack.url,
      TACKLINE_TOKEN: stack.token,
      TACKLINE_LAKE_CACHE: join(directory, 'cache'),
    }
    const options = ['--every', 'operations=5s', '--engine', 'exact', '--listen', '127.0.0.1:0']
    runner = spawn(
      process.execPath,
      [...process.execArgv, '--experimental-strip-types', 'batch/cli.ts', 'serve', ...options],
      {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    createInterface({ input: runner.stdout! }).on('line', (line) => lines.push(JSON.parse(line)))
    await expect.poll(() => lines.length, { timeout: 30_000 }).toBeGreaterThan(0)
    const [, url] = /^(http:\S+): operations every 5 s, experiments every 600 s/.exec(lines[0]!['message']!)!
    const get = async (path: string) => {
      const response = await fetch(url + path)
      return { status: response.status, text: await response.text() }
    }
    expect(await get('/healthz')).toEqual({ status: 200, text: 'ok\n' })
    expect((await get('/')).status).toBe(404)
    await expect
      .poll(async () => (await get('/readyz')).status, { timeout: 90_000, message: runnerLog() })
      .toBe(200)
    const isOn = async () =>
      (await call<{ enabled: boolean }>(stack, 'GET', '/environments/demo/flags/fast-search')).enabled
    expect(await isOn()).toBe(true)
    for (let i = 0; i < 4; i++) await report(`group-${i}`, 50)
    await expect.poll(isOn, { timeout: 100_000, interval: 500, message: runnerLog() }).toBe(false)
    await expect.poll(runnerLog, { timeout: 30_000 }).toContain('"event":"applied"')
    const metrics = (await get('/metrics')).text
    expect(metrics).toMatch(/tackline_job_runs_total\{job="operations",outcome="done"\} [1-9]/)
    expect(metrics).toContain('tackline_runner_events_total{job="operations",kind="applied"} 1')
    const { jobs } = await call<{ jobs: Record<string, unknown>[] }>(stack, 'GET', '/environments/demo/jobs')
    expect(jobs).toMatchObject([
      { job: 'compact', failures: [], everyMs: 3_600_000, isLate: false },
      { job: 'experiments', failures: [], everyMs: 600_000, isLate: false },
      { job: 'operations', failures: [], everyMs: 5_000, isLate: false },
      { job: 'retain', failures: [], everyMs: 86_400_000, isLate: false },
    ])
    const stopped = once(runner, 'exit')
    runner.kill('SIGTERM')
    expect(await stopped).toEqual([0, null])
  },
)
