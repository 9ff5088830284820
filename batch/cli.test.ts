// The command line as a shell sees it: exit codes, messages for every way to fail, and the output of a good
// run.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkout, experiment, killSwitch, purchase, visitRecords } from '../test/support/simulated-shop.ts'
import {
  close,
  listen,
  type SimulatedStack,
  simulatedToken,
  startSimulatedStack,
} from '../test/support/simulated-stack.ts'
import { hasChdb } from '../test/support/chdb.ts'

let folder = ''
let busy: SimulatedStack
let quiet: SimulatedStack
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-cli-'))
  const shop = {
    flags: [checkout],
    goals: [purchase],
    experiments: [experiment()],
    operations: [killSwitch()],
  }
  busy = await startSimulatedStack({
    ...shop,
    records: [...visitRecords('control', 600, 60), ...visitRecords('green', 610, 120)],
  })
  quiet = await startSimulatedStack({ flags: [checkout], goals: [purchase] })
})
afterAll(async () => {
  await Promise.all([busy.close(), quiet.close()])
  rmSync(folder, { recursive: true })
})

/** Runs in a folder of its own, where no local stack is found unless a test puts one there. */
function batch(args: readonly string[], variables: Record<string, string> = {}, cwd = folder) {
  const cli = path.join(import.meta.dirname, 'cli.ts')
  const options = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning']
  const env = { PATH: process.env.PATH ?? '', TACKLINE_STAN_DIR: path.join(folder, 'no-stan'), ...variables }
  return new Promise<{ exitCode: number; out: string; err: string }>((resolve) => {
    const child = execFile(process.execPath, [...options, cli, ...args], { cwd, env }, (_, out, err) =>
      resolve({ exitCode: child.exitCode ?? -1, out, err }),
    )
  })
}

const target = (url: string, token = simulatedToken) => ({ TACKLINE_URL: url, TACKLINE_TOKEN: token })

describe('exit code 0', () => {
  it('if there is nothing to do', async () => {
    expect(await batch([], target(quiet.url))).toEqual({
      exitCode: 0,
      out: expect.stringContaining('demo: no experiment is running, nothing to conclude.'),
      err: '',
    })
  })

  it.skipIf(!hasChdb)(
    'if all was done: a block for each experiment and goal, a line for each operation',
    async () => {
      const { exitCode, out, err } = await batch(['--engine', 'exact'], target(busy.url))
      expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
      expect(out).toMatch(/^demo[/]guard: checkout green, .* fires above 50[.]0 % within 1 h, .*: not due, /m)
      expect(out).toContain('demo/button/purchase  2026-11-01 00:00 UTC to')
      expect(out).toMatch(/green +610 +120 +19\.\d % \(16\.\d % to 2\d\.\d %\) +1\.000 +\+\d+\.\d % \(/)
      expect(out).toContain('verdict   winner: green')
      expect(out).toContain('engine    exact')
      expect(out).toContain('sample-ratio passed')
    },
  )

  it.skipIf(!hasChdb)('with --json: one JSON value per line', async () => {
    const { exitCode, out } = await batch(['experiments', '--json'], target(busy.url))
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect({ exitCode, lines }).toMatchObject({
      exitCode: 0,
      lines: [
        { kind: 'engine', engine: 'exact' },
        { kind: 'concluded', goalKey: 'purchase' },
      ],
    })
  })

  it('with --help', async () => {
    expect(await batch(['--help'])).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('usage: npm run batch'),
    })
  })

  it('with the URL and token that npm start wrote', async () => {
    const cwd = path.join(folder, 'started')
    mkdirSync(path.join(cwd, '.tackline'), { recursive: true })
    writeFileSync(
      path.join(cwd, '.tackline', 'local.json'),
      JSON.stringify({ url: quiet.url, token: simulatedToken }),
    )
    expect(await batch(['operations'], {}, cwd)).toMatchObject({ exitCode: 0, err: '' })
  })
})

it.each([[['dance']], [['--engine', 'steam']], [['--colour']], [['experiments', 'operations']]])(
  'exit code 2 for %j',
  async (args) => {
    expect(await batch(args, target(quiet.url))).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('usage:'),
    })
  },
)

it('exit code 2 without a token', async () => {
  expect(await batch([])).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining('TACKLINE_TOKEN is not set'),
  })
})

it('exit code 4 if Stan is chosen and not built', async () => {
  const { exitCode, err } = await batch(['experiments', '--engine', 'stan-native'], target(quiet.url))
  expect({ exitCode, err }).toEqual({ exitCode: 4, err: expect.stringContaining('run "npm run stan"') })
})

it('exit code 5 if nothing answers', async () => {
  const server = createServer()
  const url = await listen(server)
  await close(server)
  const { exitCode, err } = await batch([], target(url))
  expect({ exitCode, err }).toEqual({ exitCode: 5, err: expect.stringContaining('ECONNREFUSED') })
})

it('exit code 5 if something else answers', async () => {
  const server = createServer((_, response) => response.end('<h1>It works!</h1>'))
  const { exitCode, err } = await batch([], target(await listen(server)))
  await close(server)
  expect({ exitCode, err }).toEqual({
    exitCode: 5,
    err: expect.stringContaining('is no admin API of this version'),
  })
})

it('exit code 6 for a bad token', async () => {
  const { exitCode, err } = await batch([], target(quiet.url, 'wrong'))
  expect({ exitCode, err }).toEqual({
    exitCode: 6,
    err: expect.stringContaining('UNAUTHENTICATED, No such token.'),
  })
})

it('exit code 7 if the event lake does not answer', async () => {
  const server = createServer()
  const TACKLINE_S3_ENDPOINT = await listen(server)
  await close(server)
  const { exitCode, err } = await batch([], {
    ...target(busy.url),
    TACKLINE_S3_ENDPOINT,
    TACKLINE_LAKE_CACHE: 'elsewhere',
  })
  expect({ exitCode, err }).toEqual({
    exitCode: 7,
    err: expect.stringContaining('The event lake does not answer'),
  })
})
