// Configuration as code, imports and the portability report through the admin API, in workerd.
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { compile } from '../../../core/evaluation/compile.ts'
import { evaluate } from '../../../core/evaluation/evaluate.ts'
import type { Snapshot } from '../../../core/model/snapshot.ts'
import { addToken, call as callAs, env, worker } from '../../../test/support/control-plane.ts'
import { sha256Hex } from '../../http/digest.ts'

async function send(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
  return worker.fetch(`https://tackline.example/api/v1${path}`, {
    method,
    headers: { authorization: 'Bearer configuration-token', 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body }),
  })
}
async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answered = await callAs(method, path, body, {
    authorization: 'Bearer configuration-token',
    ...headers,
  })
  return { status: answered.status, etag: answered.headers.get('etag'), body: answered.body as any }
}

let made = 0
async function environment(): Promise<string> {
  const id = `configuration-${++made}`
  expect(await call('POST', '/environments', { id })).toMatchObject({ status: 201 })
  return `/environments/${id}`
}
const snapshotAt = (path: string, revision: number) =>
  env.SNAPSHOTS.get<Snapshot>(`snapshot:${path.split('/')[2]}:${revision}`, 'json')

beforeAll(() => addToken({ id: 'configuration', role: 'owner' }))

const yamlDocument = `
format: 1
settings:
  defaultAllocation: fine
goals:
  bought: {}
flags:
  banner:
    type: boolean
    enabled: true
    variations:
      - { id: on, value: 'true' }
      - { id: off, value: 'false' }
    rules:
      - name: staff
        anyOf: [[{ attribute: email, operator: ends-with, values: ['@example.com'] }]]
        strategy: { kind: fixed, variationId: on }
    defaultStrategy:
      strategy:
        kind: rollout
        shares: [{ variationId: on, weight: 10000 }, { variationId: off, weight: 90000 }]
  menu:
    type: yaml
    variations:
      - { id: short, value: 'items: [tea]' }
    defaultStrategy: { strategy: { kind: fixed, variationId: short } }
`
const asYaml = { 'content-type': 'application/yaml' }

describe('a document', () => {
  it('in YAML can be planned and applied as one revision, and changes nothing the second time', async () => {
    const path = await environment()
    const plan = await send('POST', `${path}/apply?dryRun=true`, yamlDocument, asYaml)
    expect(await plan.json()).toMatchObject({
      revision: 1,
      changed: true,
      entity: { create: 4, change: 0, archive: 0, remove: 0 },
      changes: [
        { kind: 'settings', before: null },
        { kind: 'goal', id: 'bought' },
        { kind: 'flag', id: 'banner', after: { allocation: 'fine' } },
        { kind: 'flag', id: 'menu' },
      ],
    })
    const applied = await send('POST', `${path}/apply`, yamlDocument, asYaml)
    expect(await applied.json()).toMatchObject({ revision: 2, changed: true, published: true })
    const again = await send('POST', `${path}/apply`, yamlDocument, asYaml)
    expect(await again.json()).toMatchObject({ revision: 2, changed: false })
    const flags = (await snapshotAt(path, 2))!.flags
    expect(flags.find(({ key }) => key === 'menu')?.variations[0]?.json).toBe('{"items":["tea"]}')
  })

  it('is exported in JSON and YAML, and applying either again changes nothing', async () => {
    const path = await environment()
    await send('POST', `${path}/apply`, yamlDocument, asYaml)
    const json = await call('GET', `${path}/export`)
    expect(json).toMatchObject({ status: 200, etag: '"2"' })
    const yaml = await (await send('GET', `${path}/export`, undefined, { accept: 'application/yaml' })).text()
    expect(parse(yaml)).toEqual(json.body)
    expect(await call('POST', `${path}/apply`, { ...json.body, prune: true })).toMatchObject({
      body: { revision: 2, changed: false },
    })
    expect(await (await send('POST', `${path}/apply`, yaml, asYaml)).json()).toMatchObject({ changed: false })
    const elsewhere = await environment()
    await send('POST', `${elsewhere}/apply`, yaml, asYaml)
    expect((await call('GET', `${elsewhere}/export`)).body).toEqual(json.body)
  })

  it('plans changes field by field, and with prune archives what it does not name', async () => {
    const path = await environment()
    await send('POST', `${path}/apply`, yamlDocument, asYaml)
    const { body } = await call('GET', `${path}/export`)
    const { menu: _, ...flags } = body.flags
    const edited = { ...body, prune: true, flags: { ...flags, banner: { ...flags.banner, enabled: false } } }
    expect(await call('POST', `${path}/apply?dryRun=true`, edited)).toMatchObject({
      body: {
        revision: 2,
        entity: { create: 0, change: 1, archive: 1, remove: 0 },
        changes: [
          {
            kind: 'flag',
            id: 'banner',
            diff: expect.arrayContaining([{ path: '/enabled', before: true, after: false }]) as unknown,
          },
          { kind: 'flag', id: 'menu', after: { archived: true } },
        ],
      },
    })
    expect(await call('POST', `${path}/apply`, edited, { 'if-match': '"1"' })).toMatchObject({ status: 409 })
    expect(await call('POST', `${path}/apply`, edited, { 'if-match': '"2"' })).toMatchObject({
      status: 200,
      body: { revision: 3 },
    })
  })

  it.each([
    ['broken YAML', 'flags: [', asYaml, 400],
    ['a key twice', 'flags: {}\nflags: {}', asYaml, 400],
    ['too many aliases', `a: &a [1]\nb: [${'*a,'.repeat(200)}]`, asYaml, 400],
    ['YAML over its limit', `# ${'x'.repeat(1024 * 1024)}`, asYaml, 413],
    ['no document', '[]', {}, 400],
    ['an unknown field', '{"flgs":{}}', {}, 400],
    ['an unknown format', '{"format":2}', {}, 400],
  ])('is refused: %s', async (_, body, headers, status) => {
    const path = await environment()
    const response = await send('POST', `${path}/apply`, body, headers)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ code: status === 413 ? 'TOO_LARGE' : 'INVALID' })
  })

  it('of 1,000 flags is one revision, and is exported unchanged', async () => {
    const path = await environment()
    const flag = (i: number) => ({
      type: 'boolean',
      enabled: true,
      variations: [
        { id: 'on', value: 'true' },
        { id: 'off', value: 'false' },
      ],
      rules: [
        {
          id: `rule-${i}`,
          anyOf: [[{ attribute: 'country', operator: 'in', values: ['FR', 'JP', 'NO'] }]],
          strategy: { kind: 'fixed', variationId: 'on' },
        },
      ],
      defaultStrategy: { id: `default-${i}`, strategy: { kind: 'fixed', variationId: 'off' } },
      allocation: 'percent',
    })
    const keys = Array.from({ length: 1_000 }, (_, i) => `flag-${String(i).padStart(4, '0')}`)
    const flags = Object.fromEntries(keys.map((key, i) => [key, flag(i)]))
    expect(await call('POST', `${path}/apply`, { flags })).toMatchObject({
      status: 200,
      body: { revision: 2, published: true, entity: { create: 1_000 } },
    })
    expect((await call('GET', `${path}/export`)).body.flags).toEqual(flags)
    expect(await call('POST', `${path}/apply`, { flags })).toMatchObject({ body: { changed: false } })
    expect((await snapshotAt(path, 2))?.flags).toHaveLength(1_000)
  }, 60_000)
})

const features = {
  features: [
    {
      id: 'new-checkout',
      name: 'New checkout',
      version: 12,
      createdAt: '1700000000',
      updatedAt: '1790000000',
      enabled: true,
      variationType: 'STRING',
      variations: ['a', 'b', 'c', 'd'].map((id) => ({ id, value: id, name: id })),
      offVariation: 'a',
      samplingSeed: '7d1c9b1e-8f2a-4d55-9f59-0d7c3a1f2b10',
      defaultStrategy: {
        type: 'ROLLOUT',
        rolloutStrategy: {
          variations: ['a', 'b', 'c', 'd'].map((variation) => ({ variation, weight: 25_000 })),
        },
      },
    },
    { id: 'broken', variationType: 'BOOLEAN', variations: [], defaultStrategy: null },
  ],
}
const bucketingFile = {
  accountSettings: {},
  campaigns: [
    {
      id: 'c20j8bk3fk9hdphqtd1g',
      type: 'ab',
      variationGroups: [
        {
          id: 'c20j8bk3fk9hdphqtd30',
          targeting: {
            targetingGroups: [{ targetings: [{ operator: 'EQUALS', key: 'fs_all_users', value: '' }] }],
          },
          variations: [30, 50, 20].map((allocation, i) => ({
            id: `v${i + 1}`,
            allocation,
            modifications: { type: 'FLAG', value: { button: `V${i + 1}` } },
          })),
        },
      ],
      bucketRanges: [{ r: [0, 100] }],
    },
  ],
}
const flagdDefinitions = {
  $evaluators: { ours: { ends_with: [{ var: 'email' }, '@example.com'] } },
  flags: {
    welcome: {
      state: 'ENABLED',
      variants: { on: true, off: false },
      defaultVariant: 'off',
      targeting: { if: [{ $ref: 'ours' }, 'on', 'off'] },
    },
    button: {
      state: 'DISABLED',
      variants: { red: 'r', blue: 'b' },
      defaultVariant: null,
      targeting: { fractional: [['red'], ['blue']] },
    },
    nested: {
      state: 'ENABLED',
      variants: { on: true, off: false },
      targeting: { if: [{ '==': [{ var: '$flagd.nothing' }, 'pro'] }, 'on', 'off'] },
    },
  },
}
const flagdYaml = `
$evaluators:
  ours: { ends_with: [{ var: email }, '@example.com'] }
flags:
  welcome:
    state: ENABLED
    variants: { on: true, off: false }
    defaultVariant: off
    targeting: { if: [{ $ref: ours }, on, off] }
`
const foreignKey = (name: string) => `${name}-${'0123456789abcdef'.repeat(2)}`

describe('an import', () => {
  it('of Bucketeer features keeps users’ variations, and lists what is left out', async () => {
    const path = await environment()
    const key = foreignKey('bucketeer')
    const body = { ...features, sdkKeys: [{ key, role: 'client' }] }
    const tried = await call('POST', `${path}/import/bucketeer?dryRun=true`, body)
    expect(tried).toMatchObject({ status: 200, body: { revision: 1, entity: { create: 2 } } })
    const done = await call('POST', `${path}/import/bucketeer`, body)
    expect(done.body).toMatchObject({ revision: 2, changed: true, entity: { create: 2 } })
    expect(done.body.findings).toEqual(tried.body.findings)
    expect(done.body.findings).toMatchObject([{ subject: 'flag', key: 'broken', effect: 'left-out' }])
    expect(JSON.stringify(done.body)).not.toContain(key)
    const snapshot = (await snapshotAt(path, 2))!
    expect(snapshot.flags).toMatchObject([{ key: 'new-checkout', version: 12, createdAt: 1_700_000_000_000 }])
    const user = { targetingKey: 'user-42', attributes: {} }
    // Bucketeer's own test vector
    expect(evaluate(compile(snapshot), 'new-checkout', user).variation?.id).toBe('b')
    expect(await env.SNAPSHOTS.get(`key:${await sha256Hex(key)}`)).toBe(path.split('/')[2])
    expect(await call('POST', `${path}/import/bucketeer`, body)).toMatchObject({ body: { changed: false } })
  })

  it('of a bucketing file keeps visitors’ variations', async () => {
    const path = await environment()
    expect(await call('POST', `${path}/import/flagship-io`, bucketingFile)).toMatchObject({
      status: 200,
      body: { revision: 2, entity: { create: 1 } },
    })
    const compiled = compile((await snapshotAt(path, 2))!)
    const given = ['alice', 'bob', 'visitor_1'].map(
      (targetingKey) => evaluate(compiled, 'button', { targetingKey, attributes: {} }).variation?.value,
    )
    expect(given).toEqual(['V1', 'V3', 'V2']) // the published SDK's own vectors
  })

  it('of flagd’s definitions, in JSON or YAML, keeps what rules decide, and lists what is left out', async () => {
    const path = await environment()
    const tried = await call('POST', `${path}/import/flagd?dryRun=true`, flagdDefinitions)
    expect(tried).toMatchObject({ status: 200, body: { revision: 1, entity: { create: 2 } } })
    const done = await call('POST', `${path}/import/flagd`, flagdDefinitions)
    expect(done.body).toMatchObject({ revision: 2, changed: true, entity: { create: 2 } })
    expect(done.body.findings).toEqual(tried.body.findings)
    expect(done.body.findings).toContainEqual(
      expect.objectContaining({ key: 'nested', field: 'targeting.if.0.==.0.var', effect: 'left-out' }),
    )
    const compiled = compile((await snapshotAt(path, 2))!)
    const given = ['ada@example.com', 'ada@example.org'].map(
      (email) => evaluate(compiled, 'welcome', { targetingKey: 'u', attributes: { email } }).variation?.typed,
    )
    expect(given).toEqual([true, false])
    expect(await call('POST', `${path}/import/flagd`, flagdDefinitions)).toMatchObject({
      body: { changed: false },
    })
    const yaml = await send('POST', `${path}/import/flagd`, flagdYaml, { 'content-type': 'application/yaml' })
    expect([yaml.status, await yaml.json()]).toMatchObject([200, { changed: false }])
  })

  it('overwrites differing entities only with replace, and then increments their versions', async () => {
    const path = await environment()
    await call('POST', `${path}/import/bucketeer`, features)
    await call('PATCH', `${path}/flags/new-checkout`, { enabled: false })
    expect(await call('POST', `${path}/import/bucketeer`, features)).toMatchObject({
      status: 409,
      body: { errors: [{ path: 'flags.new-checkout' }] },
    })
    expect(await call('POST', `${path}/import/bucketeer?replace=true`, features)).toMatchObject({
      status: 200,
    })
    expect((await call('GET', `${path}/flags/new-checkout`)).body).toMatchObject({
      enabled: true,
      version: 14,
    })
  })

  it('refuses a key of another environment', async () => {
    const [one, other] = [await environment(), await environment()]
    const body = { features: [], sdkKeys: [{ key: foreignKey('shared'), role: 'client' }] }
    expect(await call('POST', `${one}/import/bucketeer`, body)).toMatchObject({ status: 200 })
    expect(await call('POST', `${other}/import/bucketeer`, body)).toMatchObject({
      status: 409,
      body: { errors: [{ path: 'sdkKeys.0.key' }] },
    })
  })

  it.each([
    ['bucketeer', {}, 'features'],
    ['bucketeer', { features: [{ id: 5 }] }, 'features.0.id'],
    ['bucketeer', { features: [], sdkKeys: [{ key: 'short', role: 'client' }] }, 'sdkKeys.0.key'],
    ['flagd', {}, 'flags'],
    ['flagd', { flags: [] }, 'flags'],
    ['flagd', { flags: {}, sdkKeys: [{ key: 'short', role: 'client' }] }, 'sdkKeys.0.key'],
    ['flagship-io', { campaigns: 'none' }, 'campaigns'],
    ['flagship-io', { campaigns: [{ id: 'c', variationGroups: [{}] }] }, 'campaigns.0.variationGroups.0.id'],
  ])('of garbage is refused with the fields that are wrong: %s %j', async (source, body, path) => {
    const answer = await call('POST', `${await environment()}/import/${source}`, body)
    expect(answer.status).toBe(400)
    expect(answer.body.errors.map((each: { path: string }) => each.path)).toContain(path)
  })

  it('of too deeply nested values is refused', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    const variation = `{"id":"v","modifications":{"value":{"k":${deep}}}}`
    const body = `{"campaigns":[{"id":"c","variationGroups":[{"id":"g","variations":[${variation}]}]}]}`
    expect((await send('POST', `${await environment()}/import/flagship-io`, body)).status).toBe(400)
  })
})

it('the portability report lists the flags of each SDK family, and why others are omitted', async () => {
  const path = await environment()
  await call('POST', `${path}/import/bucketeer`, features)
  await call('POST', `${path}/import/flagship-io`, bucketingFile)
  const { body } = await call('GET', `${path}/portability`)
  expect(body).toEqual({
    'flagship-io': {
      portable: ['button'],
      omitted: [{ flagKey: 'new-checkout', reason: expect.stringContaining('fine allocation') as unknown }],
      notes: [],
    },
    bucketeer: {
      portable: ['new-checkout'],
      omitted: [{ flagKey: 'button', reason: expect.stringContaining('percent allocation') as unknown }],
      notes: [],
    },
  })
})
