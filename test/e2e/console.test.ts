// The console as the stack serves it: page, files and content security policy. It must not hide API routes.
import { readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { freePort } from '../../scripts/free-port.ts'
import { preparedFolder } from '../support/stack-fixture.ts'

const folder = join(import.meta.dirname, '../../console/dist')
const directory = await preparedFolder()
let stack: Stack

beforeAll(async () => {
  stack = await startStack({ port: await freePort(), directory, state: 'keep' })
})
afterAll(async () => {
  await stack?.stop()
  rmSync(directory, { recursive: true, force: true })
})

interface Answer {
  status: number | undefined
  headers: Record<string, string | string[] | undefined>
  text: string
}

/** The headers of a browser for a typed address. `fetch` would send its own mode. */
const get = (path: string, headers: Record<string, string> = {}) =>
  new Promise<Answer>((resolve, reject) => {
    const typedIn = { accept: 'text/html', 'sec-fetch-mode': 'navigate', ...headers }
    request(stack.url + path, { headers: typedIn }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
    })
      .on('error', reject)
      .end()
  })

describe('the page', () => {
  it('is served at the root, allows only its own modules and styles, and cannot be framed', async () => {
    const response = await get('/')
    expect(response.status).toBe(200)
    expect(response.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(response.headers['x-frame-options']).toBe('DENY')
    const page = response.text
    const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(page)?.[1]
    expect(policy?.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
      ]),
    )
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|https?:\/\//)
  })

  it.each(['/environments/demo/flags', '/environments/demo/experiments?token=x'])(
    'is also served at the deep link %s',
    async (path) => expect((await get(path)).text).toBe((await get('/')).text),
  )

  it('references only files that exist, with the right content type', async () => {
    const page = (await get('/')).text
    const named = [...page.matchAll(/<(?:link|script)[^>]+(?:href|src)="([^"]+)"/g)].map(([, path]) => path!)
    const types: Record<string, string> = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' }
    expect(named.length).toBeGreaterThan(2)
    for (const path of named) {
      const { status, headers, text } = await get(path)
      const type = String(headers['content-type']).split(';')[0]
      expect([path, status, type]).toEqual([path, 200, types[path.split('.').at(-1)!]])
      expect(text).toBe(readFileSync(join(folder, path), 'utf8'))
    }
  })
})

it.each([
  ['/api/v1/environments', 401],
  ['/api/v1/no-such-thing', 404],
])('leaves %s to the API, also for a browser navigation', async (path, expected) => {
  const { status, headers } = await get(path)
  expect([status, headers['content-type']]).toEqual([expected, 'application/problem+json'])
})

it('is on the origin of its API', async () => {
  const { text } = await get('/api/v1/environments', { authorization: `Bearer ${stack.token}` })
  expect(JSON.parse(text)).toEqual({ environments: [] })
})
