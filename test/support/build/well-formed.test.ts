import { expect, it } from 'vitest'
import { isWellFormed } from './well-formed.ts'

it('tells half a surrogate pair from a text that spells one', () => {
  expect(['\ud800', 'a\udfff', { a: ['\\\ud800'] }].map(isWellFormed)).toEqual([false, false, false])
  expect(['😀', String.raw`\ud800`, String.raw`\\ud800`, { a: ['\\'] }].map(isWellFormed)).toEqual(
    Array(4).fill(true),
  )
})
