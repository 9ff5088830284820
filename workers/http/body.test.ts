// Bodies with and without a declared length: read completely, refused if too large or not UTF-8.
import { describe, expect, it } from 'vitest'
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
