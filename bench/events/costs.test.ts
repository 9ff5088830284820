// The page has the table of the constants: a changed batch of ingest, price or measurement changes it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { batchOf, costsOf, costsTable, traffic } from './costs.ts'

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')
const toml = read('workers/ingest/wrangler.toml')

it('docs/guides/costs.md has the table', () => {
  expect(read('docs/guides/costs.md')).toContain(costsTable())
})

it('a batch is full, or its time is over', () => {
  expect(traffic.eventsPerSecond).toBe(100)
  expect(batchOf(1, toml)).toEqual({ messages: 100, objectsPerHour: 3_600 })
  expect(batchOf(50, toml)).toEqual({ messages: 20, objectsPerHour: 360 })
  const slower = toml.replace('max_batch_timeout = 10', 'max_batch_timeout = 20')
  expect(batchOf(50, slower)).toEqual({ messages: 40, objectsPerHour: 180 })
})

it('a request is what costs: fifty events in one cost less than a twentieth of fifty requests', () => {
  const total = (events: number) => costsOf(events).at(-1)!.dollars
  expect(total(50) * 20).toBeLessThan(total(1))
  expect(costsOf(50).reduce((sum, { dollars }) => sum + dollars, 0)).toBeCloseTo(2 * total(50))
})
