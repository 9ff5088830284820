// Requests for environments that do not exist store nothing: workerd keeps one database file per Durable
// Object, and no file may appear.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createTestEnvironment, useStack } from '../support/stack-fixture.ts'

const stack = useStack()
const ids = 2_000
const concurrency = 20

const evaluate = (key: string) =>
  fetch(`${stack().url}/ofrep/v1/evaluate/flags`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ context: { targetingKey: 'ada' } }),
  })

/** Database files of all Durable Objects. */
function databases(): string[] {
  const folder = join(stack().logPath, '../state/v3/do')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.sqlite'))
}

it('stores nothing for thousands of random ids, and serves a new environment at once', async () => {
  const { clientKey } = await createTestEnvironment(stack(), 'real')
  expect((await evaluate(clientKey)).status).toBe(200)
  expect((await fetch(`${stack().url}/readyz`)).status).toBe(200)
  const before = databases()
  expect(before.length).toBeGreaterThan(1)
  const statuses = new Set<number>()
  let next = 0
  const scan = async () => {
    while (next < ids) {
      const id = `${(next++ * 2_654_435_761) % 2 ** 32}-scan`
      const path = next % 2 ? `/${id}/bucketing.json` : `/${id}/changes?key=tl_client_${id}_${'0'.repeat(48)}`
      const response = await fetch(stack().url + path)
      await response.arrayBuffer()
      statuses.add(response.status)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, scan))
  expect([...statuses].every((status) => status >= 400 && status < 500)).toBe(true)
  expect(databases()).toEqual(before)

  const missed = `tl_client_late_${'0'.repeat(48)}`
  expect((await evaluate(missed)).status).toBe(403) // KV may remember this for a minute
  const late = await createTestEnvironment(stack(), 'late')
  const deadline = Date.now() + 3_000
  let status = 0
  while (status !== 200 && Date.now() < deadline) status = (await evaluate(late.clientKey)).status
  expect(status).toBe(200)
  expect(databases().length).toBe(before.length + 1)
})
