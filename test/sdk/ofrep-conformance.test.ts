// The conformance suite of OFREP: Tackline passes all of it, and a server with one fault fails by its name.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeAll, expect, it } from 'vitest'
import { demoEnvironment, seedDemo } from '../../scripts/demo-data.ts'
import type { Answer } from '../ofrep-conformance/checks.ts'
import { conform } from '../ofrep-conformance/conform.ts'
import { useStack } from '../support/stack-fixture.ts'

const stack = useStack()
let key = ''
beforeAll(async () => {
  key = (await seedDemo(stack(), `${demoEnvironment}-ofrep`)).clientKey
}, 120_000)

it('is passed whole, with nothing skipped', { timeout: 60_000 }, async () => {
  const outcomes = await conform(stack().url, key)
  expect(outcomes.filter(({ result }) => result !== 'passed')).toEqual([])
  expect(outcomes.length).toBeGreaterThan(15)
})

it('skips what is about keys for a server without any', { timeout: 60_000 }, async () => {
  const outcomes = await behind((answer) => answer, undefined, { authorization: `Bearer ${key}` })
  expect(outcomes.filter(({ result }) => result === 'skipped').map(({ name }) => name)).toEqual([
    'a request without a key is refused',
    'an unknown key is refused',
    'the key is taken as a bearer and as X-API-Key',
  ])
})

type Spoil = (answer: Answer, path: string) => Partial<Answer>
const isAlone = (path: string) => /\/flags\/./.test(path)
const dropping = (name: string, { headers }: Answer) => {
  const left = new Headers(headers)
  left.delete(name)
  return { headers: left }
}

it.each<[string, Spoil, RegExp]>([
  ['no ETag', (answer) => dropping('etag', answer), /answered without an ETag/],
  [
    '304 never',
    ({ status }) => (status === 304 ? { status: 200, text: '{"flags":[]}' } : {}),
    /200 instead of 304/,
  ],
  ['404 as 400', ({ status }) => (status === 404 ? { status: 400 } : {}), /answers 400 instead of 404/],
  [
    'a key cut short',
    ({ status, text }) => (status === 404 ? { text: text.replaceAll('/of the%suite', '') } : {}),
    /is read as 'no-such-flag'/,
  ],
  [
    'another decision alone',
    ({ text }, path) => (isAlone(path) ? { text: text.replaceAll(/"variant":"\w+"/g, '"variant":"x"') } : {}),
    /alone, .* among all/,
  ],
  ['bad bodies taken', ({ status }) => (status === 400 ? { status: 200 } : {}), /answers 200 instead of 400/],
  ['everybody let in', ({ status }) => (status === 401 ? { status: 200 } : {}), /instead of 401 or 403/],
  ['an error without its code', ({ text }) => ({ text: text.replace('errorCode', 'code') }), /errorCode/],
  ['no origin', (answer) => dropping('access-control-allow-origin', answer), /the origin is not allowed/],
  ['plain text', (answer) => dropping('content-type', answer), /is not application\/json/],
])('a server with %s fails', { timeout: 60_000 }, async (_, spoil, problem) => {
  const failed = (await behind(spoil, key)).flatMap((outcome) => outcome.problem ?? [])
  expect(failed).toContainEqual(expect.stringMatching(problem))
})

/** Runs the suite against Tackline behind a proxy that spoils its answers. */
async function behind(spoil: Spoil, withKey: string | undefined, added: Record<string, string> = {}) {
  const proxy = createServer((request, response) => {
    const forward = async () => {
      const body = Buffer.concat(await request.toArray()).toString()
      const { connection: _, host: __, 'content-length': ___, ...headers } = request.headers
      const { method = 'POST', url = '/' } = request
      const answer = await fetch(stack().url + url, {
        method,
        headers: { ...(headers as Record<string, string>), ...added },
        ...(method === 'POST' && { body }),
      })
      const read = { status: answer.status, headers: answer.headers, text: await answer.text() }
      const spoiled = { ...read, ...spoil(read, url) }
      for (const [name, value] of spoiled.headers)
        if (!/^(?:content-length|content-encoding|transfer-encoding|connection)$/.test(name))
          response.setHeader(name, value)
      response.writeHead(spoiled.status).end(spoiled.text)
    }
    forward().catch(() => response.writeHead(502).end())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  try {
    return await conform(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, withKey)
  } finally {
    proxy.close()
  }
}
