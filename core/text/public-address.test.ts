// Which addresses a webhook may have.
import { isIPv6 } from 'node:net'
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { addressProblem, isPublicIp } from './public-address.ts'

it.each([
  'https://example.com/hook',
  'https://hooks.example.co.uk:8443/a?b=@c#d@e',
  'https://8.8.8.8/',
  'https://172.15.0.1/',
  'https://100.128.0.1/',
  'https://xn--bcher-kva.example/',
  'https://internal.example.com/',
])('%s is public', (url) => expect(addressProblem(url)).toBeUndefined())

it.each([
  'https://localhost/',
  'https://LOCALHOST:8080/',
  'https://api.localhost./',
  'https://printer.local/',
  'https://metadata.google.internal/computeMetadata/v1/',
  'https://router.home.arpa/',
  'https://intranet/',
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://0.0.0.0/',
  'https://10.1.2.3/',
  'https://172.16.0.1/',
  'https://172.31.255.255/',
  'https://192.168.1.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://100.64.0.1/',
  'https://198.18.0.1/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://127.0.0.1./',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[fe80::1]/',
  'https://[fd00::1]/',
  'https://user@example.com/',
  'https://user:password@example.com/',
  'https://example.com@127.0.0.1/',
  'https://example.com\\@127.0.0.1/',
  'https://１２７.0.0.1/',
  'https://127。0。0。1/',
  'https://%31%32%37.0.0.1/',
  'https:///example.com/',
])('%s is not', (url) => expect(addressProblem(url)).toMatch(/^must /))

it('judges the host that a browser would connect to', () => {
  for (const url of ['https://2130706433/', 'https://0x7f.1/', 'https://127.1/', 'https://0177.0.0.1/'])
    expect(new URL(url).hostname).toBe('127.0.0.1')
})

describe('an address that a name resolves to', () => {
  it.each([
    '8.8.8.8',
    '172.15.0.1',
    '2606:4700::1111',
    '2001:4860:4860::8888',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2002:808:808::1',
  ])('%s is public', (ip) => expect(isPublicIp(ip)).toBe(true))

  it.each([
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '0.0.0.0',
    '::',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    '::FFFF:7f00:1',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '::ffff:10.1.2.3',
    '::127.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::8.8.8.8',
    '2002:7f00:1::1',
    '2002:a00:1::1',
    '2001:0:4136:e378::1',
    '2001:db8::1',
    '3fff::1',
    '100::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '127.1',
    '2130706433',
    'localhost',
    '',
    ':',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '2606:4700::12345',
    '::ffff:999.1.1.1',
  ])('%j is not', (ip) => expect(isPublicIp(ip)).toBe(false))

  it('is read as a resolver writes it, in any of its forms, and nothing else is', () => {
    const group = fc.integer({ min: 0, max: 0xffff })
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const long = groups.map((each) => each.toString(16).padStart(4, '0')).join(':')
        const short = new URL(`http://[${long}]/`).hostname.slice(1, -1)
        expect(isPublicIp(short)).toBe(isPublicIp(long.toUpperCase()))
      }),
    )
    const alphabet = fc.constantFrom(':', '::', '0', '1', 'f', '2606', '.', '8.8.8.8')
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 10 }), (parts) => {
        const text = parts.join('')
        if (isPublicIp(text)) expect(isIPv6(text) || /^[\d.]+$/.test(text)).toBe(true)
      }),
    )
  })
})
