import { Buffer } from 'node:buffer'
import http from 'node:http'
import { afterEach, expect, it } from 'vitest'
import { bootstrapText } from './bootstrap.ts'

type Point = (to: string, https?: object, http?: object) => void
const { default: point } = (await import(
  /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(bootstrapText)}`
)) as { default: Point }

const original = globalThis.fetch
afterEach(() => {
  globalThis.fetch = original
})

async function redirected(to: string, input: string | Request): Promise<string> {
  let url = ''
  globalThis.fetch = (sent) => {
    url = sent instanceof Request ? `${sent.method} ${sent.url}` : String(sent)
    return Promise.resolve(new Response())
  }
  point(to)
  await fetch(input)
  return url
}

it('is smaller than a KiB, comments included', () => {
  expect(Buffer.byteLength(bootstrapText)).toBeLessThan(1_024)
})

it.each([
  ['decision', '/v2/shop/campaigns?exposeAllKeys=true&extras[]=accountSettings'],
  ['cdn', '/shop/bucketing.json'],
  ['events', '/'],
  ['api-data-connector', '/accounts/shop/segments/ada'],
  ['uc-info', '/v1/segments/clients/shop/visitors/ada?partner=eai'],
])('redirects requests for %s to the given base URL, with path and query', async (host, path) => {
  expect(await redirected('https://flags.shop.example', `https://${host}.flagship.io${path}`)).toBe(
    `https://flags.shop.example${path}`,
  )
  expect(await redirected('https://shop.example/flags/', `https://${host}.flagship.io${path}`)).toBe(
    `https://shop.example/flags${path}`,
  )
})

it.each([
  ['https://flags.example', 'https://flags.example'],
  ['https://flags.example/', 'https://flags.example'],
  ['https://flags.example//', 'https://flags.example'],
  ['flags.example', 'https://flags.example'],
  ['http://localhost:8787', 'http://localhost:8787'],
  ['https://flags.example:8443/', 'https://flags.example:8443'],
  ['https://flags.example/shop', 'https://flags.example/shop'],
  ['https://flags.example/shop/', 'https://flags.example/shop'],
  ['https://flags.example/shop//', 'https://flags.example/shop'],
  ['https://flags.example/v2', 'https://flags.example'],
  ['https://flags.example/shop/v2/', 'https://flags.example/shop'],
  ['https://flags.example/shop?x=1#top', 'https://flags.example/shop'],
])('takes the base URL %s as %s', async (typed, base) => {
  expect(await redirected(typed, 'https://events.flagship.io/')).toBe(`${base}/`)
  expect(await redirected(typed, 'https://cdn.flagship.io/shop/bucketing.json')).toBe(
    `${base}/shop/bucketing.json`,
  )
})

it('keeps a Request object', async () => {
  const request = new Request('https://events.flagship.io/', { method: 'POST', body: '{}' })
  expect(await redirected('https://flags.shop.example', request)).toBe('POST https://flags.shop.example/')
})

it('leaves every other host alone', async () => {
  for (const url of [
    'https://shop.example/v2/shop/campaigns',
    'https://flagship.io/',
    'https://cdn.flagship.io.shop.example/x',
    'https://qa-assistant.flagship.io/bundle.js',
  ])
    expect(await redirected('https://flags.shop.example', url)).toBe(url)
})

it('redirects Node’s https.request in the same way', () => {
  const sent: object[] = []
  const https = { request: (options: object) => void sent.push(options) }
  point('https://flags.shop.example:8443/p', https, http)
  const wrapped = https as { request: (options: object) => void }
  wrapped.request({ hostname: 'cdn.flagship.io', path: '/shop/bucketing.json', method: 'GET' })
  wrapped.request({ hostname: 'shop.example', path: '/' })
  expect(sent).toEqual([
    {
      agent: undefined,
      protocol: 'https:',
      hostname: 'flags.shop.example',
      host: 'flags.shop.example:8443',
      port: '8443',
      path: '/p/shop/bucketing.json',
      method: 'GET',
    },
    { hostname: 'shop.example', path: '/' },
  ])
})
