// A backup restored into an empty installation decides as before, for the keys that users have; restored
// into a living environment it undoes what came after.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'
import { demoEnvironment, seedDemo } from '../../scripts/demo-data.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { call } from '../../scripts/admin.ts'
import { typescript } from '../../scripts/tool.ts'

const root = path.join(import.meta.dirname, '../..')
const folder = mkdtempSync(path.join(tmpdir(), 'tackline-backup-'))
const saved = path.join(folder, 'saved')
let running: Stack | undefined
afterAll(async () => {
  await running?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const start = async (name: string) => {
  await running?.stop()
  const directory = path.join(folder, name)
  running = await startStack({ port: await freePort(), directory, state: 'keep' })
  return running
}
const run = ({ url, token }: Stack, script: string, ...args: string[]) =>
  promisify(execFile)(process.execPath, [...typescript, `scripts/${script}.ts`, ...args], {
    cwd: root,
    env: { ...process.env, TACKLINE_URL: url, TACKLINE_TOKEN: token },
  })

const users = Array.from({ length: 1_000 }, (_, i) => `user-${i}`)
/** Variation and reason of all flags, for each user. */
async function decisionsOf({ url }: Stack, key: string, count = users.length): Promise<string[]> {
  const answers: string[] = []
  const ask = async (targetingKey: string) => {
    const response = await fetch(`${url}/ofrep/v1/evaluate/flags`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ context: { targetingKey, plan: targetingKey.endsWith('7') ? 'team' : 'free' } }),
    })
    const { flags } = (await response.json()) as { flags: { key: string; variant: string; reason: string }[] }
    return JSON.stringify(flags.map((flag) => [flag.key, flag.variant, flag.reason]))
  }
  for (let i = 0; i < count; i += 50) answers.push(...(await Promise.all(users.slice(i, i + 50).map(ask))))
  return answers
}

it('an empty installation decides as the one that was saved', { timeout: 600_000 }, async () => {
  const first = await start('first')
  const at = `/environments/${demoEnvironment}`
  const { clientKey } = await seedDemo(first, demoEnvironment)
  await call(first, 'POST', `${at}/segments`, { key: 'insiders', name: 'Insiders' })
  const put = await fetch(`${first.url}/api/v1${at}/segments/insiders/members`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${first.token}`, 'content-type': 'text/plain' },
    body: users.filter((_, i) => i % 10 === 3).join('\n'),
  })
  expect(put.status).toBe(200)
  const insiders = { anyOf: [[{ operator: 'in-segment', values: ['insiders'] }]] }
  const strategy = { kind: 'fixed', variationId: 'on' }
  await call(first, 'PATCH', `${at}/flags/welcome-banner`, {
    rules: [{ name: 'insiders', ...insiders, strategy }],
  })
  await expect.poll(() => bannerOf(first, clientKey, 'user-3')).toBe(true)
  const before = await decisionsOf(first, clientKey)
  expect(new Set(before).size).toBeGreaterThan(3)
  await run(first, 'backup', saved)
  const files = readdirSync(saved, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
  const texts = files.map(({ parentPath, name }) => readFileSync(path.join(parentPath, name), 'utf8'))
  expect(texts.join('')).not.toMatch(/tl_client_|tl_server_|tla_/)

  // What came after is undone, as a change like any other.
  await call(first, 'PATCH', `${at}/flags/fast-search`, { enabled: false })
  await call(first, 'PATCH', `${at}/flags/welcome-banner`, { rules: [] })
  await expect.poll(() => bannerOf(first, clientKey, 'user-3')).toBe(false)
  await run(first, 'restore', saved)
  await expect.poll(() => bannerOf(first, clientKey, 'user-3')).toBe(true)
  expect(await decisionsOf(first, clientKey, 500)).toEqual(before.slice(0, 500))

  const second = await start('second')
  await run(second, 'restore', saved)
  await expect.poll(() => bannerOf(second, clientKey, 'user-3'), { timeout: 20_000 }).toBe(true)
  expect(await decisionsOf(second, clientKey)).toEqual(before)
})

async function bannerOf({ url }: Stack, key: string, targetingKey: string): Promise<unknown> {
  const response = await fetch(`${url}/ofrep/v1/evaluate/flags/welcome-banner`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ context: { targetingKey } }),
  })
  return ((await response.json()) as { value?: unknown }).value
}
