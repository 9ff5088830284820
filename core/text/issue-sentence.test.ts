import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { config, safeParse } from 'zod/v4/core'
import { issueSentence } from './issue-sentence.ts'

config({ customError: issueSentence })

describe('what is wrong with a value', () => {
  it.each<[z.ZodType, unknown, string]>([
    [z.string(), 1, 'must be text'],
    [z.object({ a: z.string() }), {}, 'is missing'],
    [z.int(), 1.5, 'must be a whole number'],
    [z.number(), Infinity, 'must be a number'],
    [z.boolean(), 'yes', 'must be true or false'],
    [z.array(z.string()), {}, 'must be a list'],
    [z.record(z.string(), z.string()), [], 'must be an object'],
    [z.string().max(100_000), 'a'.repeat(100_001), 'must have at most 100,000 characters'],
    [z.string().min(1), '', 'must not be empty'],
    [z.string().min(2), 'a', 'must have at least 2 characters'],
    [z.string().length(1), 'ab', 'must have exactly 1 character'],
    [z.array(z.string()).max(1), ['a', 'b'], 'must have at most 1 item'],
    [z.array(z.string()).min(1), [], 'must not be empty'],
    [z.number().max(0.00001), 1, 'must be at most 0.00001'],
    [z.number().lt(5), 5, 'must be less than 5'],
    [z.int().min(1), 0, 'must be at least 1'],
    [z.number().gt(0), 0, 'must be more than 0'],
    [z.number().multipleOf(0.5), 0.3, 'must be a multiple of 0.5'],
    [z.literal('a'), 'b', 'must be "a"'],
    [z.enum(['a', 'b']), 'c', 'must be one of "a", "b"'],
    [z.union([z.string(), z.number(), z.int()]), true, 'must be text or a number'],
    [z.union([z.string().max(1), z.array(z.string())]), 'ab', 'must have at most 1 character'],
    [z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]), {}, 'is not valid'],
    [z.discriminatedUnion('k', [z.object({ k: z.literal('a') })]), { k: 'b' }, 'must be "a"'],
    [z.strictObject({}), { a: 1 }, 'must not have a'],
    [z.record(z.string().max(1), z.string()), { ab: '' }, 'has a name that must have at most 1 character'],
    [z.email(), 'a', 'must be an email address'],
    [z.url(), 'a', 'must be a web address'],
    [z.iso.datetime(), 'a', 'must be a time such as 2026-03-29T07:00:00Z'],
    [z.string().regex(/^a/), 'b', 'is not written as it must be'],
    [z.string().regex(/^a/, 'begins with a'), 'b', 'begins with a'],
    [z.never(), 1, 'must be left out'],
  ])('%# is said in words', (schema, value, sentence) => {
    expect(safeParse(schema, value).error?.issues[0]?.message).toBe(sentence)
  })
})
