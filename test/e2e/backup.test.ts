// A backup restored into an empty installation decides as the one that was saved, for the keys that users
// have, through all three protocols; its history, results, tokens and what waits for its time come along.
// Restored into a living environment it undoes what came after.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import pLimit from 'p-limit'
import { afterAll, expect, it } from 'vitest'
import { murmur3x86 } from '../../core/hash/murmur3-x86-32.ts'
import { call } from '../../scripts/admin.ts'
import { demoEnvironment, seedDemo } from '../../scripts/demo-data.ts'
import { freePort } from '../../scripts/free-port.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { typescript } from '../../scripts/tool.ts'
import { assignmentShards } from '../../workers/contracts/assignments-contract.ts'

const root = path.join(import.meta.dirname, '../..')
const folder = mkdtempSync(path.join(tmpdir(), 'tackline-backup-'))
const saved = path.join(folder, 'saved')
/** Keeps variations for users; edge does without them if they take longer than 250 ms. */
const keeping = 'keeping'
const within = { timeout: 30_000 }
const at = `/environments/${demoEnvironment}`
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
const run = async ({ url, token }: Stack, script: string, ...args: string[]) => {
  const command = [...typescript, `scripts/${script}.ts`, ...args]
  const passphrase = { TACKLINE_BACKUP_PASSPHRASE: 'a passphrase of many words' }
  const env = { ...process.env, TACKLINE_URL: url, TACKLINE_TOKEN: token, ...passphrase }
  return (await promisify(execFile)(process.execPath, command, { cwd: root, env })).stdout
}

/**
 * All are evaluated in bulk by the admin API, which reads the published snapshot as edge does; the first ones
 * are asked through the three protocols as well. TACKLINE_USERS=10000 is what the guide tells of.
 */
const usersCount = Number(process.env['TACKLINE_USERS'] ?? 200)
const askedThroughEdge = 200
const atOnce = 25
const contextsAtOnce = 100
const users = Array.from({ length: usersCount }, (_, i) => `user-${i}`)
const planOf = (user: string) => (user.endsWith('7') ? 'team' : 'free')
const importedKey = 'a-key-that-another-system-gave-out'

type Ask = (url: string, key: string, user: string) => Promise<unknown>
const post = async (address: string, headers: Record<string, string>, body: object) => {
  const response = await fetch(address, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${address}: ${response.status} ${await response.text()}`)
  return (await response.json()) as any
}
const protocols: Record<string, Ask> = {
  ofrep: async (url, key, user) => {
    const context = { targetingKey: user, plan: planOf(user) }
    const answer = await post(
      `${url}/ofrep/v1/evaluate/flags`,
      { authorization: `Bearer ${key}` },
      { context },
    )
    return answer.flags.map((flag: any) => [flag.key, flag.variant, flag.value, flag.reason])
  },
  bucketeer: async (url, key, user) => {
    const body = { user: { id: user, data: { plan: planOf(user) } }, tag: 'web', sourceId: 7 }
    const answer = await post(`${url}/get_evaluations`, { authorization: key }, body)
    return answer.evaluations.evaluations.map((one: any) => [one.featureId, one.variationId, one.reason])
  },
  'flagship-io': async (url, key, user) => {
    const body = { visitor_id: user, context: { plan: planOf(user) }, trigger_hit: false }
    const answer = await post(`${url}/v2/${demoEnvironment}/campaigns`, { 'x-api-key': key }, body)
    return answer.campaigns.map((one: any) => [one.id, one.variationGroupId, one.variation])
  },
}

/** What each user is answered through each protocol. */
const answersOf = ({ url }: Stack, key: string): Promise<string[]> =>
  pLimit(atOnce).map(users.slice(0, askedThroughEdge), async (user) =>
    JSON.stringify(await Promise.all(Object.values(protocols).map((ask) => ask(url, key, user)))),
  )

/** Each user's evaluation of each flag. */
async function decisionsOf(stack: Stack): Promise<string[]> {
  const decided: string[] = []
  for (let i = 0; i < users.length; i += contextsAtOnce) {
    const contexts = users
      .slice(i, i + contextsAtOnce)
      .map((user) => ({ targetingKey: user, attributes: { plan: planOf(user) } }))
    const { results } = await call<{ results: unknown[] }>(stack, 'POST', `${at}/evaluate`, { contexts })
    decided.push(...results.map((result) => JSON.stringify(result)))
  }
  return decided
}

/** Everything of the environment that a person can read through the admin API. */
async function contentsOf(stack: Stack): Promise<Record<string, unknown>> {
  const environment = [
    'flags',
    'segments',
    'goals',
    'experiments',
    'operations',
    'triggers',
    'schedules',
    'progressive-rollouts',
    'dynamic-allocations',
    'tags',
    'webhooks',
    'settings',
    'sdk-keys',
    'revisions',
    'experiments/checkout-conversion/results',
  ].map((list) => `${at}/${list}`)
  const organisation = ['members', 'tokens', 'projects'].map((list) => `/organisations/default/${list}`)
  const contents: Record<string, unknown> = {}
  for (const list of [...environment, ...organisation, '/environments'])
    contents[list] = await call(stack, 'GET', list)
  return contents
}

/** As the runner stores one. */
function resultOf(goalKey: string, ids: string[]): object {
  const computedAt = Date.now()
  const rate = { mean: 0.1, sd: 0.01, q025: 0.08, median: 0.1, q975: 0.12 }
  const counted = { users: 100, conversions: 10, rate, expectedLoss: 0, uplift: null }
  const even = { probabilityBest: 0.5, probabilityBeatsBaseline: 0.5 }
  return {
    goalKey,
    baselineVariationId: ids[0],
    computedAt,
    window: { from: computedAt - 3_600_000, to: computedAt },
    inputHash: '7'.repeat(64),
    prior: { alpha: 0.5, beta: 0.5 },
    engine: { kind: 'exact', method: 'beta-binomial quadrature' },
    variations: ids.map((variationId) => ({ variationId, ...counted, ...even })),
    health: { status: 'green', checks: [] },
    verdict: { kind: 'undecided', reason: 'Keep running.' },
  }
}

/** One of each thing that an installation can hold. Returns the key of users. */
async function fill(stack: Stack): Promise<string> {
  const { clientKey } = await seedDemo(stack, demoEnvironment)
  const make = (where: string, body: object) => call<any>(stack, 'POST', `${at}${where}`, body)
  await make('/segments', { key: 'insiders', name: 'Insiders' })
  const put = await fetch(`${stack.url}/api/v1${at}/segments/insiders/members`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${stack.token}`, 'content-type': 'text/plain' },
    body: users.filter((_, i) => i % 10 === 3).join('\n'),
  })
  expect(put.status).toBe(200)
  await call(stack, 'PATCH', `${at}/flags/welcome-banner`, {
    rules: [
      {
        name: 'insiders',
        anyOf: [[{ operator: 'in-segment', values: ['insiders'] }]],
        strategy: { kind: 'fixed', variationId: 'on' },
      },
    ],
  })
  const variations = ['one', 'two'].map((name) => ({ id: name, name, value: name }))
  const half = (ids: string[]) => ({
    kind: 'rollout',
    shares: ids.map((variationId) => ({ variationId, weight: 50_000 })),
  })
  const flag = { type: 'string', enabled: true, tags: ['web'], variations, offVariationId: 'one' }
  await make('/flags', {
    ...flag,
    key: 'split',
    name: 'Split',
    defaultStrategy: { strategy: half(['one', 'two']) },
  })
  const grown = { defaultStrategy: { strategy: { kind: 'fixed', variationId: 'one' } } }
  await make('/flags', { ...flag, ...grown, key: 'growing', name: 'Growing' })
  await make('/progressive-rollouts', {
    id: 'growth',
    name: 'Growth',
    flagKey: 'growing',
    variationId: 'two',
    template: { increment: 30_000, holdMs: 3_600_000 },
  })
  const changes = { enabled: false }
  const schedule = { id: 'night', name: 'Night', at: Date.now() + 7 * 86_400_000 }
  await make('/schedules', { ...schedule, flagKey: 'fast-search', changes })
  await make('/triggers', { id: 'panic', name: 'Panic', flagKey: 'fast-search', action: 'turn-off' })
  await make('/webhooks', { id: 'hook', name: 'Hook', url: 'https://hooks.example.com/tackline' })
  await make('/import/flagship-io', {
    campaigns: [],
    sdkKeys: [{ key: importedKey, role: 'client', name: 'imported' }],
  })
  const { experiments } = await call<any>(stack, 'GET', `${at}/experiments`)
  const [{ id: experimentId, goalKeys, baselineVariationId }] = experiments
  const other = 'checkout-express'
  await make(`/experiments/${experimentId}/results`, resultOf(goalKeys[0], [baselineVariationId, other]))
  await call(stack, 'POST', '/organisations/default/members', {
    email: 'ada@example.com',
    name: 'Ada',
    role: 'admin',
  })
  await call(stack, 'POST', '/organisations/default/projects', { id: 'shop', name: 'Shop' })
  await call(stack, 'POST', '/environments', { id: keeping, name: 'Keeping' })
  const keeps = { ...flag, key: 'kept', name: 'Kept', assignment: 'kept' }
  const split = { defaultStrategy: { strategy: half(['one', 'two']) } }
  await call(stack, 'POST', `/environments/${keeping}/flags`, { ...keeps, ...split })
  await call(stack, 'POST', '/environments', { id: 'old', name: 'Old', project: 'shop' })
  await call(stack, 'PATCH', '/environments/old', { archived: true })
  return clientKey
}

it(
  'an empty installation decides as the one that was saved',
  { timeout: 600_000 + 300 * usersCount },
  async () => {
    const first = await start('first')
    const key = await fill(first)
    const keeper = await keepSome(first)
    await expect.poll(() => bannerOf(first, key, 'user-3'), within).toBe(true)
    console.log(await run(first, 'backup', saved))
    const files = readdirSync(saved, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
    const texts = files.map(({ parentPath, name }) => readFileSync(path.join(parentPath, name), 'utf8'))
    expect(texts.join('')).not.toMatch(/tl_client_|tl_server_|tla_|whsec_/)
    expect(texts.join('')).not.toContain(importedKey)
    const contents = await contentsOf(first)
    const before = await answersOf(first, key)
    expect(new Set(before).size).toBeGreaterThan(10)
    const decided = await decisionsOf(first)
    expect(decided).toHaveLength(usersCount)
    expect(new Set(decided).size).toBeGreaterThan(10)

    // What came after is undone, as a change like any other.
    await call(first, 'PATCH', `${at}/flags/fast-search`, { enabled: false })
    await call(first, 'PATCH', `${at}/flags/welcome-banner`, { rules: [] })
    await expect.poll(() => bannerOf(first, key, 'user-3'), within).toBe(false)
    const said = await run(first, 'restore', saved)
    expect(said).toContain(`${demoEnvironment}: restored by revision`)
    await expect.poll(() => bannerOf(first, key, 'user-3'), within).toBe(true)
    expect(await answersOf(first, key)).toEqual(before)
    expect((await decisionsOf(first)).filter((each, i) => each !== decided[i])).toEqual([])
    expect(await run(first, 'restore', saved)).toContain(`${demoEnvironment}: is as in the backup`)

    const second = await start('second')
    console.log(await run(second, 'restore', saved))
    await expect.poll(() => bannerOf(second, key, 'user-3'), within).toBe(true)
    expect(await bannerOf(second, importedKey, 'user-3')).toBe(true)
    expect(await answersOf(second, key)).toEqual(before)
    expect((await decisionsOf(second)).filter((each, i) => each !== decided[i])).toEqual([])
    for (const [user, variation] of keeper.kept)
      await expect.poll(() => valueOf(second, keeper.key, 'kept', user), within).toBe(variation)
    expect(await run(second, 'restore', '--published')).toContain(`${demoEnvironment}: published at revision`)
    expect(withoutUse(await contentsOf(second))).toEqual(withoutUse(contents))
  },
)

/** Without what is not saved: the first token of each, when tokens were used, how deliveries went. */
const withoutUse = (contents: object): unknown =>
  JSON.parse(JSON.stringify(contents), (name, value: unknown) =>
    name === 'lastUsedAt' || name === 'health'
      ? undefined
      : name === 'tokens'
        ? (value as { id: string }[]).filter(({ id }) => id !== 'first-token')
        : value,
  )

/**
 * Some users come while the split is even, and keep what they got when it no longer is. Returns what they
 * keep, and the key by which they ask.
 */
async function keepSome(stack: Stack): Promise<{ key: string; kept: ReadonlyMap<string, string> }> {
  const path = `/environments/${keeping}`
  const { key } = await call<{ key: string }>(stack, 'POST', `${path}/sdk-keys`, {
    role: 'client',
    name: 'app',
  })
  await expect.poll(async () => (await single(stack, key, 'kept', 'user-0')).status, within).toBe(200)
  const kept = new Map<string, string>()
  for (const user of users.slice(0, 20)) {
    await single(stack, key, 'kept', user)
    await expect.poll(() => keptOf(stack, user), within).toMatch(/^(?:one|two)$/)
    kept.set(user, (await keptOf(stack, user))!)
  }
  expect(new Set(kept.values()).size).toBe(2)
  const all = { kind: 'rollout', shares: [{ variationId: 'two', weight: 100_000 }] }
  await call(stack, 'PATCH', `${path}/flags/kept`, { defaultStrategy: { strategy: all } })
  return { key, kept }
}

async function keptOf(stack: Stack, user: string): Promise<string | undefined> {
  const who = `visitor:${user}`
  const path = `/backup/assignments/${keeping}?shard=${murmur3x86(who) % assignmentShards}`
  const { assignments } = await call<{ assignments: string[][] }>(stack, 'GET', path)
  return assignments.find(([name]) => name === who)?.[2]
}

const single = ({ url }: Stack, key: string, flag: string, targetingKey: string) =>
  fetch(`${url}/ofrep/v1/evaluate/flags/${flag}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ context: { targetingKey } }),
  })
const valueOf = async (stack: Stack, key: string, flag: string, user: string) =>
  ((await (await single(stack, key, flag, user)).json()) as { value?: unknown }).value
const bannerOf = (stack: Stack, key: string, user: string) => valueOf(stack, key, 'welcome-banner', user)
