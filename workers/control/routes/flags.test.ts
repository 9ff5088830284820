// Flags through the admin API in workerd: lists and changes.
import { runDurableObjectAlarm } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  call,
  environment,
  inSegment,
  objectOf,
  publishedNow,
  useOwner,
} from '../../../test/support/control-entities.ts'
import { flagDraft as draft } from '../../../test/support/build/flag-draft.ts'
import { env } from '../../../test/support/control-plane.ts'
import { openDatabase } from '../../storage/database.ts'
import { writeUsage } from '../../storage/usage.ts'

beforeAll(useOwner)

describe('flags', () => {
  it('have the time when each variation was last exposed', async () => {
    const path = await environment()
    await call('POST', `${path}/flags`, draft('met'))
    expect((await call('GET', `${path}/flags/met/usage`)).body).toEqual({ lastSeenAt: null, variations: [] })
    const environmentId = path.split('/').at(-1)!
    const exposure = { environmentId, flagKey: 'met', variationId: 'on', at: 1_700_000_000_000 }
    await writeUsage(openDatabase(env.DB), [exposure, { ...exposure, variationId: 'off', at: 5 }])
    expect((await call('GET', `${path}/flags/met/usage`)).body).toEqual({
      lastSeenAt: exposure.at,
      variations: [
        { variationId: 'on', lastSeenAt: exposure.at },
        { variationId: 'off', lastSeenAt: 5 },
      ],
    })
    expect((await call('GET', `${path}/flags/unmet/usage`)).status).toBe(404)
  })

  it('can be searched, filtered, sorted and paged, and changes between pages move nothing', async () => {
    const path = await environment()
    const keys = ['apple-pie', 'banana', 'cherry', 'date', 'elder']
    for (const [i, key] of keys.entries())
      await call(
        'POST',
        `${path}/flags`,
        draft(key, {
          tags: i % 2 ? ['odd'] : [],
          enabled: i < 3,
          maintainer: `m${i % 2}`,
          name: `Name ${9 - i}`,
        }),
      )
    const list = async (query: string) =>
      ((await call('GET', `${path}/flags?${query}`)).body.flags as { key: string }[]).map(({ key }) => key)
    expect(await list('')).toEqual(keys)
    expect(await list('q=PLE-')).toEqual(['apple-pie'])
    expect(await list('q=ba')).toEqual(['banana'])
    expect(await list('q=%22%20OR%20*')).toEqual([])
    expect(await list('tag=odd')).toEqual(['banana', 'date'])
    expect(await list('enabled=false')).toEqual(['date', 'elder'])
    expect(await list('maintainer=m0&enabled=true')).toEqual(['apple-pie', 'cherry'])
    expect(await list('archived=true')).toEqual([])
    expect(await list('hasExperiment=true')).toEqual([])
    expect(await list('hasOperations=false&limit=2')).toEqual(['apple-pie', 'banana'])
    expect(await list('sort=name&limit=2')).toEqual(['elder', 'date'])
    const listed: string[] = []
    let cursor = ''
    do {
      const { body } = await call('GET', `${path}/flags?sort=createdAt&order=desc&limit=2${cursor}`)
      listed.push(...(body.flags as { key: string }[]).map(({ key }) => key))
      if (cursor === '') await call('POST', `${path}/flags`, draft('newer')) // before all, in this order
      cursor = body.nextCursor === undefined ? '' : `&cursor=${body.nextCursor}`
    } while (cursor !== '')
    expect(listed).toEqual(keys.toReversed())
    const { body } = await call('GET', `${path}/flags?limit=1`)
    expect((await call('GET', `${path}/flags?sort=name&cursor=${body.nextCursor}`)).status).toBe(400)
    expect((await call('GET', `${path}/flags?colour=red`)).status).toBe(400)
  })

  it('can be deleted only if archived, and disappear from the snapshot', async () => {
    const path = await environment()
    await call('POST', `${path}/flags`, draft('a'))
    expect((await call('DELETE', `${path}/flags/a`)).status).toBe(409)
    await call('PATCH', `${path}/flags/a`, { archived: true })
    expect((await call('DELETE', `${path}/flags/a`)).status).toBe(200)
    expect((await call('GET', `${path}/flags`)).body.flags).toEqual([])
    expect((await publishedNow(path))?.flags).toEqual([])
    expect((await call('POST', `${path}/flags`, draft('a'))).status).toBe(201)
  })

  it('can be cloned, reordered and rolled back, and have a history field by field', async () => {
    const path = await environment()
    const rules = ['one', 'two'].map((id) => ({
      id,
      anyOf: [[{ attribute: 'plan', operator: 'equals', values: [id] }]],
      strategy: { kind: 'fixed', variationId: 'off' },
    }))
    await call('POST', `${path}/flags`, draft('a', { rules }))
    const order = await call('POST', `${path}/flags/a/reorder`, { ruleIds: ['two', 'one'] })
    expect(order).toMatchObject({ status: 200, body: { entity: { rules: [{ id: 'two' }, { id: 'one' }] } } })
    expect((await call('POST', `${path}/flags/a/reorder`, { ruleIds: ['two', 'two'] })).status).toBe(400)
    const clone = await call('POST', `${path}/flags/a/clone`, { key: 'b' })
    expect(clone).toMatchObject({ status: 201, body: { entity: { key: 'b', enabled: false, version: 1 } } })
    expect(clone.body.entity.rules.map(({ id }: { id: string }) => id)).not.toContain('two')
    await call('PATCH', `${path}/flags/a`, { name: 'A' })
    const back = await call('POST', `${path}/flags/a/rollback`, { revision: 2 })
    expect(back).toMatchObject({
      status: 200,
      body: { entity: { name: '', rules: [{ id: 'one' }, { id: 'two' }], version: 4 } },
    })
    expect((await call('POST', `${path}/flags/a/rollback`, { revision: 1 })).status).toBe(404)
    expect((await call('POST', `${path}/flags/a/rollback`, { revision: 99 })).status).toBe(404)
    const { body } = await call('GET', `${path}/flags/a/history`)
    expect(body.history.map(({ command }: { command: string }) => command)).toEqual([
      'roll-back-flag',
      'update-flag',
      'reorder-rules',
      'create-flag',
    ])
    expect(body.history[1].diff).toContainEqual({ path: '/name', before: '', after: 'A' })
    expect(body.history[2].diff).toContainEqual({
      path: '/rules',
      before: ['one', 'two'],
      after: ['two', 'one'],
    })
  })

  it('can be copied from another environment, with notes on what is left out', async () => {
    const [from, to] = [await environment(), await environment()]
    await call('POST', `${from}/segments`, { key: 'staff' })
    await call('POST', `${from}/flags`, draft('base'))
    const rule = {
      id: 'kept',
      anyOf: [[{ attribute: 'a', operator: 'exists' }]],
      strategy: { kind: 'fixed', variationId: 'on' },
    }
    const prerequisites = [{ flagKey: 'base', variationId: 'on' }]
    await call('POST', `${from}/flags`, draft('a', { rules: [inSegment('staff'), rule], prerequisites }))
    const body = { from: from.split('/')[2], flag: 'a' }
    expect(await call('POST', `${to}/copies`, body)).toMatchObject({
      status: 201,
      body: {
        entity: { key: 'a', enabled: false, version: 1, rules: [{ id: 'kept' }], prerequisites: [] },
        notes: [{ path: 'prerequisites.0' }, { path: 'rules.0', message: 'there is no segment staff here' }],
      },
    })
    expect((await call('POST', `${to}/copies`, body)).status).toBe(409)
    expect((await call('POST', `${to}/copies`, { ...body, replace: true })).body.changed).toBe(false)
    expect((await call('POST', `${to}/copies`, { ...body, flag: 'nothing' })).status).toBe(404)
  })

  it('tells whom an edit of shares moves, and refuses one that disturbs an experiment', async () => {
    const path = await environment()
    const shares = (on: number) => ({
      strategy: {
        kind: 'rollout',
        shares: [
          { variationId: 'on', weight: on },
          { variationId: 'off', weight: 100_000 - on },
        ],
      },
    })
    await call('POST', `${path}/flags`, draft('a', { defaultStrategy: shares(10_000) }))
    const patched = await call('PATCH', `${path}/flags/a`, { defaultStrategy: shares(20_000) })
    const flows = [{ from: 'off', to: 'on', weight: 10_000 }]
    const ruleId = patched.body.entity.defaultStrategy.id
    const moves = [{ flagKey: 'a', ruleId, share: 0.1, weight: 10_000, flows }]
    expect(patched.body).toMatchObject({ changed: true, moves })
    const again = await call('PATCH', `${path}/flags/a`, { defaultStrategy: shares(20_000) })
    expect(again.body).toMatchObject({ changed: false })
    expect(again.body).not.toHaveProperty('moves')
    await call('POST', `${path}/goals`, { key: 'buy' })
    const experiment = { id: 'x', flagKey: 'a', goalKeys: ['buy'], baselineVariationId: 'off' }
    expect((await call('POST', `${path}/experiments`, experiment)).status).toBe(201)
    const disturbing = { defaultStrategy: shares(50_000) }
    const refused = await call('PATCH', `${path}/flags/a`, disturbing)
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'EXPERIMENT_RUNNING', dependents: [{ kind: 'experiment', id: 'x' }] },
    })
    expect((await call('PATCH', `${path}/flags/a?experiment=pause`, disturbing)).status).toBe(400)
    expect((await call('PATCH', `${path}/flags/a?experiment=new-phase`, disturbing)).status).toBe(200)
    const { body } = await call('GET', `${path}/experiments/x`)
    expect(body.phases.map((phase: any) => phase.weights)).toEqual([
      { off: 80_000, on: 20_000 },
      { off: 50_000, on: 50_000 },
    ])
    expect((await call('PATCH', `${path}/flags/a?experiment=stop`, { enabled: false })).status).toBe(200)
    expect((await call('GET', `${path}/experiments/x`)).body.status).toBe('stopped')
  })

  it('can be evaluated now and at any revision, with reasons', async () => {
    const path = await environment()
    await call('POST', `${path}/flags`, draft('a'))
    await call('PATCH', `${path}/flags/a`, { enabled: false })
    const ask = (more: object) =>
      call('POST', `${path}/evaluate`, { contexts: [{ targetingKey: 'ada' }], flags: ['a', 'b'], ...more })
    expect(await ask({})).toMatchObject({
      body: {
        revision: 3,
        results: [[{ flagKey: 'a', reason: 'DISABLED', value: false }, { reason: 'ERROR' }]],
      },
    })
    expect(await ask({ revision: 2 })).toMatchObject({
      body: { revision: 2, results: [[{ reason: 'STATIC', value: true, why: { rules: [] } }, {}]] },
    })
    expect((await ask({ revision: 9 })).status).toBe(404)
    await runDurableObjectAlarm(objectOf(path))
    await env.SNAPSHOTS.delete(`snapshot:${path.split('/')[2]}:2`)
    expect((await ask({ revision: 2 })).body.revision).toBe(2) // from the archive
  })
})
