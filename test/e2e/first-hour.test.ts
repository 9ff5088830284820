// A newcomer's first hour, unattended: a fresh clone, the README's start, the curls that it prints, and every
// command of docs/guides/first-hour.md as printed there. Then the stack is broken, and the doctor names it.
// What is cloned is the last commit. Two things are not as a newcomer does them: the packages are those of
// this folder, by a link, instead of `npm ci`, and the port is a free one.
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'
import type { LocalKeys } from '../../scripts/local-keys.ts'
import { pause } from '../support/stack-fixture.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'tackline-first-hour-'))
const clone = join(folder, 'tackline')
let npm: ChildProcess | undefined
let printed = ''
let url = ''

const blocksOf = (page: string, language: string) =>
  [...readFileSync(join(clone, page), 'utf8').matchAll(/```(\w+)\n(.*?)```/gs)].flatMap(
    ([, kind, text = '']) => (kind === language ? [text] : []),
  )
const bash = async (script: string) => {
  const options = { cwd: clone, timeout: 240_000, maxBuffer: 1e7 }
  return (await promisify(execFile)('bash', ['-ec', script], options)).stdout
}
const ended = () => npm === undefined || npm.exitCode !== null || npm.signalCode !== null

const until = async (isTrue: () => boolean) => {
  while (!isTrue()) await pause(100) // the test's own time limit ends it
}

async function stop() {
  npm?.kill('SIGTERM')
  await until(ended)
}

beforeAll(async () => {
  execFileSync('git', ['clone', '--quiet', root, clone])
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
  const [start] = blocksOf('README.md', 'sh')
  expect(start).toBe('npm ci && npm start\n')
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  npm = spawn('npm', ['start', '--', '--port', String(port)], { cwd: clone })
  for (const stream of [npm.stdout!, npm.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  await until(() => ended() || printed.includes('/ofrep/'))
  if (ended()) throw new Error(`npm start ended: ${printed}`)
}, 400_000)

afterAll(async () => {
  await stop()
  rmSync(folder, { recursive: true, force: true })
}, 120_000)

it('prints three curls, and their answers agree', { timeout: 60_000 }, async () => {
  const curls = printed.split('\n').filter((line) => line.startsWith('  curl '))
  expect(curls).toHaveLength(3)
  const answers: string[] = []
  for (const curl of curls) answers.push(await bash(curl))
  const ofrep = JSON.parse(answers[2]!) as { value: string; variant: string }
  expect(ofrep).toMatchObject({ key: 'new-checkout', value: expect.stringMatching(/^(?:classic|express)$/) })
  expect(answers[0]).toContain(`"new-checkout":"${ofrep.value}"`)
  expect(answers[1]).toContain(`"variationValue":"${ofrep.value}"`)
})

it('comes from a flag to a result by the commands of the guide', { timeout: 300_000 }, async () => {
  const page = readFileSync(join(clone, 'docs/guides/first-hour.md'), 'utf8')
  const blocks = [...page.matchAll(/```(sh|text)\n(.*?)```/gs)].map(([, kind, text = '']) => ({ kind, text }))
  expect(blocks[0]).toEqual({ kind: 'sh', text: 'npm ci && npm start\n' })
  const steps: { command: string; shows: string[] }[] = []
  for (const { kind, text } of blocks.slice(1))
    if (kind === 'sh') steps.push({ command: text, shows: [] })
    else steps.at(-1)!.shows.push(...text.trim().split('\n'))
  const mark = '== the next step =='
  const outputs = (await bash(steps.map(({ command }) => command).join(`\necho '${mark}'\n`))).split(mark)
  const even = (text: string) => text.replaceAll(/\s+/g, ' ')
  for (const [i, { shows }] of steps.entries())
    for (const line of shows)
      expect(even(outputs[i]!)).toContain(even(line).replace('http://127.0.0.1:8787', url))
  expect(steps.filter(({ shows }) => shows.length > 0).length).toBeGreaterThan(5)
})

it('is broken in three ways, and the doctor names each', { timeout: 180_000 }, async () => {
  const doctor = () =>
    bash('npm run -s doctor').then(
      (stdout) => ({ code: 0, stdout }),
      ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
    )
  const saysWrong = (sentence: RegExp) => ({ code: 1, stdout: expect.stringMatching(sentence) as string })
  expect(await doctor()).toMatchObject({ code: 0 })

  const { token } = JSON.parse(readFileSync(join(clone, '.tackline/local.json'), 'utf8')) as LocalKeys
  const run = { runner: 'here', startedAt: Date.now(), durationMs: 1, failures: ['the bucket refused'] }
  const report = await fetch(`${url}/api/v1/environments/demo/jobs/compact`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(run),
  })
  expect(report.status).toBe(200)
  expect(await doctor()).toEqual(saysWrong(/WRONG +demo: job compact fails, never done: the bucket refused/))

  const newest = readdirSync(join(clone, 'migrations'))
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .at(-1)!
  rmSync(join(clone, 'migrations', newest)) // as in a clone that is older than the database
  expect(await doctor()).toEqual(saysWrong(new RegExp(`WRONG +migrations: this clone has no ${newest}`)))

  await stop()
  expect(await doctor()).toEqual(saysWrong(/^WRONG +edge: nothing answers at/))
})
