// Flags whose keys have slashes and colons, and what flags carry for their owners, through every admin route.
import { beforeAll, describe, expect, it } from 'vitest'
import { call, environment, publishedNow, useOwner } from '../../../test/support/control-entities.ts'
import { flagDraft as draft } from '../../../test/support/build/flag-draft.ts'

beforeAll(useOwner)

const key = 'apps/web:banner'
const encoded = encodeURIComponent(key)

describe('a flag key with slashes and colons', () => {
  it('works in every route, encoded as one part of the path', async () => {
    const path = await environment()
    const flag = `${path}/flags/${encoded}`
    const ask = async (method: string, address: string, body?: unknown) => {
      const answer = await call(method, address, body)
      expect([method, address, answer.body.detail]).toEqual([method, address, undefined])
      expect(answer.status).toBeLessThan(202)
      return answer.body
    }
    await ask('POST', `${path}/flags`, draft(key))
    expect((await ask('GET', flag)).key).toBe(key)
    expect((await ask('PATCH', flag, { name: 'Banner' })).entity).toMatchObject({ key, name: 'Banner' })
    expect((await ask('GET', `${path}/flags?q=web:ban`)).flags).toMatchObject([{ key }])
    await ask('GET', `${flag}/history`)
    await ask('GET', `${flag}/usage`)
    await ask('GET', `${flag}/dependents`)
    await ask('POST', `${flag}/rollback`, { revision: 2 })
    expect((await ask('POST', `${flag}/clone`, { key: 'a:b' })).entity.key).toBe('a:b')
    await ask('POST', `${path}/triggers`, { flagKey: key, action: 'turn-off' })
    expect((await ask('GET', `${path}/triggers?flagKey=${encoded}`)).triggers).toHaveLength(1)
    const evaluated = await ask('POST', `${path}/evaluate`, {
      contexts: [{ targetingKey: 'u' }],
      flags: [key],
    })
    expect(evaluated.results[0][0]).toMatchObject({ flagKey: key })
    expect(evaluated.results[0][0].error).toBeUndefined()
    const exported = await ask('GET', `${path}/export`)
    expect(Object.keys(exported.flags)).toEqual(['a:b', key])
    expect(
      (await ask('GET', `${path}/audit?entity=${encodeURIComponent(`flag:${key}`)}`)).entries.length,
    ).toBeGreaterThan(1)
    expect((await publishedNow(path))?.flags.map((each) => each.key)).toEqual(['a:b', key])
    await ask('PATCH', `${path}/flags/a%3Ab`, { archived: true })
    await ask('DELETE', `${path}/flags/a%3Ab`)
  })

  it.each([
    'a/../b',
    'a/./b',
    'a//b',
    'a/',
    '/a',
    'a/..',
    ':a',
    '../a',
    'a b',
    'a%2Fb',
    'a\\b',
    'a?b',
    'a#b',
  ])('is refused as %j, which addresses would change', async (bad) => {
    const path = await environment()
    const answer = await call('POST', `${path}/flags`, draft(bad))
    expect(answer.status).toBe(400)
    expect(answer.body.errors).toMatchObject([{ path: 'key' }])
  })

  it.each(['a/b', 'a:b', 'a/...', 'a/.b', 'a/b.', 'a..b', '1/2/3', 'a::b', `a/${'b'.repeat(98)}`])(
    'may be %j',
    async (good) => {
      const path = await environment()
      expect((await call('POST', `${path}/flags`, draft(good))).status).toBe(201)
      expect((await call('GET', `${path}/flags/${encodeURIComponent(good)}`)).body.key).toBe(good)
    },
  )

  it('is no segment’s, goal’s or slug’s', async () => {
    const path = await environment()
    expect((await call('POST', `${path}/segments`, { key: 'a/b' })).status).toBe(400)
    expect((await call('POST', `${path}/goals`, { key: 'a:b' })).status).toBe(400)
    expect((await call('POST', `${path}/flags`, draft('x', { slug: 'a/b' }))).status).toBe(400)
  })
})

describe('a flag’s own metadata', () => {
  const metadata = { owner: 'web', ticket: 'WEB-1', pager: true, weight: 2.5, '': undefined }

  it('is stored, edited, taken away, exported, explained and in the history', async () => {
    const path = await environment()
    const made = await call('POST', `${path}/flags`, draft('owned', { metadata }))
    expect(made.status).toBe(201)
    const { '': _, ...told } = metadata
    expect(made.body.entity.metadata).toEqual(told)
    const evaluated = await call('POST', `${path}/evaluate`, { contexts: [{ targetingKey: 'u' }] })
    expect(evaluated.body.results[0][0].metadata).toEqual(told)
    await call('PATCH', `${path}/flags/owned`, { metadata: { owner: 'app' } })
    const { history } = (await call('GET', `${path}/flags/owned/history`)).body
    expect(history[0].diff).toContainEqual({ path: '/metadata/owner', before: 'web', after: 'app' })
    const exported = (await call('GET', `${path}/export`)).body
    expect(exported.flags.owned.metadata).toEqual({ owner: 'app' })
    expect(
      (await call('PATCH', `${path}/flags/owned`, { metadata: null })).body.entity.metadata,
    ).toBeUndefined()
  })

  it.each([
    [{ version: '1' }, 'metadata.version'],
    [{ variationId: 'x' }, 'metadata.variationId'],
    [{ flagSetId: 'x' }, 'metadata.flagSetId'],
    [{ contextId: 'x' }, 'metadata.contextId'],
    [{ exposureToken: 'x' }, 'metadata.exposureToken'],
    [{ owner: null }, 'metadata.owner'],
    [{ owner: ['web'] }, 'metadata.owner'],
    [{ owner: 'x'.repeat(1_001) }, 'metadata.owner'],
    [{ ['x'.repeat(101)]: 1 }, `metadata.${'x'.repeat(101)}`],
    [{ '': 1 }, 'metadata.'],
    [JSON.parse('{"__proto__":"x"}') as object, 'metadata.__proto__'],
    [Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`n${i}`, i])), 'metadata'],
    ['web', 'metadata'],
  ])('is refused as %j', async (bad, field) => {
    const path = await environment()
    const answer = await call('POST', `${path}/flags`, draft('owned', { metadata: bad }))
    expect(answer.status).toBe(400)
    expect(answer.body.errors.map((each: { path: string }) => each.path)).toEqual([field])
  })
})
