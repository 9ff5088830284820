// Uploaded members of a segment, in workerd: what is stored, what edge gets, what is refused.
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeMembers, isMember } from '../../../core/model/members.ts'
import {
  call,
  environment,
  inSegment,
  publishedNow,
  upload,
  useOwner,
} from '../../../test/support/control-entities.ts'
import { flagDraft as draft } from '../../../test/support/build/flag-draft.ts'
import { env } from '../../../test/support/control-plane.ts'

beforeAll(useOwner)

async function segmentWith(lines: string): Promise<string> {
  const path = await environment()
  await call('POST', `${path}/segments`, { key: 'beta' })
  const one = `${path}/segments/beta/members`
  expect(await upload('PUT', one, lines)).toMatchObject({ status: 200, body: { changed: true } })
  return one
}

const download = async (one: string) => (await upload('GET', one)).text.split('\n').filter(Boolean)

describe('members', () => {
  it('can be replaced, added and removed, count once, and are downloaded as they were sent', async () => {
    const one = await segmentWith('ada\r\nbob\n\n  cleo  \nada\nπ')
    expect(await download(one)).toEqual(['ada', 'bob', 'cleo', 'π'])
    expect(await upload('POST', one, 'dan\nbob\n')).toMatchObject({
      body: { entity: { members: { count: 5 }, version: 3 } },
    })
    expect(await upload('DELETE', one, 'ada\nnobody')).toMatchObject({
      body: { entity: { members: { count: 4 } } },
    })
    expect(await download(one)).toEqual(['bob', 'cleo', 'π', 'dan'])
    expect((await upload('POST', one, 'dan')).body.changed).toBe(false)
    const named = '\ufeffUser ID;tier\r\n"eve; the first";gold\r\n"say ""hi""";silver\r\n'
    expect((await upload('PUT', one, named, 'text/csv')).body.entity.members.count).toBe(2)
    expect(await download(one)).toEqual(['eve; the first', 'say "hi"'])
    expect((await upload('PUT', `${one}?column=2`, 'gold\tu1', 'text/tab-separated-values')).status).toBe(200)
    expect(await download(one)).toEqual(['u1'])
    const membership = `${one.replace('/members', '/membership')}?id=`
    expect((await call('GET', `${membership}u1`)).body).toEqual({ included: false, uploaded: true })
    expect((await call('GET', `${membership}u2`)).body).toEqual({ included: false, uploaded: false })
    expect((await upload('PUT', one, '')).body.entity).not.toHaveProperty('members')
    expect(await download(one)).toEqual([])
  })

  it('reach edge as hashes beside the snapshot, named by their content', async () => {
    const one = await segmentWith('ada\nbob')
    const path = one.split('/segments')[0]!
    const { members } = (await publishedNow(path))!.segments[0]!
    const bytes = await env.SNAPSHOTS.get(`members:${path.split('/')[2]}:${members!.sha256}`, 'arrayBuffer')
    const decoded = decodeMembers(new Uint8Array(bytes!))!
    expect(['ada', 'bob', 'cleo'].map((id) => isMember(decoded, id))).toEqual([true, true, false])
    expect(members!.count).toBe(2)
  })

  it('count in an evaluation that control answers, now and as of a revision', async () => {
    const one = await segmentWith('ada\nbob')
    const path = one.split('/segments')[0]!
    await call('POST', `${path}/flags`, draft('beta-only', { rules: [inSegment('beta')] }))
    const contexts = ['ada', 'cleo'].map((targetingKey) => ({ targetingKey }))
    const evaluate = async (revision?: number) => {
      const { body } = await call('POST', `${path}/evaluate`, { contexts, flags: ['beta-only'], revision })
      return body.results.map(([result]: any) => result.variationId)
    }
    const before = await evaluate()
    expect(before[0]).not.toBe(before[1])
    const { revision } = (await upload('PUT', one, 'cleo')).body
    expect(await evaluate()).toEqual(before.toReversed())
    expect(await evaluate(revision - 1)).toEqual(before)
  })

  it('are rolled back, and not changed by a dry run', async () => {
    const one = await segmentWith('ada')
    const path = one.split('/segments')[0]!
    expect((await upload('POST', `${one}?dryRun=true`, 'bob')).body).toMatchObject({
      published: false,
      entity: { members: { count: 2 } },
    })
    expect(await download(one)).toEqual(['ada'])
    await upload('PUT', one, 'bob')
    await call('POST', `${path}/rollback`, { revision: 3 })
    expect(await download(one)).toEqual(['ada'])
  })

  it('of a stale version, of a missing segment, too long or not text are refused', async () => {
    const one = await segmentWith('ada')
    expect((await upload('PUT', one, 'bob', 'text/plain', { 'if-match': '"1"' })).status).toBe(409)
    expect((await upload('PUT', one.replace('beta', 'none'), 'bob')).status).toBe(404)
    expect((await upload('PUT', one, 'x'.repeat(1_001))).status).toBe(400)
    expect((await upload('PUT', one, new Uint8Array([0xff, 0xfe]))).status).toBe(400)
    expect(await download(one)).toEqual(['ada'])
    const stored = await env.LAKE.list({ prefix: `members/environment=${one.split('/')[2]}/ids/` })
    expect(stored.objects).toHaveLength(1)
  })

  it('are refused, and stay as they were, if the file is not understood', async () => {
    const one = await segmentWith('ada')
    const refused = async (
      file: string | Uint8Array<ArrayBuffer>,
      query: string,
      type: string,
      headers: Record<string, string> = {},
    ) => {
      const { status, body } = await upload('PUT', one + query, file, type, headers)
      return [status, body.detail as string]
    }
    expect(await refused('customer;tier\nu1;gold', '', 'text/csv')).toEqual([
      400,
      expect.stringContaining('line 1 has 2 columns, and names none of user_id'),
    ])
    expect(await refused('bob', '?column=id', 'text/plain')).toEqual([
      400,
      'column: is for CSV: send it as text/csv',
    ])
    for (const type of ['application/json', 'application/vnd.api+json; charset=utf-8', 'multipart/form-data'])
      expect(await refused('["bob"]', '', type)).toEqual([
        400,
        expect.stringContaining('content-type: members'),
      ])
    expect(await refused('bob', '?colum=id', 'text/csv')).toEqual([400, 'colum: there is no such field'])
    const zstd = { 'content-encoding': 'zstd' }
    expect(await refused('bob', '', 'text/plain', zstd)).toEqual([415, expect.stringContaining('"zstd"')])
    const gzip = { 'content-encoding': 'gzip' }
    const broken = new Uint8Array(gzipSync('bob').subarray(0, -4))
    expect(await refused(broken, '', 'text/plain', gzip)).toEqual([400, expect.stringContaining('broke off')])
    const bomb = new Uint8Array(gzipSync(new Uint8Array(110_000_000).fill(10)))
    expect(await refused(bomb, '', 'text/plain', gzip)).toEqual([413, expect.stringContaining('larger than')])
    expect(await download(one)).toEqual(['ada'])
    const sound = new Uint8Array(gzipSync('user_id\nbob'))
    expect((await upload('POST', one, sound, 'text/csv', gzip)).body.changed).toBe(true)
    expect(await download(one)).toEqual(['ada', 'bob'])
  })

  it('do not allow to delete a segment that a flag uses', async () => {
    const one = await segmentWith('ada')
    const path = one.split('/segments')[0]!
    await call('POST', `${path}/flags`, draft('a', { rules: [inSegment('beta')] }))
    expect((await call('DELETE', `${path}/segments/beta`)).status).toBe(409)
  })
})
