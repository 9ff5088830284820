// A second Worker evaluates flags through a service binding: real RPC between Workers in one workerd, with
// the same results as over HTTP.
import { readFile } from 'node:fs/promises'
import { beforeAll, expect, it } from 'vitest'
import {
  changeFlag,
  createFlag,
  createTestEnvironment,
  type TestEnvironment,
  useOwnStack,
} from '../support/stack-fixture.ts'

const stack = useOwnStack({ front: 'test/e2e/flags-caller/wrangler.toml' })
let environment: TestEnvironment

const fixed = (key: string, type: string, value: string) => ({
  key,
  type,
  enabled: true,
  variations: [
    { id: 'it', name: 'It', value },
    { id: 'other', value },
  ],
  defaultStrategy: { strategy: { kind: 'fixed', variationId: 'it' } },
})

beforeAll(async () => {
  environment = await createTestEnvironment(stack(), 'called')
  await createFlag(environment, fixed('switch', 'boolean', 'true'))
  await createFlag(environment, fixed('title', 'string', 'apple'))
  await createFlag(environment, fixed('limit', 'number', '12.5'))
  await createFlag(environment, fixed('layout', 'json', '{"columns":3}'))
  const shares = ['it', 'other'].map((variationId) => ({ variationId, weight: 50_000 }))
  await createFlag(environment, {
    ...fixed('split', 'boolean', 'true'),
    defaultStrategy: { strategy: { kind: 'rollout', shares } },
  })
})

it('evaluates for another Worker, and returns its default with an error code on failure', async () => {
  const answer = await fetch(`${stack().url}/by-rpc`)
  expect(await answer.json()).toEqual({
    boolean: true,
    string: 'apple',
    number: 12.5,
    object: { columns: 3 },
    details: {
      flagKey: 'title',
      value: 'apple',
      reason: 'STATIC',
      variant: 'It',
      flagMetadata: { version: '1', variationId: 'it' },
    },
    mismatch: expect.objectContaining({ value: false, errorCode: 'TYPE_MISMATCH' }) as unknown,
    missing: expect.objectContaining({ value: 7, errorCode: 'FLAG_NOT_FOUND' }) as unknown,
    splitless: expect.objectContaining({ value: false, errorCode: 'TARGETING_KEY_MISSING' }) as unknown,
    nowhere: expect.objectContaining({ value: false, errorCode: 'PROVIDER_NOT_READY' }) as unknown,
    all: [
      ['layout', { columns: 3 }],
      ['limit', 12.5],
      ['split', true],
      ['switch', true],
      ['title', 'apple'],
    ],
  })
})

it('is logged like any request, without the targeting key', async () => {
  await fetch(`${stack().url}/by-rpc`)
  const log = await readFile(stack().logPath, 'utf8')
  const lines = log.split('\n').flatMap((line) => /\{.*"dialect":"rpc".*\}/.exec(line)?.[0] ?? [])
  const points = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(points).toContainEqual(
    expect.objectContaining({ environmentId: environment.environmentId, outcome: 'OK', decisions: 5 }),
  )
  expect(points).toContainEqual(expect.objectContaining({ outcome: 'NOT_FOUND', decisions: 0 }))
  expect(lines.join()).not.toContain('ada')
})

it('uses kept assignments, as every route does', async () => {
  const split = (weights: Readonly<Record<string, number>>) => ({
    id: 'kept-rule',
    strategy: {
      kind: 'rollout',
      shares: Object.entries(weights).map(([variationId, weight]) => ({ variationId, weight })),
    },
  })
  await createFlag(environment, {
    key: 'kept',
    type: 'string',
    enabled: true,
    assignment: 'kept',
    variations: ['a', 'b', 'c'].map((id) => ({ id, value: id })),
    defaultStrategy: split({ a: 50_000, b: 50_000 }),
  })
  const ask = async (who: string) =>
    (await (await fetch(`${stack().url}/by-rpc/kept?who=${who}`)).json()) as [string, string]
  const visitors = Array.from({ length: 20 }, (_, i) => `visitor-${i}`)
  await expect
    .poll(() => ask('first'), { timeout: 5_000 })
    .toEqual([expect.stringMatching(/^[ab]$/), expect.anything()])
  const had = await Promise.all(visitors.map(ask))
  expect(new Set(had.flat())).toEqual(new Set(['a', 'b']))
  await changeFlag(environment, 'kept', { defaultStrategy: split({ c: 100_000 }) })
  let newcomers = 0
  await expect.poll(() => ask(`newcomer-${++newcomers}`), { timeout: 5_000 }).toEqual(['c', 'c'])
  expect(await Promise.all(visitors.map(ask))).toEqual(had)
})
