import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { diff } from './diff.ts'

describe('the differences of two values', () => {
  it('are none exactly where they are equal as JSON', () =>
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const [before, after] = [a, b].map((value) => JSON.parse(JSON.stringify(value)) as unknown)
        expect(diff(before, structuredClone(before))).toEqual([])
        if (diff(before, after).length === 0) expect(after).toEqual(before)
      }),
    ))

  it('each hold what their pointer finds', () =>
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (a, b) => {
          const [before, after] = [a, b].map((value) => JSON.parse(JSON.stringify(value)) as unknown)
          for (const { path, ...found } of diff(before, after)) {
            if ('before' in found) expect(found.before).toEqual(at(before, path))
            if ('after' in found) expect(found.after).toEqual(at(after, path))
          }
        },
      ),
    ))

  it('follow elements by id, and tell another order apart from another content', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => ({ id, weight: 1 }))
    expect(diff([a, b], [b, a])).toEqual([{ path: '', before: ['a', 'b'], after: ['b', 'a'] }])
    expect(diff({ rules: [a, b] }, { rules: [c, a, { ...b, weight: 2 }] })).toEqual([
      { path: '/rules/0', after: c },
      { path: '/rules/2/weight', before: 1, after: 2 },
    ])
    expect(diff([a, b], [b])).toEqual([{ path: '/0', before: a }])
  })

  it('spell names with slashes and tildes as RFC 6901 does', () => {
    expect(diff({ 'a/b~c': 1 }, {})).toEqual([{ path: '/a~1b~0c', before: 1 }])
  })
})

function at(value: unknown, pointer: string): unknown {
  const names = pointer.split('/').slice(1)
  return names.reduce(
    (found, name) => (found as Record<string, unknown>)[name.replaceAll('~1', '/').replaceAll('~0', '~')],
    value,
  )
}
