import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { addressGroup } from './address-group.ts'

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
  ['2001:0DB8:0001:0002::1', '2001:db8:1:2::'],
  ['2001:db8::1', '2001:db8:0:0::'],
  ['::1', '0:0:0:0::'],
  ['2001:db8:1:2::', '2001:db8:1:2::'],
  ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
])('%s counts as %s', (address, group) => expect(addressGroup(address)).toBe(group))

it('all addresses of a /64 are one caller, however they are written, and others are not', () => {
  const group = fc.integer({ min: 0, max: 0xffff })
  const half = fc.tuple(group, group, group, group)
  const written = (groups: readonly number[]) => groups.map((each) => each.toString(16)).join(':')
  fc.assert(
    fc.property(half, half, half, half, (network, a, b, other) => {
      const short = new URL(`http://[${written([...network, ...b])}]/`).hostname.slice(1, -1)
      expect(addressGroup(short)).toBe(addressGroup(written([...network, ...a])))
      const isSame = written(other) === written(network)
      expect(addressGroup(written([...other, ...a])) === addressGroup(short)).toBe(isSame)
    }),
  )
})
