import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compareVersions, packPlainVersion, packVersion, parseVersion } from './semver.ts'

const part = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 200_000 }))
const version = fc.tuple(part, part, part).map((parts) => parts.join('.'))
const anyText = fc.oneof(
  version,
  version.map((text) => `v${text}`),
  version.map((text) => `${text}-rc.1`),
  fc.string({ unit: fc.constantFrom('0', '1', '9', '.', 'v', '-', '+', 'a') }),
)

it('packed versions are ordered as versions are', () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      const [x, y] = [packVersion(parseVersion(a)!), packVersion(parseVersion(b)!)]
      if (Number.isNaN(x) || Number.isNaN(y)) return
      expect(Math.sign(x - y)).toBe(Math.sign(compareVersions(parseVersion(a)!, parseVersion(b)!)))
    }),
  )
})

it('the quick way reads what it reads as the thorough one does', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const quick = packPlainVersion(text)
      if (!Number.isNaN(quick)) expect(quick).toBe(packVersion(parseVersion(text)!))
    }),
    { numRuns: 2_000 },
  )
  expect(packPlainVersion('1.2.3')).toBe(packVersion(parseVersion('1.2.3')!))
  for (const text of ['', '1.2', '1.2.3.4', '1..3', '01.2.3', '1.2.', 'v1.2.3', '1.2.3-a', '123456.0.0'])
    expect(packPlainVersion(text)).toBeNaN()
})
