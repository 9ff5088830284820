// Usual goals are read without their schema. They must be read as the schema reads them, and nothing may get
// past that the schema refuses.
import { expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { nearly, odd } from '../../../test/support/nearly-valid.ts'
import { parseWith } from '../../http/parse.ts'
import * as wire from './wire.ts'

const runs = 3_000

const goal = {
  kind: 'goal',
  name: 'purchase',
  value: 9.5,
  id: '1',
  timestamp: 1_700_000_000_000,
  context: { targetingKey: 'ada', plan: 'pro' },
}

const check = (event: object) => {
  const received = JSON.parse(JSON.stringify(event)) as unknown
  expect(kept(wire.parseTrackingEvent(received))).toEqual(kept(parseWith(wire.TrackingEvent, received)))
}

/** Without `__proto__`, which the schema drops, and later every record. */
const kept = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (name, inner: unknown) => (name === '__proto__' ? undefined : inner))

it('are read without the schema', () => {
  expect(wire.isUsualGoal(goal)).toBe(true)
  check(goal)
})

it('are read as the schema reads them, or by the schema', () =>
  fc.assert(
    fc.property(nearly(goal), (event) => check(event as object)),
    { numRuns: runs },
  ))

it('also if the context or a number is unusual', () =>
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(goal)), odd, nearly(goal.context), (name, value, context) => {
      check({ ...goal, context })
      check({ ...goal, context, [name]: value })
    }),
    { numRuns: runs },
  ))

it('have finite numbers', () => {
  for (const name of ['value', 'timestamp'])
    expect(wire.isUsualGoal({ ...goal, [name]: JSON.parse('1e999') as unknown })).toBe(false)
})

it.each(['constructor', 'toString', 'items', 'page', 'attributes'])('leave %s to the schema', (name) => {
  expect(wire.isUsualGoal({ ...goal, [name]: 1 })).toBe(false)
  check({ ...goal, [name]: 1 })
})
