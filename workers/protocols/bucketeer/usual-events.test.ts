// What SDKs usually send is read without its schema. It must be read as the schema reads it, and nothing may
// get past that the schema refuses.
import { describe, expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { readUsual, unusual } from './protojson.ts'
import * as wire from './wire.ts'
import * as z from 'zod/mini'

const runs = 3_000

/** Values that a limit or a type turns on. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    true,
    0,
    -0,
    -1,
    1.5,
    2 ** 53,
    1e15,
    1e15 + 1,
    1e308,
    '',
    ' ',
    '7',
  ),
  fc.constantFrom<unknown>(
    'a'.repeat(10),
    'a'.repeat(11),
    'a'.repeat(1_000),
    'a'.repeat(1_001),
    'DEFAULT',
    [],
    {},
  ),
  fc.constantFrom<unknown>('a'.repeat(200), 'a'.repeat(201), '1e5', '0x10', [''], { a: 1 }, { a: 'b' }),
  fc.constant<unknown>(JSON.parse('{"__proto__":{"a":"b"}}')),
)

/** A valid message with some of its fields replaced, missing, renamed or added. */
const nearly = (valid: Readonly<Record<string, unknown>>) =>
  fc
    .record({
      changed: fc.dictionary(fc.constantFrom(...Object.keys(valid), 'other', '__proto__'), odd, {
        maxKeys: 2,
      }),
      removed: fc.subarray(Object.keys(valid), { maxLength: Math.min(3, Object.keys(valid).length) }),
      isSnake: fc.boolean(),
    })
    .map(({ changed, removed, isSnake }) => {
      const entries = Object.entries(valid).filter(([name]) => !removed.includes(name))
      const all = [...entries.filter(([name]) => !Object.hasOwn(changed, name)), ...Object.entries(changed)]
      const named = all.map(([name, value]) => [isSnake ? toSnake(name) : name, value] as const)
      return JSON.parse(JSON.stringify(Object.fromEntries(named))) as unknown // as it comes: from JSON
    })

const toSnake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

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
