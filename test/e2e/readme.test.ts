// What the README says besides `npm start`, in a fresh clone: the question to ask before a deploy, and the
// stack that `npx wrangler dev` runs by itself. Its other commands are named in test/guide-commands.test.ts,
// with what runs them. What is cloned is the last commit, with the packages of this folder by a link.
import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'
import { pause } from '../support/stack-fixture.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'tackline-readme-'))
const clone = join(folder, 'tackline')
const readme = () => readFileSync(join(clone, 'README.md'), 'utf8')

const until = async (isTrue: () => boolean) => {
  while (!isTrue()) await pause(100) // the test's own time limit ends it
}

beforeAll(() => {
  execFileSync('git', ['clone', '--quiet', root, clone])
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('says what a deploy would make, without a network', { timeout: 240_000 }, async () => {
  const [plan = ''] = /^npm run deploy -- --plan.*$/m.exec(readme()) ?? []
  const { stdout } = await promisify(execFile)('bash', ['-ec', plan], { cwd: clone })
  for (const made of ['tackline', 'KV', 'D1', 'R2', 'month']) expect(stdout).toContain(made)
})

it('starts by wrangler alone as well, with the demo data', { timeout: 400_000 }, async () => {
  expect(readme()).toContain('`npx wrangler dev` alone')
  const port = await freePort()
  const env = { ...process.env, PATH: `${join(clone, 'node_modules/.bin')}:${process.env['PATH']}` }
  const options = ['wrangler', 'dev', '--port', String(port)]
  const npx = spawn('npx', options, { cwd: clone, env, detached: true })
  let said = ''
  for (const stream of [npx.stdout, npx.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const hasEnded = () => npx.exitCode !== null || npx.signalCode !== null
  try {
    await until(() => hasEnded() || said.includes('Ready on'))
    if (hasEnded()) throw new Error(`npx wrangler dev ended: ${said}`)
    const [, key] = /client key (tl_client_\S+)/.exec(said) ?? []
    const answer = await fetch(`http://127.0.0.1:${port}/ofrep/v1/evaluate/flags/new-checkout`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ context: { targetingKey: 'ada', plan: 'team' } }),
    })
    expect(await answer.json()).toMatchObject({ value: 'express', reason: 'TARGETING_MATCH' })
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200)
  } finally {
    if (!hasEnded()) process.kill(-npx.pid!, 'SIGTERM')
    await until(hasEnded)
  }
})
