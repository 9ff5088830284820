// `npm run deploy` as somebody runs it who starts: its questions, and what they get first. wrangler is a
// fake, the Worker that answers is a real stack, whose D1 takes the first token. The terminal is a real one
// (a pty, by util-linux's `script`), where there is that program.
import { spawn, spawnSync } from 'node:child_process'
import { globSync, rmSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { stateFile } from '../../scripts/deploy/state-file.ts'
import { freePort } from '../../scripts/free-port.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { root, typescript } from '../../scripts/tool.ts'
import { type FakeWrangler, useFakeWrangler } from '../deploy/fake-wrangler.ts'
import { preparedFolder } from '../support/stack-fixture.ts'

const directory = await preparedFolder()
let running: Stack | undefined
const stack = () => running!
beforeAll(async () => {
  running = await startStack({ port: await freePort(), directory, state: 'keep', https: true })
}, 90_000)
afterAll(async () => {
  await running?.stop()
  rmSync(directory, { recursive: true, force: true })
})
const name = 'dialogue'
let fake: FakeWrangler
beforeEach(() => {
  stateFile(name).remove()
  fake = useFakeWrangler()
  const [database] = globSync('state/v3/d1/*/*.sqlite', { cwd: directory }).filter(
    (file) => !file.endsWith('metadata.sqlite'),
  )
  fake.change({
    address: stack().url,
    database: path.join(directory, database!),
  })
})
afterEach(() => {
  fake.remove()
  stateFile(name).remove()
})

interface Talk {
  readonly code: number | null
  readonly text: string
  readonly asked: string[]
}

const hasTerminals = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '')
const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`

/** `answers`: what is typed at a question that contains the key. */
function deploy(answers: Record<string, string>, ...options: string[]): Promise<Talk> {
  const preload = path.join(root, 'test/deploy/as-terminal.ts')
  const args = [...typescript, '--import', preload, 'scripts/deploy.ts', '--name', name, '--account', 'a']
  const words = [process.execPath, ...args, ...options]
  const [program = '', ...rest] = hasTerminals
    ? ['script', '--quiet', '--flush', '--return', '--command', words.map(quoted).join(' '), '/dev/null']
    : words
  const child = spawn(program, rest, {
    cwd: root,
    env: {
      ...process.env,
      ...fake.env,
      NODE_EXTRA_CA_CERTS: stack().certPath,
      ...(!hasTerminals && { FAKE_TERMINAL: '1' }),
    },
  })
  let text = ''
  const asked: string[] = []
  const hear = (chunk: Buffer) => {
    text += chunk.toString()
    for (const [question, answer] of Object.entries(answers))
      if (!asked.includes(question) && text.includes(question)) {
        asked.push(question)
        child.stdin.write(`${answer}\n`)
      }
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, text, asked })))
}

const questions = { 'Domain of your own': '', 'First environment (production)': 'shop-1' }
const found = (text: string, label: string) => new RegExp(`${label} +(\\S+)`).exec(text)?.[1] ?? ''

it(
  'asks for a domain and the first environment, and gives what one needs',
  { timeout: 240_000 },
  async () => {
    const first = await deploy(questions)
    expect(first.text).toContain('Shown once, keep them')
    expect(first).toMatchObject({ code: 0, asked: Object.keys(questions) })
    const admin = { url: stack().url, token: found(first.text, "owner's token") }
    expect(await call(admin, 'GET', '/caller')).toMatchObject({ actor: { name: 'the first owner' } })
    const runner = { url: stack().url, token: found(first.text, "runner's token") }
    expect(await call(runner, 'GET', '/environments/shop-1/flags')).toMatchObject({ flags: [] })
    const decided = await fetch(`${stack().url}/ofrep/v1/evaluate/flags`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${found(first.text, 'client key')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ context: { targetingKey: 'ada' } }),
    })
    expect(decided.status).toBe(200)

    // The same command again upgrades, asks nothing and shows no secret.
    const again = await deploy(questions, '--var', 'STATUS_PAGE=public')
    expect(again).toMatchObject({ code: 0, asked: [] })
    expect(again.text).not.toMatch(/tla_|tl_client_|Shown once/)
    const { config } = fake.read().workers[`tackline-${name}`]!
    expect(config['vars']).toMatchObject({ STATUS_PAGE: 'public' })

    const kept = await deploy({ 'Type the name': 'another' }, '--destroy')
    expect(kept).toMatchObject({ code: 1, asked: ['Type the name'] })
    expect(kept.text).toContain('Nothing was removed')
    expect(Object.keys(fake.read().workers)).toEqual([`tackline-${name}`])
    const gone = await deploy({ 'Type the name': name }, '--destroy')
    expect(gone).toMatchObject({ code: 0, asked: ['Type the name'] })
    expect(Object.keys(fake.read().workers)).toEqual([])
    expect(stateFile(name).read()).toBeUndefined()
  },
)

it('goes on where the first access was cut short', { timeout: 240_000 }, async () => {
  const asked = { ...questions, 'First environment (production)': 'shop-2' }
  fake.change({ failOnce: 'INSERT INTO api_tokens' })
  const cut = await deploy(asked)
  expect(cut.code).toBe(1)
  expect(cut.text).toContain('The database cannot be asked')
  expect(stateFile(name).read()).toMatchObject({ uploaded: [`tackline-${name}`] })
  expect(stateFile(name).read()?.firstEnvironment).toBeUndefined()
  const { workers, kv, queues } = fake.read()
  const whole = await deploy({ 'First environment (production)': 'shop-2' })
  expect(whole).toMatchObject({ code: 0, asked: ['First environment (production)'] })
  expect(fake.read()).toMatchObject({ kv, queues })
  expect(Object.keys(fake.read().workers)).toEqual(Object.keys(workers))
  const admin = { url: stack().url, token: found(whole.text, "owner's token") }
  expect(await call(admin, 'GET', '/environments/shop-2')).toMatchObject({ id: 'shop-2' })
})

it('refuses in a sentence what it cannot take', { timeout: 60_000 }, async () => {
  const wrong = await deploy({ ...questions, 'Domain of your own': 'https://flags' })
  expect(wrong.code).toBe(2)
  expect(wrong.text).toContain("--domain takes a host name such as flags.example.com, not 'https://flags'")
  expect(wrong.text).not.toContain('at ') // a stack
})
