// What an installation says of itself, in workerd.
import { beforeAll, expect, it } from 'vitest'
import { call, environment, useOwner } from '../../../test/support/control-entities.ts'
import { env } from '../../../test/support/control-plane.ts'
import { snapshotBytesMax } from '../../../core/model/limits.ts'
import { deadLetterKey } from '../../../analytics/lake.ts'

beforeAll(useOwner)

it('names its migrations, its size, and what waits in the bucket', async () => {
  const before = (await call('GET', '/installation')).body
  expect(before).toMatchObject({ kv: 'ok', r2: 'ok' })
  expect(before['migrations']).toContain('0000_init.sql')
  expect(before['databaseBytes']).toBeGreaterThan(10_000)
  await env.LAKE.put(deadLetterKey('2026-11-01', 'abc'), 'x')
  const { body } = await call('GET', '/installation')
  expect(body['deadLetterObjects']).toBe(Number(before['deadLetterObjects']) + 1)
})

it('knows the size of the snapshot in KV, and says so if KV holds none', async () => {
  const path = await environment()
  await call('POST', `${path}/goals`, { key: 'purchase', name: 'Purchase' })
  const { body } = await call('GET', `${path}/snapshot-size`)
  expect(body).toMatchObject({ bytesMax: snapshotBytesMax })
  const id = path.split('/').at(-1)!
  const text = await env.SNAPSHOTS.get(`snapshot:${id}:${String(body['revision'])}`, 'arrayBuffer')
  expect(body['bytes']).toBe(text!.byteLength)
  await env.SNAPSHOTS.delete(`head:${id}`)
  expect((await call('GET', `${path}/snapshot-size`)).status).toBe(404)
})
