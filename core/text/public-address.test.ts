// Which addresses a webhook may have.
import { expect, it } from 'vitest'
import { addressProblem } from './public-address.ts'

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
