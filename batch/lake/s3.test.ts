// Against R2 as wrangler runs it locally: signatures, keys with special characters, pages, refusals.
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lakeKey } from '../../analytics/lake.ts'
import { startSimulatedLake } from '../../test/support/simulated-lake.ts'
import { close, listen } from '../../test/support/simulated-stack.ts'
import { patience } from '../endpoint.ts'
import { type S3Options, s3Store } from './s3.ts'

const credentials = { accessKeyId: 'local', secretAccessKey: 'local-secret' }
/** S3 and R2 list this many keys per page. */
const pageLength = 1000

let miniflare: Miniflare
let local: S3Options
beforeAll(async () => {
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default {}',
      compatibilityDate: '2026-10-20',
      r2Buckets: { LAKE: { id: 'tackline-lake', s3Credentials: credentials } },
    }),
  )
  const url = await miniflare.ready
  local = { endpoint: `${url.origin}/cdn-cgi/local/r2/s3`, bucket: 'tackline-lake', ...credentials }
})
afterAll(() => miniflare.dispose())

/** The keys of a prefix. */
async function keysOf(prefix: string, range = {}): Promise<string[]> {
  const listed = await s3Store(local).list(prefix, range)
  if (!listed.ok) throw new Error(listed.problem.message)
  return listed.value.map(({ key }) => key)
}

const put = async (key: string, content: string) => (await miniflare.getR2Bucket('LAKE')).put(key, content)

describe('the S3 client', () => {
  it('says that a transfer broke off', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy())
    })
    const endpoint = await listen(server)
    const hasty = { ...patience, attemptsMax: 2, waitMs: 1 }
    expect(await s3Store({ ...local, endpoint }, hasty).read('a')).toMatchObject({
      ok: false,
      problem: {
        kind: 'lake-unreachable',
        message: expect.stringContaining(`does not answer at ${endpoint}`),
      },
    })
    await close(server)
  })

  it.each([lakeKey('demo', '2026-11-21T09', 'abc'), "odd/it's (one) & <two>+three=4!*~%20/ü.gz"])(
    'lists and reads %s',
    async (key) => {
      await put(key, `content of ${key}`)
      expect(await keysOf(key.slice(0, -3))).toEqual([key])
      const body = await s3Store(local).read(key)
      const content = {
        kind: 'read',
        bytes: new TextEncoder().encode(`content of ${key}`),
        records: undefined,
      }
      expect(body).toEqual({ ok: true, value: content })
    },
  )

  it('lists all pages', async () => {
    const keys = Array.from({ length: pageLength + 1 }, (_, i) => `pages/${String(i).padStart(5, '0')}`)
    await Promise.all(keys.map((key) => put(key, '')))
    expect(await keysOf('pages/')).toEqual(keys)
    const range = { after: 'pages/00004', until: 'pages/01000' }
    expect(await keysOf('pages/', range)).toEqual(keys.slice(5, 1000))
  }, 120_000) // the emulator takes its time to store a thousand objects

  it('says why a request was refused', async () => {
    const refused = (options: S3Options) => s3Store(options).list('')
    expect(await refused({ ...local, secretAccessKey: 'wrong' })).toMatchObject({
      ok: false,
      problem: {
        kind: 'lake-unreachable',
        message: expect.stringContaining('refused: SignatureDoesNotMatch'),
      },
    })
    expect(await refused({ ...local, bucket: 'none' })).toMatchObject({
      problem: { message: expect.stringContaining('NoSuchBucket') },
    })
  })

  it('tells an object that is gone from a store that refuses', async () => {
    expect(await s3Store(local).read('none')).toMatchObject({
      ok: true,
      value: { kind: 'gone' },
    })
    expect(await s3Store({ ...local, bucket: 'none' }).read('none')).toMatchObject({ ok: false })
  })

  it('replaces an object only if it is the one that was read', async () => {
    const store = s3Store(local)
    const bytes = (text: string) => new TextEncoder().encode(text)
    expect(await store.readVersion('swap')).toEqual({ ok: true, value: undefined })
    expect(await store.replace('swap', bytes('1'), '"none"')).toEqual({ ok: true, value: 'conflict' })
    expect(await store.replace('swap', bytes('1'), undefined)).toEqual({ ok: true, value: 'replaced' })
    expect(await store.replace('swap', bytes('2'), undefined)).toEqual({ ok: true, value: 'conflict' })
    const first = await store.readVersion('swap')
    if (!first.ok || !first.value) throw new Error('not read')
    const listed = await store.list('swap')
    expect(listed).toEqual({ ok: true, value: [{ key: 'swap', etag: first.value.etag }] })
    expect(await store.replace('swap', bytes('2'), first.value.etag)).toEqual({ ok: true, value: 'replaced' })
    expect(await store.replace('swap', bytes('3'), first.value.etag)).toEqual({ ok: true, value: 'conflict' })
    expect(await store.readVersion('swap')).toMatchObject({ ok: true, value: { bytes: bytes('2') } })
  })

  it('says that what it replaced before is damaged, after a second look', async () => {
    const lake = await startSimulatedLake()
    const { s3, bucket } = lake
    const store = s3Store(s3)
    await store.replace('manifest', new TextEncoder().encode('{"from":1}'), undefined)
    expect(await store.readVersion('manifest')).toMatchObject({ ok: true, value: { isSound: true } })
    const whole = bucket.objects.get('manifest')!
    bucket.objects.set('manifest', { ...whole, body: new TextEncoder().encode('{"from":2}') })
    bucket.requests.length = 0
    expect(await store.readVersion('manifest')).toMatchObject({ ok: true, value: { isSound: false } })
    expect(bucket.requests).toEqual(['GET manifest', 'GET manifest'])
    await lake.close()
  })

  it('detects that a server is not an S3 bucket, although it answers 200', async () => {
    const server = createServer((_, response) => response.end('<h1>It works!</h1>'))
    const endpoint = await listen(server)
    expect(await s3Store({ ...local, endpoint }).list('')).toMatchObject({
      ok: false,
      problem: { message: expect.stringContaining('is not an S3 bucket') },
    })
    await close(server)
  })

  it('tries again if the store is busy', async () => {
    let requests = 0
    const server = createServer((_, response) => {
      requests++
      if (requests < 3) response.writeHead(503).end()
      else response.end('<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>')
    })
    const endpoint = await listen(server)
    expect(await s3Store({ ...local, endpoint }).list('')).toEqual({
      ok: true,
      value: [{ key: 'a', etag: '' }],
    })
    await close(server)
  })
})
