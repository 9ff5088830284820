// The runner's image beside a real stack: nothing in it can be written but its cache, and Stan is inside.
// Skipped unless TACKLINE_IMAGE names an image that Docker or Podman has:
//   docker build -f batch/container/Dockerfile -t tackline-runner .
//   TACKLINE_IMAGE=tackline-runner npm test -- test/e2e/container.test.ts
import { execFile, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { seedDemo } from '../../scripts/demo-data.ts'
import { freePort } from '../../scripts/free-port.ts'
import { useOwnStack } from '../support/stack-fixture.ts'

const image = process.env['TACKLINE_IMAGE'] ?? ''
const engine = ['docker', 'podman'].find(
  (each) => image !== '' && spawnSync(each, ['image', 'inspect', image], { stdio: 'ignore' }).status === 0,
)
if (image !== '' && !engine) throw new Error(`Neither Docker nor Podman has an image ${image}.`)
const stack = useOwnStack()
const name = `tackline-test-${randomUUID()}`

const limits = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']
const variables = ['--env', 'TACKLINE_URL', '--env', 'TACKLINE_TOKEN']

/** Output, also of what ends with another code than 0. */
const run = async (...args: string[]) => {
  const env = { ...process.env, TACKLINE_URL: stack().url, TACKLINE_TOKEN: stack().token }
  const result = await promisify(execFile)(engine!, args, { env }).catch((error: object) => error)
  const { stdout, stderr, code = 0 } = result as { stdout: string; stderr: string; code?: number }
  return { output: stdout + stderr, code }
}
const inImage = (...args: string[]) => [...limits, ...variables, '--network', 'host', image, ...args]

afterAll(async () => {
  if (engine) await run('rm', '--force', '--volumes', name)
})

async function visit(clientKey: string, user: number) {
  const post = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${clientKey}` }
    return fetch(stack().url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  }
  const context = { targetingKey: `visitor-${user}` }
  const decided = await post('/ofrep/v1/evaluate/flags/new-checkout', { context })
  const { metadata } = (await decided.json()) as { metadata: { variationId: string } }
  const exposure = { kind: 'exposure', flagKey: 'new-checkout', variationId: metadata.variationId, context }
  expect((await post('/ofrep/v1/track', { events: [exposure] })).status).toBeLessThan(300)
}

it.skipIf(!engine)(
  'concludes an experiment with Stan, serves, and stops when it is asked to',
  { timeout: 300_000 },
  async () => {
    const { clientKey } = await seedDemo(stack(), 'demo')
    for (let user = 0; user < 50; user++) await visit(clientKey, user)

    const experiments = () => run('run', '--rm', ...inImage('experiments', '--json'))
    await expect
      .poll(async () => (await experiments()).output, { timeout: 120_000, interval: 2_000 })
      .toMatch(/"engine":"stan-native"[\s\S]*"kind":"concluded"/)

    const listen = `127.0.0.1:${await freePort()}`
    const begun = await run('run', '--detach', '--name', name, ...inImage('serve', '--listen', listen))
    expect(begun, begun.output).toMatchObject({ code: 0 })
    const status = async (path: string) =>
      (await fetch(`http://${listen}${path}`).catch(() => undefined))?.status
    await expect.poll(() => status('/healthz'), { timeout: 30_000 }).toBe(200)
    await expect.poll(() => status('/readyz'), { timeout: 120_000, interval: 500 }).toBe(200)
    expect((await run('exec', name, 'id', '-un')).output.trim()).toBe('node')
    expect(await run('exec', name, 'touch', '/app/x')).not.toMatchObject({ code: 0 })

    await run('stop', '--time', '40', name)
    const { output } = await run('logs', name)
    expect(output).toContain('"event":"stopping"')
    expect((await run('inspect', '--format', '{{.State.ExitCode}}', name)).output.trim()).toBe('0')
  },
)
