import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseOptions } from './command-line.ts'
import { typescript } from './tool.ts'

const options = {
  fresh: { type: 'boolean', default: false },
  port: { type: 'string', default: '8787' },
} as const

describe('parseOptions', () => {
  it('gives the values, with defaults, and the positional arguments', () => {
    expect(parseOptions(['a', '--port', '1'], options, 1)).toEqual({
      ok: true,
      value: { values: { fresh: false, port: '1' }, positionals: ['a'] },
    })
  })

  it.each([
    [['--prot', '1'], "Unknown option '--prot'; the options are --fresh and --port VALUE."],
    [['--port'], "Option '--port <value>' argument missing; the options are --fresh and --port VALUE."],
    [['--fresh=1'], "Option '--fresh' does not take an argument; the options are --fresh and --port VALUE."],
    [['now'], "Unexpected argument 'now'; the options are --fresh and --port VALUE."],
  ])('answers %j with one sentence', (args, problem) => {
    expect(parseOptions(args, options)).toEqual({ ok: false, problem })
  })

  it('says so if there is one option or none', () => {
    expect(parseOptions(['-x'], {})).toMatchObject({
      problem: expect.stringContaining('there are no options'),
    })
    expect(parseOptions(['-x'], { only: { type: 'string' } })).toMatchObject({
      problem: expect.stringContaining('the only option is --only VALUE'),
    })
  })
})

const commands = ['start', 'deploy', 'token', 'config', 'check', 'lockfile'].map((name) =>
  name === 'lockfile' ? 'scripts/lockfile.mjs' : `scripts/${name}.ts`,
)

it.each([
  ...commands,
  'bench/run.ts',
  'bench/edge/run.ts',
  'test/soak/run.ts',
  'test/chaos/run.ts',
  'test/demo/run.ts',
])('%s answers a misspelt option with one sentence and exit code 2', (file) => {
  const root = path.resolve(import.meta.dirname, '..')
  const command = [...typescript, file, '--misspelt']
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' })
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(/^Unknown option '--misspelt'; the (only )?options? .*[.]\n$/),
  })
})
