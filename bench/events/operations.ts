// How long a pass over many operations takes: the whole one-shot command, with a real stack and its own lake.
// The first pass counts all events, the second what came since.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { call } from '../../scripts/admin.ts'
import { freePort } from '../../scripts/free-port.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { root, typescript } from '../../scripts/tool.ts'

/** An environment takes 5,000 operations. */
const environments = ['first', 'second']
const flagsEach = 250
/** Of each flag, an operation watches each goal. */
const goalsEach = 20
const usersEach = 2_000
const newUsers = 200
const batchUsers = 100
const storedWithinMs = 120_000

export async function benchOperations(count: number): Promise<void> {
  const operationsEach = Math.ceil(count / environments.length)
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tackline-operations-'))
  const stack = await startStack({ port: await freePort(), directory, state: 'reset' })
  try {
    const keys = new Map<string, string>()
    for (const id of environments) keys.set(id, await prepare(stack, id, operationsEach))
    for (const [id, key] of keys) await meet(stack, id, key, 0, usersEach)
    const pass = () => runOnce(stack, path.join(directory, 'cache'))
    const first = await pass()
    for (const [id, key] of keys) await meet(stack, id, key, usersEach, newUsers)
    const second = await pass()
    const third = await pass()
    console.log(`
| a pass over ${count} operations | takes |
| --- | --- |
| first: ${environments.length * usersEach} users, each with an exposure and an event | ${seconds(first)} |
| next: ${environments.length * newUsers} new users | ${seconds(second)} |
| next: nobody new | ${seconds(third)} (aim: 10 s) |`)
  } finally {
    await stack.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`
const flagOf = (i: number) => `flag-${i % flagsEach}`
const goalOf = (i: number) => `error-${Math.floor(i / flagsEach)}`

/** Returns a client's key. */
async function prepare(stack: Stack, id: string, operationsEach: number): Promise<string> {
  await call(stack, 'POST', '/environments', { id })
  const variations = ['on', 'off'].map((each) => ({ id: each, name: each, value: String(each === 'on') }))
  const flag = {
    type: 'boolean',
    enabled: true,
    variations,
    offVariationId: 'off',
    defaultStrategy: { strategy: { kind: 'fixed', variationId: 'on' } },
  }
  const flags = Object.fromEntries(Array.from({ length: flagsEach }, (_, i) => [flagOf(i), flag]))
  const begun = Date.now()
  const goals = Object.fromEntries(Array.from({ length: goalsEach }, (_, i) => [goalOf(i * flagsEach), {}]))
  const operations = Object.fromEntries(
    Array.from({ length: operationsEach }, (_, i) => [
      `guard-${i}`,
      {
        kind: 'event-rate',
        flagKey: flagOf(i),
        variationId: 'on',
        goalKey: goalOf(i),
        comparison: 'at-least',
        threshold: 0.5,
        // No two ask for the same users, who are counted for each of them.
        countingFrom: begun - i * 1_000,
        minimumUsers: 100,
      },
    ]),
  )
  await call(stack, 'POST', `/environments/${id}/apply`, { flags, goals, operations })
  const path = `/environments/${id}/sdk-keys`
  return (await call<{ key: string }>(stack, 'POST', path, { role: 'client' })).key
}

/** Users who meet a flag each; a tenth of them meets an error. Resolves when all of it is in the lake. */
async function meet(stack: Stack, id: string, key: string, from: number, users: number): Promise<void> {
  const stored = await storedIn(stack, id)
  const type = 'type.googleapis.com/bucketeer.event.client.'
  let sent = 0
  for (let first = from; first < from + users; first += batchUsers) {
    const events = Array.from({ length: Math.min(batchUsers, from + users - first) }, (_, i) => {
      const userId = `user-${first + i}`
      const about = { timestamp: Math.floor(Date.now() / 1_000), userId, user: { id: userId }, tag: '' }
      const exposure = {
        '@type': `${type}EvaluationEvent`,
        featureId: flagOf(first + i),
        featureVersion: 1,
        variationId: 'on',
        reason: { type: 'DEFAULT' },
        ...about,
      }
      const goal = { '@type': `${type}GoalEvent`, goalId: goalOf(0), value: 1, ...about }
      return [exposure, ...((first + i) % 10 === 0 ? [goal] : [])].map((event, n) => ({
        id: `${id}-${userId}-${n}`,
        event,
      }))
    }).flat()
    sent += events.length
    const response = await fetch(`${stack.url}/register_events`, {
      method: 'POST',
      headers: { authorization: key, 'content-type': 'application/json' },
      body: JSON.stringify({ events, sdkVersion: '2.6.1', sourceId: 7 }),
    })
    if (!response.ok) throw new Error(`register_events: ${response.status} ${await response.text()}`)
  }
  const until = Date.now() + storedWithinMs
  while ((await storedIn(stack, id)) < stored + sent) {
    if (Date.now() > until) throw new Error(`not all ${sent} events of ${id} were stored`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

async function storedIn(stack: Stack, id: string): Promise<number> {
  const path = `/environments/${id}/intake`
  return (await call<{ total: { stored: number } }>(stack, 'GET', path)).total.stored
}

/** Milliseconds of the process, with its start. */
async function runOnce({ url, token }: Stack, cache: string): Promise<number> {
  const begun = performance.now()
  const env = { ...process.env, TACKLINE_URL: url, TACKLINE_TOKEN: token, TACKLINE_LAKE_CACHE: cache }
  const options = ['batch/cli.ts', 'operations', '--engine', 'exact']
  const maxBuffer = Infinity // it prints a line for each operation
  await promisify(execFile)(process.execPath, [...typescript, ...options], { cwd: root, env, maxBuffer })
  return performance.now() - begun
}
