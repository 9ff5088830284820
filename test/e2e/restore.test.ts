// A backup of two organisations, restored into an installation where one of their environments lives and an
// experiment runs: the absent ones come back, the living one is refused, and a second run goes on from there.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { freePort } from '../../scripts/free-port.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { root, typescript } from '../../scripts/tool.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'tackline-restore-'))
const saved = path.join(folder, 'saved')
const within = { timeout: 30_000 }
const tenantToken = `tla_${'7'.repeat(48)}`
const passphrase = { TACKLINE_BACKUP_PASSPHRASE: 'a horse, a battery' }
let running: Stack | undefined
afterAll(async () => {
  await running?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** With a second organisation, whose owner is not one of the first. */
async function start(name: string): Promise<{ first: Stack; tenant: Stack }> {
  await running?.stop()
  running = await startStack({ port: await freePort(), directory: path.join(folder, name), state: 'keep' })
  const first = running
  await call(first, 'POST', '/organisations', { id: 'acme', owner: 'ada@example.com' })
  const sha256 = createHash('sha256').update(tenantToken).digest('hex')
  const row = {
    id: 'acme-owner',
    organisation_id: 'acme',
    name: 'acme',
    role: 'owner',
    sha256,
    created_at: 1,
  }
  await call(first, 'POST', '/backup/tables/api_tokens', { rows: [row] })
  return { first, tenant: { ...first, token: tenantToken } }
}

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const run = ({ url, token }: Stack, script: string, ...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { ...process.env, TACKLINE_URL: url, TACKLINE_TOKEN: token, ...passphrase }
    const command = [...typescript, `scripts/${script}.ts`, ...args]
    execFile(process.execPath, command, { cwd: root, env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    )
  })

const fixed = { strategy: { kind: 'fixed', variationId: 'off' } }
const even = {
  strategy: {
    kind: 'rollout',
    shares: ['on', 'off'].map((variationId) => ({ variationId, weight: 50_000 })),
  },
}
const banner = {
  key: 'banner',
  name: 'Banner',
  type: 'boolean',
  enabled: true,
  variations: ['on', 'off'].map((id) => ({ id, name: id, value: String(id === 'on') })),
  offVariationId: 'off',
  defaultStrategy: fixed,
}

/** Staff get it. Returns a client's key. */
async function makeShop(
  owner: Stack,
  id: string,
  staff: readonly string[],
  project?: string,
): Promise<string> {
  const at = `/environments/${id}`
  await call(owner, 'POST', '/environments', { id, ...(project !== undefined && { project }) })
  await call(owner, 'POST', `${at}/segments`, { key: 'staff', name: 'Staff' })
  await upload(owner, id, staff)
  const clause = { operator: 'in-segment', values: ['staff'] }
  const rule = { name: 'staff', anyOf: [[clause]], strategy: { kind: 'fixed', variationId: 'on' } }
  await call(owner, 'POST', `${at}/flags`, { ...banner, rules: [rule] })
  return (await call<{ key: string }>(owner, 'POST', `${at}/sdk-keys`, { role: 'client', name: 'app' })).key
}

async function upload({ url, token }: Stack, id: string, ids: readonly string[]): Promise<void> {
  const response = await fetch(`${url}/api/v1/environments/${id}/segments/staff/members`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
    body: ids.join('\n'),
  })
  expect(response.status).toBe(200)
}

async function bannerOf({ url }: Stack, key: string, targetingKey: string): Promise<unknown> {
  const response = await fetch(`${url}/ofrep/v1/evaluate/flags/banner`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ context: { targetingKey } }),
  })
  return ((await response.json()) as { value?: unknown }).value
}

it('a refused environment keeps no other from coming back, and a second run goes on', async () => {
  const { first: old, tenant: oldTenant } = await start('old')
  await call(oldTenant, 'POST', '/organisations/acme/projects', { id: 'acme-shops', name: 'Shops' })
  await makeShop(old, 'shop', ['ada'])
  const extraKey = await makeShop(old, 'extra', ['bob'])
  const tenantKey = await makeShop(oldTenant, 'acme-shop', ['cleo'], 'acme-shops')
  await expect.poll(() => bannerOf(old, tenantKey, 'cleo'), within).toBe(true)
  expect(await run(old, 'backup', saved)).toMatchObject({ code: 0, stderr: '' })
  const { revisions, members } = JSON.parse(readFileSync(path.join(saved, 'backup.json'), 'utf8'))
  expect(Object.keys(revisions).toSorted()).toEqual(['acme-shop', 'extra', 'shop'])
  expect(members).toHaveLength(3)

  const { first, tenant } = await start('new')
  const key = await makeShop(first, 'shop', ['dan'])
  await call(first, 'POST', '/environments/shop/goals', { key: 'bought' })
  await call(first, 'PATCH', '/environments/shop/flags/banner', { defaultStrategy: even })
  await call(first, 'POST', '/environments/shop/experiments', {
    id: 'test',
    name: 'Test',
    flagKey: 'banner',
    goalKeys: ['bought'],
    baselineVariationId: 'off',
    startAt: Date.now() - 1_000,
    stopAt: Date.now() + 86_400_000,
  })
  const refused = await run(first, 'restore', saved)
  expect(refused).toMatchObject({ code: 1, stdout: expect.stringMatching(/^acme-shop: back, at revision/m) })
  expect(refused.stdout).toMatch(/^extra: back, at revision/m)
  expect(refused.stderr).toMatch(
    /^! shop: .*EXPERIMENT_RUNNING.*\n {2}Stop it, or restore with --stop-experiments\.$/m,
  )
  await expect.poll(() => bannerOf(first, tenantKey, 'cleo'), within).toBe(true)
  await expect.poll(() => bannerOf(first, extraKey, 'bob'), within).toBe(true)
  const status = async () =>
    (await call<{ status: string }>(first, 'GET', '/environments/shop/experiments/test')).status
  expect(await status()).toBe('running')
  expect(await bannerOf(first, key, 'dan')).toBe(true)

  const again = await run(first, 'restore', saved, '--stop-experiments')
  expect(again).toMatchObject({ code: 0, stderr: '' })
  expect(again.stdout).toMatch(/^shop: restored by revision/m)
  for (const id of ['extra', 'acme-shop']) expect(again.stdout).toContain(`${id}: is as in the backup`)
  expect(await status()).toBe('stopped')
  await expect.poll(() => bannerOf(first, key, 'dan'), within).toBe(false)
  expect(await bannerOf(first, key, 'ada')).toBe(true)

  // An environment of the other organisation that lives, and one that is archived.
  await call(tenant, 'PATCH', '/environments/acme-shop/flags/banner', { enabled: false })
  await upload(tenant, 'acme-shop', ['eve'])
  await call(first, 'PATCH', '/environments/extra', { archived: true })
  await expect.poll(() => bannerOf(first, tenantKey, 'cleo'), within).toBe(false)
  const last = await run(first, 'restore', saved)
  expect(last).toMatchObject({ code: 0, stderr: '' })
  expect(last.stdout).toMatch(/^acme-shop: restored by revision/m)
  expect(last.stdout).toContain('! extra: is archived, accepts no changes, and stays as it is')
  await expect.poll(() => bannerOf(first, tenantKey, 'cleo'), within).toBe(true)
}, 300_000)
