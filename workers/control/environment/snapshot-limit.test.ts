// An environment whose snapshot is as large as it may be, and one whose snapshots KV does not take.
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, expect, it, vi } from 'vitest'
import {
  call,
  environment,
  objectOf,
  publishedNow,
  useOwner,
} from '../../../test/support/control-entities.ts'
import { flagDraft } from '../../../test/support/build/flag-draft.ts'
import { env } from '../../../test/support/control-plane.ts'
import { snapshotBytesMax } from '../../../core/model/limits.ts'
import { repairAfterMs, repairDelayMs } from './unpublished.ts'

beforeAll(useOwner)
afterEach(() => void vi.restoreAllMocks())

/** About 860,000 bytes. */
const bigFlag = (key: string) => ({
  key,
  type: 'string',
  enabled: true,
  variations: Array.from({ length: 9 }, (_, i) => ({ id: `v${i}`, value: 'x'.repeat(95_000) })),
  offVariationId: 'v0',
  defaultStrategy: { strategy: { kind: 'fixed', variationId: 'v0' } },
})

it(
  'refuses what makes the snapshot too large, and never what turns off or revokes',
  { timeout: 120_000 },
  async () => {
    const path = await environment()
    const id = path.split('/')[2]!
    const key = await call('POST', `${path}/sdk-keys`, { role: 'client' })
    expect((await call('POST', `${path}/flags`, { ...bigFlag('shelved') })).status).toBe(201)
    expect((await call('PATCH', `${path}/flags/shelved`, { archived: true, enabled: false })).status).toBe(
      200,
    )
    let flags = 0
    let refused = await call('POST', `${path}/flags`, bigFlag(`f${flags}`))
    for (; refused.status === 201; flags++) {
      expect(refused.body.published).toBe(true)
      refused = await call('POST', `${path}/flags`, bigFlag(`f${flags + 1}`))
    }
    expect(flags).toBe(Math.floor(snapshotBytesMax / 856_000))
    expect(refused).toMatchObject({
      status: 413,
      body: {
        code: 'TOO_LARGE',
        detail: expect.stringMatching(/ have 1\d,\d{3},\d{3} bytes .* 16,000,000 /),
      },
    })
    const dry = await call('POST', `${path}/flags?dryRun=true`, bigFlag('dry'))
    expect(dry.status).toBe(413)
    expect((await call('PATCH', `${path}/flags/shelved`, { archived: false })).status).toBe(413)

    const published = { status: 200, body: { changed: true, published: true } }
    expect(await call('PATCH', `${path}/flags/f0`, { enabled: false })).toMatchObject(published)
    expect(await call('PATCH', `${path}/settings`, { panic: true })).toMatchObject(published)
    expect(await call('PATCH', `${path}/sdk-keys/${key.body.id}`, { disabled: true })).toMatchObject(
      published,
    )
    expect(await publishedNow(path)).toMatchObject({ settings: { panic: true }, sdkKeys: [] })
    expect(await call('PATCH', `${path}/flags/f1`, { archived: true, enabled: false })).toMatchObject(
      published,
    )
    const head = await objectOf(path).head(id)
    expect(head).not.toHaveProperty('unpublished')
  },
)

it('publishes the very bytes whose size it judged', async () => {
  const path = await environment()
  const { body } = await call(
    'POST',
    `${path}/flags`,
    flagDraft('é', { key: 'e', description: '\u{1f600}é' }),
  )
  expect(body).toMatchObject({ published: true })
  const text = await env.SNAPSHOTS.get(`snapshot:${path.split('/')[2]}:${body.revision}`)
  expect(JSON.parse(text!)).toMatchObject({ flags: [{ description: '\u{1f600}é' }] })
})

it(
  'tries again less and less often without reading all of D1, and says what is unpublished',
  { timeout: 60_000 },
  async () => {
    const path = await environment()
    const id = path.split('/')[2]!
    await runDurableObjectAlarm(objectOf(path)) // that of its creation
    await runInDurableObject(objectOf(path), async (object, state) => {
      const inside = (object as unknown as { env: typeof env }).env
      vi.spyOn(console, 'error').mockImplementation(() => undefined)
      const put = vi.spyOn(inside.SNAPSHOTS, 'put').mockRejectedValue(new Error('Value length exceeds limit'))
      const batch = vi.spyOn(inside.DB, 'batch')
      const time = vi.spyOn(Date, 'now')
      let now = 2_000_000_000_000
      time.mockImplementation(() => now)
      const from = now
      expect((await call('POST', `${path}/flags`, flagDraft('one'))).body).toMatchObject({ published: false })

      const waits: number[] = []
      const commits = batch.mock.calls.length
      for (let i = 0; i < 12; i++) {
        const alarm = (await state.storage.getAlarm())!
        waits.push(alarm - now)
        now = alarm
        await state.storage.deleteAlarm() // as when an alarm begins
        await object.alarm!()
      }
      expect(waits).toEqual(Array.from({ length: 12 }, (_, i) => repairDelayMs(i + 1)))
      expect(waits[0]).toBe(repairAfterMs)
      expect(waits.at(-1)).toBe(300_000)
      expect(batch.mock.calls.length - commits).toBe(0)
      const attempts = put.mock.calls.length
      expect(await object.head(id)).toMatchObject({
        revision: 1,
        unpublished: { revision: 2, since: from, attempts: 13 },
      })
      const shown = await call('GET', `${path}/published`)
      expect(shown.body).toEqual({ revision: 1, unpublished: { revision: 2, since: from, attempts: 13 } })
      expect(put.mock.calls.length).toBe(attempts) // questions do not shorten the wait

      put.mockRestore()
      now = (await state.storage.getAlarm())!
      await state.storage.deleteAlarm()
      await object.alarm!()
      expect(await object.head(id)).toEqual({ status: 'known', revision: 2 })
    })
  },
)
