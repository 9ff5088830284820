import { expect, it } from 'vitest'
import { isWellFormed } from './well-formed.ts'

it('finds unpaired surrogates, but no texts that merely look like an escaped one', () => {
  expect(['\ud800', 'a\udfff', { a: ['\\\ud800'] }].map(isWellFormed)).toEqual([false, false, false])
  expect(['😀', String.raw`\ud800`, String.raw`\\ud800`, { a: ['\\'] }].map(isWellFormed)).toEqual(
    Array(4).fill(true),
  )
})
