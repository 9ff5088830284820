// Ids from uploads: plain text, and CSV in every dialect of spreadsheets, in chunks of any size.
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { type UploadFormat, idsIn, uploadOf } from './member-lines.ts'

/** The ids of a file that arrives in chunks of so many bytes. */
async function idsOf(file: string | Uint8Array, format: UploadFormat, chunkBytes = 7): Promise<string[]> {
  const bytes = typeof file === 'string' ? new TextEncoder().encode(file) : file
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
  }
  const ids: string[] = []
  for await (const batch of idsIn(chunks(), format, 1_000_000)) ids.push(...batch)
  return ids
}
const csv = (file: string | Uint8Array, column?: string, chunkBytes?: number) =>
  idsOf(file, { kind: 'csv', column }, chunkBytes)

describe('an upload that is called plain text', () => {
  it.each<[name: string, file: string, ids: string[]]>([
    ['a list', 'u1\nu2;x\n', ['u1', 'u2;x']],
    ['a header of several columns', 'user_id;tier\nu1;gold\nu2;silver', ['u1', 'u2']],
    ['a header alone, below an empty line', '\nuser_id\r\nu1\r\n', ['u1']],
    ['a quoted header', '"targeting_key","tier"\n"u1","gold"', ['u1']],
    ['ids that are words of headers', 'id\nkey\n', ['id', 'key']],
  ])('is read as what it is: %s', async (_, file, ids) => {
    expect(await idsOf(file, { kind: 'text' })).toEqual(ids)
  })
  it('of ours is always a list', async () => {
    expect(await idsOf('user_id\nid,key\n', { kind: 'list' })).toEqual(['user_id', 'id,key'])
  })
})

describe('a CSV file', () => {
  it.each<[name: string, file: string, ids: string[], column?: string]>([
    ['a header, commas', 'user_id,tier\nu1,gold\nu2,silver\n', ['u1', 'u2']],
    ['a header, semicolons, CRLF', 'user_id;tier\r\nu1;gold\r\nu2;silver\r\n', ['u1', 'u2']],
    ['a header, tabs, no end of line', 'user_id\ttier\nu1\tgold', ['u1']],
    ['a header, bars', 'user_id|tier\nu1|gold', ['u1']],
    ['a byte order mark', '\ufeffuser_id;tier\r\nu1;gold', ['u1']],
    ["Excel's hint of the separator", 'sep=;\r\nuser_id;tier\r\nu1;gold', ['u1']],
    ['another column first', 'tier,name,user_id\ngold,Ada,u1', ['u1']],
    ['User ID', 'User ID,tier\nu1,gold', ['u1']],
    ['userId', 'userId;tier\nu1;gold', ['u1']],
    ['targetingKey', 'name,targetingKey\nAda,u1', ['u1']],
    ['targeting_key', 'targeting_key\nu1', ['u1']],
    ['Visitor-ID', 'Visitor-ID\nu1', ['u1']],
    ['ID', '"ID";"Name"\n"u1";"Ada"', ['u1']],
    ['key', 'key,since\nu1,2024', ['u1']],
    ['both an id of the row and of the user', 'id,user_id\n17,u1\n18,u2', ['u1', 'u2']],
    [
      'quotes, with separators, quotes and line breaks in them',
      'note;user_id\n"a; ""b""\r\nc";"u;1"',
      ['u;1'],
    ],
    ['a quoted id with a quote', 'user_id\n"say ""hi"""', ['say "hi"']],
    ['separators of another dialect in ids', 'user_id;tier\na,b;gold', ['a,b']],
    ['one column with a header, and a comma in an id', 'user_id\na,b\nc', ['a,b', 'c']],
    ['empty lines, and lines of empty cells', 'user_id;tier\n\nu1;gold\n;\n  \n', ['u1']],
    ['a cell without an id', 'user_id;tier\n;gold\nu1;', ['u1']],
    ['no cells after the id', 'user_id,tier,since\nu1\nu2,gold', ['u1', 'u2']],
    ['empty cells after the last column', 'user_id,tier\nu1,gold,,', ['u1']],
    ['a column without a name, as pandas writes its index', ',user_id\n0,u1\n1,u2', ['u1', 'u2']],
    ['empty columns at the end, as spreadsheets write them', 'user_id;;\r\nu1;;\r\n', ['u1']],
    ['one column without a header', 'u1\r\nu2\r\n', ['u1', 'u2']],
    ['one column without a header, quoted', '"eve, the first"\n"say ""hi"""', ['eve, the first', 'say "hi"']],
    ['one column without a header, with bars', 'auth0|17\nauth0|18', ['auth0|17', 'auth0|18']],
    ['a named column', 'id,customer no\n1,u1', ['u1'], 'Customer No'],
    ['a named column, semicolons', 'id;Kunde\r\n1;u1', ['u1'], 'kunde'],
    ['a named single column', 'customer\nu1', ['u1'], 'customer'],
    ['a column by its number', 'gold;u1\nsilver;u2', ['u1', 'u2'], '2'],
    [
      'a column by its number, quoted',
      '"eve, the first",x\n"say ""hi""",y',
      ['eve, the first', 'say "hi"'],
      '1',
    ],
    ['one column by its number', 'id\nkey', ['id', 'key'], '1'],
    ['nothing', '', []],
    ['a header alone', 'user_id;tier', []],
  ])('with %s', async (_, file, ids, column) => {
    expect(await csv(file, column)).toEqual(ids)
    expect(await csv(file, column, 1)).toEqual(ids)
    expect(await csv(file, column, 1_000)).toEqual(ids)
  })

  it.each<[name: string, file: string, message: RegExp, column?: string]>([
    [
      'several columns and no header',
      'u1;gold\nu2;silver',
      /line 1 has 2 columns, and names none of user_id/,
    ],
    ['several columns and no header, commas', 'u1,gold,x', /line 1 has 3 columns/],
    ['several columns and no header, tabs', 'u1\tgold', /line 1 has 2 columns/],
    ['a header that it does not know', 'customer;tier\nu1;gold', /say which it is by `\?column=`/],
    [
      'two columns that may hold ids',
      'user_id,targeting_key\nu1,k1',
      /several columns.*user_id and targeting_key/,
    ],
    ['the column twice', 'ID;id\n1;2', /several columns/],
    [
      'no such column',
      'user_id,tier\nu1,gold',
      /names no column "customer": it names "user_id", "tier"/,
      'customer',
    ],
    ['fewer columns than the number', 'u1,gold', /line 1 has no column 3/, '3'],
    ['a header, and a number', 'user_id,tier\nu1,gold', /line 1 is a header.*names user_id/, '1'],
    ['a header of one column, and a number', 'User ID\nu1', /line 1 is a header.*names User ID/, '1'],
    ['no column 0', 'u1', /line 1 has no column 0/, '0'],
    ['two separators, and a number', 'a;b,c', /separated in two ways, by comma and semicolon/, '2'],
    [
      'more columns than the header',
      'user_id,tier\nu1,gold,x',
      /line 2 has 3 columns, and the first line has 2/,
    ],
    ['no cell of the id', 'tier,user_id\n\ngold', /line 3 has 1 columns/],
    ['several columns below one', 'u1\nu2,gold', /line 2 has several columns, and the first line has one/],
    ['several columns below one, semicolons', 'u1\nu2;gold', /line 2 has several columns/],
    ['a quote that is not closed', 'user_id,tier\n"u1,gold\nu2,x', /line 2 has a quote that is not closed/],
    ['text after a closing quote', 'user_id,tier\n"u1"x,gold', /line 2 has text after a closing quote/],
    ['a line break in an id', 'user_id\n"u\n1"', /line 2 has an id with a line break/],
    ['line breaks of old Macs', 'user_id\ru1\ru2', /line break/],
    [
      'an id that is too long',
      `user_id;x\n${'u'.repeat(1_001)};1`,
      /line 2 has an id that is longer than 1000/,
    ],
    ['a record that is too long', `user_id;x\n"${'\n'.repeat(100_001)}";1`, /longer than 100000/],
    ['a line that is too long', `user_id;x\n${'u'.repeat(200_000)}`, /longer than 100000/],
  ])('is refused with %s', async (_, file, message, column) => {
    await expect(csv(file, column)).rejects.toThrow(message)
    await expect(csv(file, column, 10_000)).rejects.toThrow(message)
  })

  it('in UTF-16 is refused by name', async () => {
    const file = new Uint8Array(Buffer.from('\ufeffuser_id\tx\r\nu1\ty', 'utf16le'))
    await expect(csv(file)).rejects.toThrow('the body is UTF-16: save it as UTF-8')
  })

  it('of any ids, as a spreadsheet writes it, gives back the same ids', () => {
    const separator = fc.constantFrom(',', ';', '\t')
    const id = fc
      .string({
        unit: fc.oneof(
          fc.constantFrom(',', ';', '\t', '"', '|', 'a', ' ', 'é', '='),
          fc.string({ minLength: 1, maxLength: 1 }),
        ),
        minLength: 1,
        maxLength: 12,
      })
      .map((text) => text.replaceAll(/[\r\n]/g, '').trim())
      .filter((text) => text !== '')
    const cell = fc.string({ unit: fc.constantFrom(',', ';', '"', '\n', '\r\n', 'x'), maxLength: 6 })
    const header = fc.constantFrom(
      'user_id',
      'User ID',
      'userId',
      'targeting_key',
      'targetingKey',
      'id',
      'key',
    )
    return fc.assert(
      fc.asyncProperty(
        fc.record({
          separator,
          header,
          lineBreak: fc.constantFrom('\n', '\r\n'),
          mark: fc.constantFrom('', '\ufeff'),
          quotes: fc.constantFrom('where needed', 'always'),
          endsWithLineBreak: fc.boolean(),
          rows: fc.array(fc.record({ id, before: cell, after: cell }), { maxLength: 8 }),
          columns: fc.constantFrom('id', 'id after', 'before id after'),
          chunkBytes: fc.integer({ min: 1, max: 50 }),
        }),
        async ({
          separator: by,
          lineBreak,
          mark,
          quotes,
          endsWithLineBreak,
          rows,
          columns,
          chunkBytes,
          ...file
        }) => {
          const names = columns.split(' ')
          const write = (text: string) =>
            quotes === 'always' || [by, '"', '\n', '\r'].some((special) => text.includes(special))
              ? `"${text.replaceAll('"', '""')}"`
              : text
          const head = { id: file.header, before: 'note', after: 'more' }
          const lines = [head, ...rows].map((row) =>
            names.map((name) => write(row[name as keyof typeof row])).join(by),
          )
          const text = mark + lines.join(lineBreak) + (endsWithLineBreak ? lineBreak : '')
          expect(await csv(text, undefined, chunkBytes)).toEqual(rows.map((row) => row.id))
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('plain text', () => {
  it('is one id per line, trimmed, whatever else is in it', async () => {
    const ids = await idsOf('\ufeffada\r\n\n  bob  \nuser_id\na;b,"c"\nπ', { kind: 'text' }, 1)
    expect(ids).toEqual(['ada', 'bob', 'user_id', 'a;b,"c"', 'π'])
  })

  it.each([
    ['too long an id', 'x'.repeat(1_001), /line 1 is longer than 1000 characters/],
    ['what is not UTF-8', new Uint8Array([0x61, 0xff]), /not valid UTF-8/],
    ['too many bytes', 'u\n'.repeat(500_001), /larger than 1000000 bytes/],
  ])('is refused with %s', async (_, file, message) => {
    await expect(idsOf(file, { kind: 'text' }, 100_000)).rejects.toThrow(message)
  })
})

describe('a compressed upload', () => {
  const upload = (bytes: Uint8Array, encoding: string) =>
    uploadOf(
      new Request('http://control.test', {
        method: 'PUT',
        body: new Uint8Array(bytes),
        headers: { 'content-encoding': encoding },
      }),
    )
  const read = async (bytes: Uint8Array, bytesMax = 1_000_000) => {
    const body = upload(bytes, 'gzip')
    if (!body.ok) throw new Error(body.problem.message)
    let count = 0
    for await (const batch of idsIn(body.value, { kind: 'text' }, bytesMax)) count += batch.length
    return count
  }

  it('is inflated as it arrives', async () => {
    expect(await read(gzipSync('user\n'.repeat(100_000)))).toBe(100_000)
  })

  it('that is a bomb is refused before it is inflated', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, 'a\n'))
    const before = process.memoryUsage().arrayBuffers
    await expect(read(bomb, 100_000)).rejects.toThrow('larger than 100000 bytes')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000)
  })

  it('that breaks off or has a wrong checksum is refused', async () => {
    const sound = gzipSync('user\n'.repeat(1_000))
    const forged = Buffer.concat([sound.subarray(0, -8), Buffer.alloc(8)])
    for (const bytes of [sound.subarray(0, -2), sound.subarray(0, -20), forged])
      await expect(read(bytes)).rejects.toThrow('the body is not valid gzip, or broke off')
  })

  it('of an unknown encoding is refused', () => {
    expect(upload(Buffer.from('a'), 'zstd')).toMatchObject({
      ok: false,
      problem: { code: 'UNSUPPORTED_ENCODING' },
    })
  })
})
