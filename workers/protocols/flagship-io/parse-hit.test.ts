// What is a hit, held against a schema that says the same more slowly.
import { expect, it } from 'vitest'
import * as z from 'zod/mini'
import fc from '../../../test/support/build/fast-check.ts'
import { nearly, odd } from '../../../test/support/nearly-valid.ts'
import { parseHit } from './wire.ts'

const text = z.string().check(z.maxLength(1_000))
const schema = z.looseObject({
  t: text,
  vid: text.check(z.minLength(1)),
  cuid: z.nullish(text),
  qt: z.nullish(z.number()),
  qa: z.nullish(z.boolean()),
})

const hit = { t: 'EVENT', vid: 'ada', cuid: 'known', qt: 5, qa: false, ea: 'purchase', ev: 9.5 }

const check = (value: unknown) => {
  const parsed = parseHit(value)
  expect(parsed !== undefined, JSON.stringify(value)).toBe(schema.safeParse(value).success)
  if (parsed) expect(parsed).toBe(value)
}

it('is what the schema takes', () => {
  check(hit)
  fc.assert(fc.property(nearly(hit), check), { numRuns: 3_000 })
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(hit)), odd, (name, value) => {
      check({ ...hit, [name]: value })
      check(value)
    }),
    { numRuns: 3_000 },
  )
})

it('has a finite queue time', () => check({ ...hit, qt: JSON.parse('1e999') as unknown }))
