// Bodies with and without a declared length: read completely, refused if too large or not UTF-8.
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { readJson, readText } from './body.ts'

const utf8 = (text: string) => [...new TextEncoder().encode(text)]
const byteOrderMark = [0xef, 0xbb, 0xbf]

/** The same body with a content-length header, as over HTTP, and without one. */
function requests(bytes: readonly number[]): Request[] {
  const body = new Uint8Array(bytes)
  const declared = new Request('http://edge.test', { method: 'POST', body })
  declared.headers.set('content-length', String(body.byteLength))
  return [declared, new Request('http://edge.test', { method: 'POST', body })]
}
const read = (bytes: readonly number[], bytesMax = 100) =>
  Promise.all(requests(bytes).map((request) => readText(request, bytesMax)))

describe('a body', () => {
  it.each([
    ['an empty one', [], ''],
    ['of text', utf8('aé€😀'), 'aé€😀'],
    ['with U+FFFD in it', utf8('a\ufffdb'), 'a\ufffdb'],
    ['with a byte order mark, which is dropped', [...byteOrderMark, ...utf8('a')], 'a'],
    ['with both', [...byteOrderMark, ...utf8('a\ufffd')], 'a\ufffd'],
  ])('is read: %s', async (_, bytes, text) => {
    expect(await read(bytes)).toEqual([
      { ok: true, value: text },
      { ok: true, value: text },
    ])
  })

  it.each([
    ['a byte that starts no sequence', [...utf8('a'), 0xff]],
    ['two bytes of three', [0xe2, 0x82, ...utf8('a')]],
    ['an invalid byte after a byte order mark', [...byteOrderMark, 0xff]],
    ['a truncated sequence after U+FFFD', [...utf8('\ufffd'), 0xc3]],
  ])('is refused if it contains %s', async (_, bytes) => {
    const problem = { code: 'INVALID', message: 'the body is not valid UTF-8, or broke off' }
    expect(await read(bytes)).toMatchObject([
      { ok: false, problem },
      { ok: false, problem },
    ])
  })

  it('with a truncated sequence of three bytes is read as U+FFFD if its length is declared', async () => {
    const [declared, streamed] = await read([0xf0, 0x9f, 0x98, ...utf8('a')])
    expect(declared).toEqual({ ok: true, value: '\ufffda' })
    expect(streamed).toMatchObject({ ok: false })
  })

  it('is refused if it is too large', async () => {
    const refused = { ok: false, problem: { code: 'TOO_LARGE' } }
    expect(await read(utf8('12345'), 4)).toMatchObject([refused, refused])
    expect(await read(utf8('1234'), 4)).toMatchObject([{ ok: true }, { ok: true }])
  })

  it('of JSON has lone surrogates replaced', async () => {
    const [request] = requests(utf8(String.raw`["\ud800", "\ud83d\ude00", "\\ud800"]`))
    expect(await readJson(request!, 100)).toEqual({ ok: true, value: ['\ufffd', '😀', String.raw`\ud800`] })
  })

  it('of JSON keeps every digit of an integer, as a text where a double would lose some', async () => {
    const text =
      '{"id":9007199254740993,"few":9007199254740991,"list":[-12345678901234567890],"float":0.1234567890123456,"e":1e30}'
    const [request] = requests(utf8(text))
    expect(await readJson(request!, 1_000)).toEqual({
      ok: true,
      value: {
        id: '9007199254740993',
        few: 9_007_199_254_740_991,
        list: ['-12345678901234567890'],
        float: 0.1234567890123456,
        e: 1e30,
      },
    })
  })
})

const compress = { gzip: gzipSync, 'x-gzip': gzipSync, deflate: deflateSync, br: brotliCompressSync }
type Encoding = keyof typeof compress
const encodings = Object.keys(compress) as Encoding[]

/** Requests with the bytes as their body, with and without a declared length. */
function encoded(bytes: Uint8Array, contentEncoding: string): Request[] {
  const sent = requests([...bytes])
  for (const { headers } of sent) headers.set('content-encoding', contentEncoding)
  return sent
}
const inflated = (bytes: Uint8Array, contentEncoding: string, bytesMax = 1_000) =>
  Promise.all(encoded(bytes, contentEncoding).map((request) => readText(request, bytesMax)))
const both = (result: object) => [expect.objectContaining(result), expect.objectContaining(result)]
const refusedWith = (code: string) => both({ ok: false, problem: expect.objectContaining({ code }) })

describe('a compressed body', () => {
  it('of any text and encoding is read as the text', () =>
    fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 100 }),
        fc.constantFrom(...encodings),
        async (text, encoding) => {
          const body = compress[encoding](Buffer.from(text))
          const expected = new TextDecoder().decode(Buffer.from(text))
          expect(await inflated(body, encoding)).toEqual(both({ ok: true, value: expected }))
        },
      ),
      { numRuns: 100 },
    ))

  it.each(['identity', '', 'Identity'])('of the encoding %j is read as it is', async (encoding) => {
    expect(await inflated(Buffer.from('abc'), encoding)).toEqual(both({ ok: true, value: 'abc' }))
  })

  it('of no bytes is empty', async () => {
    expect(await inflated(Buffer.from(''), 'gzip')).toEqual(both({ ok: true, value: '' }))
  })

  it('is read whatever the case of the encoding, and in chunks', async () => {
    const bytes = gzipSync(JSON.stringify({ a: 'x'.repeat(500) }))
    const body = new ReadableStream({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]))
        controller.close()
      },
    })
    const headers = { 'content-encoding': ' GZIP ' }
    const init = { method: 'POST', body, headers, duplex: 'half' }
    const request = new Request('http://edge.test', init)
    expect(await readJson(request, 1_000)).toEqual({ ok: true, value: { a: 'x'.repeat(500) } })
  })

  it.each(encodings)('may inflate to the limit exactly, and not to a byte more: %s', async (encoding) => {
    const bytes = compress[encoding](Buffer.alloc(1_000, 'a'))
    expect(await inflated(bytes, encoding, 1_000)).toEqual(both({ ok: true }))
    expect(await inflated(bytes, encoding, 999)).toEqual(refusedWith('TOO_LARGE'))
  })

  it.each(['gzip', 'deflate', 'br'] as const)(
    'that is a bomb is refused without being inflated: %s',
    async (encoding) => {
      const bomb = compress[encoding](Buffer.alloc(50_000_000))
      const before = process.memoryUsage().arrayBuffers
      const startedAt = performance.now()
      const result = await readText(encoded(bomb, encoding)[0]!, 300_000)
      const [ms, bytes] = [performance.now() - startedAt, process.memoryUsage().arrayBuffers - before]
      expect(result).toMatchObject({ ok: false, problem: { code: 'TOO_LARGE' } })
      expect(bytes).toBeLessThan(10_000_000)
      expect(ms).toBeLessThan(1_000)
    },
  )

  it('whose compressed bytes are too many is refused', async () => {
    const noise = gzipSync(Buffer.from(Array.from({ length: 900 }, (_, i) => (i * 7919) % 251)))
    expect(await inflated(noise, 'gzip', 100)).toEqual(refusedWith('TOO_LARGE'))
  })

  const sound = gzipSync('{"a":1}')
  it.each<[string, Uint8Array, string]>([
    ['breaks off in its trailer', sound.subarray(0, -3), 'gzip'],
    ['breaks off in its data', sound.subarray(0, -12), 'gzip'],
    ['breaks off, in brotli', brotliCompressSync('{"a":1}').subarray(0, -1), 'br'],
    [
      'has another checksum',
      Buffer.concat([sound.subarray(0, -8), Buffer.alloc(4), sound.subarray(-4)]),
      'gzip',
    ],
    ['has another length', Buffer.concat([sound.subarray(0, -4), Buffer.alloc(4)]), 'gzip'],
    ['is not compressed at all', Buffer.from('{"a":1}'), 'gzip'],
    ['is compressed otherwise than it says', sound, 'deflate'],
    ['has another header', Buffer.concat([Buffer.from([0x1e]), sound.subarray(1)]), 'gzip'],
    ['inflates to what is not UTF-8', gzipSync(new Uint8Array([0x61, 0xff])), 'gzip'],
  ])('is refused if it %s', async (_, bytes, encoding) => {
    expect(await inflated(bytes, encoding)).toEqual(refusedWith('INVALID'))
  })

  it.each(['zstd', 'compress', 'gzip, gzip', 'gzip,br', 'identity, gzip', 'gzip;q=1', 'utf-8', '*'])(
    'of the encoding %j is refused, naming those that are read',
    async (encoding) => {
      const twice = gzipSync(gzipSync('{}'))
      const [first, second] = await inflated(twice, encoding)
      expect(first).toMatchObject({
        ok: false,
        problem: {
          code: 'UNSUPPORTED_ENCODING',
          message: `content-encoding: ${JSON.stringify(encoding)} is not one of gzip, deflate, br`,
        },
      })
      expect(second).toEqual(first)
    },
  )
})

it('keeps the digits of a long integer wherever it stands', async () => {
  for (let offset = 0; offset < 48; offset++) {
    const body = `{"a":"${'x'.repeat(offset)}","long":9007199254740993,"short":900719925474099}`
    const json = await readJson(new Request('http://edge.test', { method: 'POST', body }), 1_000)
    expect(json).toMatchObject({ ok: true, value: { long: '9007199254740993', short: 900719925474099 } })
  }
})

describe('JSON', () => {
  const json = (text: string) =>
    readJson(new Request('http://edge.test', { method: 'POST', body: text }), 1_000_000)
  const nested = (depth: number, inside = '1') => '['.repeat(depth) + inside + ']'.repeat(depth)

  it('is read to 2,000 levels, and refused beyond', async () => {
    expect(await json(nested(2_000))).toMatchObject({ ok: true })
    for (const text of [nested(2_001), '{"a":'.repeat(2_001) + '1' + '}'.repeat(2_001), '['.repeat(100_000)])
      expect(await json(text)).toEqual({
        ok: false,
        problem: { code: 'INVALID', message: 'the body is nested more than 2000 levels deep' },
      })
  })

  it('counts no brackets in texts, and none that are closed', () =>
    fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 5 }), fc.string({ unit: 'binary' }), async (part, key) => {
        const brackets = JSON.stringify('[{'.repeat(1_200) + key)
        const text = `{${JSON.stringify(key)}:[${`${part},${brackets},`.repeat(3)}${nested(1_990)}]}`
        expect(await json(text)).toMatchObject({ ok: true })
      }),
      { numRuns: 10 },
    ))
})
