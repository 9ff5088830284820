import { describe, expect, it } from 'vitest'
import fc from '../test/support/build/fast-check.ts'
import { dayPrefix, daysBetween, environmentPrefix, lakeKey, portions, textOf, toLine } from './lake.ts'
import type { EventRecord } from './records.ts'

const noon = Date.UTC(2026, 10, 21, 12)
const hourMs = 3_600_000

const tracking = (id: string, receivedAt = noon, environmentId = 'demo'): EventRecord => ({
  v: 1,
  kind: 'tracking',
  id,
  environmentId,
  at: noon,
  receivedAt,
  protocol: 'ofrep',
  sdk: '',
  targetingKey: 'ann',
  attributes: {},
  event: 'bought',
  value: 1,
})

it('files an object under environment, day and hour of receipt', () => {
  const key = lakeKey('demo', '2026-11-21T09', 'abc')
  expect(key).toBe('events/v1/environment=demo/day=2026-11-21/hour=09/abc.ndjson.gz')
  expect(key.startsWith(dayPrefix('demo', '2026-11-21'))).toBe(true)
  expect(key.startsWith(environmentPrefix('demo'))).toBe(true)
})

it('separates an environment from one whose name begins with its name', () => {
  expect(lakeKey('demo-2', '2026-11-21T09', 'abc').startsWith(environmentPrefix('demo'))).toBe(false)
})

describe('portions', () => {
  it('are grouped by environment and hour of receipt', () => {
    const lines = [tracking('a'), tracking('b', noon + hourMs), tracking('c', noon, 'prod')].map(toLine)
    expect(portions(lines).map(({ environmentId, hour }) => [environmentId, hour])).toEqual([
      ['demo', '2026-11-21T12'],
      ['demo', '2026-11-21T13'],
      ['prod', '2026-11-21T12'],
    ])
  })

  it('are the same bytes whatever order a redelivered batch comes in', () => {
    const ids = fc.array(fc.string({ minLength: 1, maxLength: 2 }), { minLength: 1 })
    fc.assert(
      fc.property(
        ids.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([one, other]) => {
          const bytes = (order: string[]) =>
            portions(order.map((key) => toLine({ ...tracking('same'), targetingKey: key })))
          expect(bytes(one)).toEqual(bytes(other))
          const byId = (order: string[]) => portions(order.map((id) => toLine(tracking(id)))).map(textOf)
          expect(byId(one)).toEqual(byId(other))
        },
      ),
    )
  })
})

it('lists every UTC day of a window, both ends included', () => {
  expect(daysBetween(noon, noon)).toEqual(['2026-11-21'])
  expect(daysBetween(noon, noon + 12 * hourMs - 1)).toEqual(['2026-11-21'])
  expect(daysBetween(noon, noon + 12 * hourMs)).toEqual(['2026-11-21', '2026-11-22'])
  expect(daysBetween(noon, noon - 24 * hourMs)).toEqual([])
})
