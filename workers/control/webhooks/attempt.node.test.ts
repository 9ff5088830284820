// Which address a try calls, and when a receiver wants to be called again.
import { expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { retryAfterOf } from './answer.ts'
import { calledUrl } from './attempt.ts'

const path = fc
  .array(fc.constantFrom('/', '//', '..', '127.0.0.1', 'a', '?', '@', ':80', '%2f', '#'))
  .map((parts) => parts.join(''))

it('calls the host that was checked, whatever the path looks like', () =>
  fc.assert(
    fc.property(path, (text) => {
      const url = new URL(`https://hooks.example.com/${text}`)
      expect(calledUrl(url, {}).href).toBe(url.href)
      expect(calledUrl(url, { 'other.example.com': 'http://127.0.0.1:1' }).href).toBe(url.href)
      const { origin, pathname, search } = calledUrl(url, { 'hooks.example.com': 'http://127.0.0.1:3000' })
      expect([origin, pathname, search]).toEqual(['http://127.0.0.1:3000', url.pathname, url.search])
    }),
  ))

it.each([
  ['120', 120_000],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 10_000],
  ['Sun, 06 Nov 1994 08:49:00 GMT', undefined],
  ['-5', undefined],
  ['soon', undefined],
  ['', undefined],
])('Retry-After: %s is in %s ms', (value, ms) =>
  expect(retryAfterOf(new Headers({ 'retry-after': value }), Date.UTC(1994, 10, 6, 8, 49, 27))).toBe(ms),
)
