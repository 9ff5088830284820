// `npm run bench:control`: measures the control plane on this machine through the admin API of the local
// stack: a change from command to KV, a page of a list, a million members from upload to decision. Times are
// of whole requests. Never fails because of a time.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Admin, call } from '../../scripts/admin.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { freePort } from '../../scripts/free-port.ts'
import { fillFlags } from '../fill-flags.ts'

const sizes = [1_000, 10_000] as const
const members = 1_000_000
const repeats = 20

const directory = mkdtempSync(join(tmpdir(), 'tackline-bench-'))
const start = async (state: 'keep' | 'reset') => startStack({ port: await freePort(), directory, state })
const table: [string, string][] = []
const say = (what: string, ms: number) => {
  table.push([what, `${ms.toFixed(ms < 10 ? 1 : 0)} ms`])
  console.error(`${what}: ${ms.toFixed(1)} ms`)
}

let stack: Stack = await start('reset')
try {
  for (const size of sizes) await call(stack, 'POST', '/environments', { id: `of-${size}` })
  await stack.stop()
  for (const size of sizes) fillFlags(directory, `of-${size}`, size)
  stack = await start('keep')
  for (const size of sizes) await measureSize(stack, size)
  await measureMembers(stack)
} finally {
  await stack.stop()
  rmSync(directory, { recursive: true, force: true })
}
console.log('| what | takes |\n| --- | --- |')
for (const row of table) console.log(`| ${row.join(' | ')} |`)

async function measureSize(admin: Admin, size: number): Promise<void> {
  const path = `/environments/of-${size}`
  const toggle = (on: boolean) =>
    call<{ published: boolean }>(admin, 'PATCH', `${path}/flags/flag-00001`, { enabled: on })
  say(
    `${size} flags: first change of a fresh object, which reads all of them`,
    await once(() => toggle(true)),
  )
  let on = true
  say(`${size} flags: a change, from command to KV`, await median(() => toggle((on = !on))))
  say(
    `${size} flags: a change of what is not in the bucketing file`,
    await median(() => call(admin, 'POST', `${path}/goals`, { key: `g${Math.random()}` })),
  )
  for (const query of [
    '',
    '?limit=200',
    '?sort=updatedAt&order=desc',
    '?tag=web',
    '?q=number%20777',
    '?enabled=true&archived=false&hasExperiment=false',
  ])
    say(`${size} flags: GET flags${query}`, await median(() => call(admin, 'GET', `${path}/flags${query}`)))
}

async function measureMembers(admin: Admin): Promise<void> {
  const path = '/environments/of-1000'
  await call(admin, 'POST', `${path}/segments`, { key: 'million' })
  const { key } = await call<{ key: string }>(admin, 'POST', `${path}/sdk-keys`, { role: 'server' })
  const strategy = (variationId: string) => ({ kind: 'fixed', variationId })
  await call(admin, 'POST', `${path}/flags`, {
    key: 'bench-flag',
    type: 'boolean',
    enabled: true,
    variations: [
      { id: 'in', value: 'true' },
      { id: 'out', value: 'false' },
    ],
    rules: [{ anyOf: [[{ operator: 'in-segment', values: ['million'] }]], strategy: strategy('in') }],
    defaultStrategy: { strategy: strategy('out') },
  })
  const body = Array.from({ length: members }, (_, i) => `member-${i}`).join('\n')
  const answer = await timed(() =>
    fetch(`${admin.url}/api/v1${path}/segments/million/members`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${admin.token}`, 'content-type': 'text/plain' },
      body,
    }),
  )
  if (!answer.value.ok) throw new Error(await answer.value.text())
  const { entity } = (await answer.value.json()) as { entity: { members: { count: number } } }
  say(
    `${entity.members.count} members: upload (${(body.length / 1e6).toFixed(1)} MB) to published`,
    answer.ms,
  )
  const decide = async (targetingKey: string) => {
    const response = await fetch(`${admin.url}/ofrep/v1/evaluate/flags/bench-flag`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ context: { targetingKey } }),
    })
    return ((await response.json()) as { value: unknown }).value
  }
  const first = await timed(() => decide('member-999999'))
  if (first.value !== true || (await decide('stranger')) !== false) throw new Error('edge decides otherwise')
  say(`${members} members: the first decision at edge, which loads them`, first.ms)
  say(`${members} members: a decision`, await median(() => decide('member-5')))
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const from = performance.now()
  const value = await work()
  return { value, ms: performance.now() - from }
}

async function once(work: () => Promise<unknown>): Promise<number> {
  return (await timed(work)).ms
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < repeats; i++) times.push(await once(work))
  return times.toSorted((a, b) => a - b)[repeats / 2]!
}
