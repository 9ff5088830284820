import { describe, expect, it } from 'vitest'
import { networkOf, originOf } from './event-origin.ts'

const now = Date.UTC(2026, 10, 29, 12)
const day = 86_400_000
const sourceOf = (
  address: string | undefined,
  secret: string | undefined = 'secret',
  at = now,
  id = 'demo',
) => originOf({ address }, { exposureSecret: secret, now: () => at }, id).source

describe('the source of an event', () => {
  it('is the same for an address, within an environment and day, and tells nothing of the address', () => {
    const source = sourceOf('192.0.2.7')
    expect(source).toMatch(/^[0-9a-f]{16}$/)
    expect(sourceOf('192.0.2.7')).toBe(source)
    const others = [
      sourceOf('192.0.2.8'),
      sourceOf('192.0.2.7', 'another'),
      sourceOf('192.0.2.7', 'secret', now + day),
      sourceOf('192.0.2.7', 'secret', now, 'production'),
    ]
    expect(new Set([source, ...others]).size).toBe(5)
  })
  it('is empty without an address, and without a secret: a hash of an address alone can be turned back', () => {
    expect(sourceOf(undefined)).toBe('')
    expect(originOf({ address: '192.0.2.7' }, { exposureSecret: undefined, now: () => now }, 'demo')).toEqual(
      {
        keyKind: '',
        source: '',
      },
    )
  })
  it.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['192.0.2.7', '192.0.2.7'],
  ])('of %s is that of its network', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})
