// Uploaded members of a segment, in workerd: what is stored, what edge gets, what is refused.
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
import { flagDraft as draft, env } from '../../../test/support/control-plane.ts'

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
    expect(
      (await upload('PUT', one, '"eve, the first",x\n"say ""hi""",y', 'text/csv')).body.entity.members.count,
    ).toBe(2)
    expect(await download(one)).toEqual(['eve, the first', 'say "hi"'])
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

  it('do not allow to delete a segment that a flag uses', async () => {
    const one = await segmentWith('ada')
    const path = one.split('/segments')[0]!
    await call('POST', `${path}/flags`, draft('a', { rules: [inSegment('beta')] }))
    expect((await call('DELETE', `${path}/segments/beta`)).status).toBe(409)
  })
})
