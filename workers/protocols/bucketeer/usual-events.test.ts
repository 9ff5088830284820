// What SDKs usually send is read without its schema. It must be read as the schema reads it, and nothing may
// get past that the schema refuses.
import { describe, expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { nearly, odd } from '../../../test/support/nearly-valid.ts'
import { readUsual, unusual } from './protojson.ts'
import * as wire from './wire.ts'
import * as z from 'zod/mini'

const runs = 3_000

const user = { id: 'ada', data: { plan: 'pro' } }
const common = { timestamp: 1_700_000_000, userId: 'ada', user, tag: 'web', metadata: {} }
const exposure = {
  ...common,
  featureId: 'f',
  featureVersion: 3,
  variationId: 'v',
  reason: { type: 'RULE', ruleId: 'r' },
}
const messages: [string, z.core.$ZodType, object, object][] = [
  ['an exposure', wire.EvaluationEvent, exposure, { reason: exposure.reason, user }],
  [
    'a request',
    wire.RegisterEventsRequest,
    {
      events: [
        { id: 'a', event: exposure },
        { id: 'b', event: null },
      ],
      sdkVersion: '2.6.1',
      sourceId: 7,
    },
    { id: 'a', event: exposure, type: 3 },
  ],
]

describe.each(messages)('Bucketeer: %s', (_, schema, valid, inner) => {
  const check = (value: unknown) => {
    const read = readUsual(schema, value)
    if (read === unusual) return
    const parsed = z.safeParse(schema, value)
    expect(parsed.success, JSON.stringify(value)).toBe(true)
    expect(JSON.stringify(read)).toBe(JSON.stringify(parsed.data))
  }

  it('is read without the schema', () => {
    expect(readUsual(schema, valid)).not.toBe(unusual)
    check(valid)
  })

  it('is read as the schema reads it, or not at all', () =>
    fc.assert(fc.property(nearly({ ...valid }), check), { numRuns: runs }))

  it('also if something within it is unusual', () =>
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(inner)), odd, nearly({ ...inner }), (name, value, whole) => {
        const text = JSON.stringify(valid)
        const replaced = JSON.parse(text, (key, old: unknown) => (key === name ? value : old)) as unknown
        check(JSON.parse(JSON.stringify(replaced)))
        check({ ...valid, events: [whole], user: whole, reason: whole })
      }),
      { numRuns: runs },
    ))
})
