// The status page in workerd: who sees it, that caches may keep it, and that it names nobody and nothing.
import { beforeAll, describe, expect, it } from 'vitest'
import { call, environment, useOwner } from '../../../test/support/control-entities.ts'
import { env } from '../../../test/support/control-plane.ts'
import { flagDraft } from '../../../test/support/build/flag-draft.ts'
import { respondStatus } from './respond.ts'

beforeAll(useOwner)

const token = 'a-long-token-of-the-status-page'
let clock = Date.now()
/** Later than what is kept. */
const ask = (path: string, settings: object = {}, headers: Record<string, string> = {}, method = 'GET') =>
  respondStatus(
    new Request(`https://tackline.example${path}`, { headers, method }),
    path,
    { ...env, STATUS_PAGE: 'public', ...settings },
    (clock += 60_000),
  )

it('tells of a publication and of a job, and of nothing that is configured', async () => {
  const path = await environment()
  await call('POST', `${path}/flags`, flagDraft('secret-launch'))
  const startedAt = Date.now()
  const run = { runner: 'build-machine', startedAt, durationMs: 5, failures: [], everyMs: 60_000 }
  expect((await call('PUT', `${path}/jobs/operations`, run)).status).toBe(200)
  clock = Date.now()
  const response = await ask('/status.json')
  expect(response.status).toBe(200)
  expect(response.headers.get('cache-control')).toBe('public, max-age=30')
  const text = await response.text()
  const status = JSON.parse(text)
  expect(status).toMatchObject({ state: 'ok', parts: { decisions: { state: 'ok' } } })
  expect(status.lastPublishedAt).toBeGreaterThan(startedAt - 60_000)
  expect(status.jobs).toContainEqual({ job: 'operations', doneAt: startedAt, isLate: false })
  const page = await (await ask('/status')).text()
  expect(page).toContain('<!doctype html>')
  expect(page).not.toMatch(/<script|https?:\/\/|style=/)
  for (const secret of ['secret-launch', 'build-machine', path.split('/')[2]!]) {
    expect(text).not.toContain(secret)
    expect(page).not.toContain(secret)
  }
})

it('is asked once in half a minute', async () => {
  const first = await (await ask('/status.json')).json()
  const request = new Request('https://tackline.example/status.json')
  const again = await respondStatus(
    request,
    '/status.json',
    { ...env, STATUS_PAGE: 'public' },
    clock + 29_000,
  )
  expect(await again.json()).toEqual(first)
})

describe('who sees it', () => {
  const basic = (password: string) => ({ authorization: `Basic ${btoa(`any:${password}`)}` })
  it.each<[string, object, Record<string, string>, number]>([
    ['nobody without the setting', { STATUS_PAGE: '' }, {}, 404],
    ['nobody by a misspelt setting', { STATUS_PAGE: 'yes' }, {}, 404],
    ['everybody', { STATUS_PAGE: 'public' }, {}, 200],
    ['not without the token', { STATUS_PAGE: 'token', STATUS_TOKEN: token }, {}, 401],
    ['not by another token', { STATUS_PAGE: 'token', STATUS_TOKEN: token }, basic('other'), 401],
    ['not where no token is set', { STATUS_PAGE: 'token' }, basic(''), 401],
    ['by a broken header', { STATUS_PAGE: 'token', STATUS_TOKEN: token }, { authorization: 'Basic %' }, 401],
    ['by bearer', { STATUS_PAGE: 'token', STATUS_TOKEN: token }, { authorization: `Bearer ${token}` }, 200],
    ['by password', { STATUS_PAGE: 'token', STATUS_TOKEN: token }, basic(token), 200],
  ])('%s', async (_, settings, headers, expected) => {
    const response = await ask('/status', settings, headers)
    expect(response.status).toBe(expected)
    if (expected === 401) expect(response.headers.get('www-authenticate')).toContain('Basic')
    if ('STATUS_TOKEN' in settings && expected === 200)
      expect(response.headers.get('cache-control')).toBe('private, max-age=30')
  })

  it('takes no other method', async () => {
    expect((await ask('/status', {}, {}, 'POST')).status).toBe(405)
    expect((await ask('/status', {}, {}, 'HEAD')).status).toBe(200)
  })
})

it('says 503 where D1 does not answer', async () => {
  const DB = {
    prepare: () => {
      throw new Error('no D1')
    },
  } as unknown as D1Database
  const response = await ask('/status.json', { DB })
  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({ state: 'down', parts: { configuration: { state: 'down' } } })
})
