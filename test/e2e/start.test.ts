// `npm start` as a user meets it: killed in the middle, its reader gone, its disk full, started twice.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { typescript } from '../../scripts/tool.ts'
import { freePort } from '../../scripts/free-port.ts'
import { pause } from '../support/stack-fixture.ts'

const root = join(import.meta.dirname, '../..')
const directory = mkdtempSync(join(tmpdir(), 'tackline-start-'))
const command = [...typescript, 'scripts/start.ts', '--directory', directory]
const started: ChildProcess[] = []
afterAll(() => {
  for (const child of started) if (child.exitCode === null) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

function start(port: number): ChildProcess & { readonly errors: () => string } {
  const child = spawn(process.execPath, [...command, '--port', String(port)], { cwd: root })
  started.push(child)
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  return Object.assign(child, { errors: () => errors })
}

/** Process groups that the start in this folder has noted. */
const groups = () =>
  (JSON.parse(readFileSync(join(directory, 'lock'), 'utf8')) as { groups: number[] }).groups

/** Command lines of a group's processes; those that have ended and wait for their parent do not count. */
function membersOf(group: number): string[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pgid=,stat=,args='], { encoding: 'utf8' })
  return stdout.split('\n').filter((line) => /^\s*(\d+)\s+[^Z]/.exec(line)?.[1] === String(group))
}

const answers = (port: number) =>
  fetch(`http://127.0.0.1:${port}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  )
const until = async (isTrue: () => boolean | Promise<boolean>) => {
  const deadline = Date.now() + 90_000
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error('it does not become true')
    await pause(50)
  }
}

it('survives what happens to it, and what it leaves is ended', { timeout: 240_000 }, async () => {
  const port = await freePort()
  const first = start(port)
  first.stdout!.resume()
  await until(() => answers(port)) // now it writes the demo's data
  const left = groups().at(-1)!
  process.kill(left, 'SIGSTOP') // what would end the group with its parent sleeps
  first.kill('SIGKILL')
  await pause(500)
  expect(membersOf(left).join('\n')).toContain('workerd')

  rmSync(join(directory, 'workers.log'))
  symlinkSync('/dev/full', join(directory, 'workers.log'))
  const second = start(port)
  const [banner] = (await second.stdout!.take(1).toArray()) as Buffer[]
  expect(String(banner)).toContain(`Tackline runs on http://127.0.0.1:${port}`)
  second.stdout!.destroy() // as `| head` does
  expect(second.errors()).toContain(`What process ${first.pid}, which was killed, had left running`)
  expect(membersOf(left)).toEqual([])
  const { clientKey } = JSON.parse(readFileSync(join(directory, 'local.json'), 'utf8')) as {
    clientKey: string
  }
  const evaluate = () =>
    fetch(`http://127.0.0.1:${port}/ofrep/v1/evaluate/flags/fast-search`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clientKey}` },
      body: '{"context":{"targetingKey":"ada"}}',
    }).then((response) => response.json())
  for (let i = 0; i < 20; i++) expect(await evaluate()).toMatchObject({ value: true }) // each writes a line
  expect(second.errors()).toMatch(/workers[.]log cannot be written \(ENOSPC\); lines are lost/)

  expect(second.errors()).not.toMatch(/tla_|tl_client_|tl_server_/)

  for (const options of [[], ['--fresh'], ['--port', String(await freePort())]]) {
    const again = spawnSync(process.execPath, [...command, '--port', String(port), ...options], { cwd: root })
    expect({ status: again.status, stdout: String(again.stdout), stderr: String(again.stderr) }).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(
        new RegExp(
          `^process ${second.pid} already runs a stack in this folder, on port ${port}: [^\\n]*\\n$`,
        ),
      ),
    })
  }
  expect(await evaluate()).toMatchObject({ value: true })
  const [running] = [groups().at(-1)!]
  expect(membersOf(running).length).toBeGreaterThan(2)
  second.kill('SIGKILL')
  await until(() => membersOf(running).length === 0)
  expect(await answers(port)).toBe(false)
})

it.each(['SIGTERM', 'SIGKILL'] as const)(
  'ends with npm, if npm gets %s',
  { timeout: 120_000 },
  async (signal) => {
    const port = await freePort()
    const npm = spawn('npm', ['start', '--', '--directory', directory, '--port', String(port)], { cwd: root })
    started.push(npm)
    npm.stdout.resume()
    npm.stderr.resume()
    await until(() => answers(port))
    const running = groups().at(-1)!
    expect(membersOf(running).length).toBeGreaterThan(2)
    npm.kill(signal)
    await until(() => membersOf(running).length === 0)
    expect(await answers(port)).toBe(false)
    await until(() => !existsSync(join(directory, 'lock'))) // it has ended in order, and the next may start
  },
)

it.each([
  [['--port', '80.5'], "--port takes a whole number from 1 to 65535, not '80.5'."],
  [['--port', '1e3'], "--port takes a whole number from 1 to 65535, not '1e3'."],
  [['--port', '65536'], "--port takes a whole number from 1 to 65535, not '65536'."],
  [['--port='], "--port takes a whole number from 1 to 65535, not ''."],
  [['--directory='], '--directory takes the path of a folder.'],
])('%j gets one sentence', (options, sentence) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command, ...options], {
    cwd: root,
    encoding: 'utf8',
  })
  expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: `${sentence}\n` })
})

it('says so if the port is taken', async () => {
  const { createServer } = await import('node:net')
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const child = start(port)
  const code = await new Promise((resolve) => child.once('close', resolve))
  server.close()
  expect([code, child.errors()]).toEqual([
    1,
    `port ${port} is in use: stop what runs there, or choose another with --port\n`,
  ])
})
