// Flags with kept assignments, through the routes: changed weights, logins, groups and deleted variations.
import { expect, it } from 'vitest'
import { goldenKeys, memoryPorts } from '../../../test/support/golden-cases.ts'
import type { Ports } from '../../contracts/ports.ts'
import { ofrepRoutes } from '../ofrep/routes.ts'
import { flagshipIoRoutes } from './routes.ts'
import { callHandler } from '../../../test/support/call-handler.ts'

const offer = (variations: readonly string[], shares: Readonly<Record<string, number>>) => ({
  key: 'offer',
  type: 'string',
  enabled: true,
  assignment: 'kept',
  variations: variations.map((id) => ({ id, value: id })),
  defaultStrategy: {
    id: 'offer-rule',
    strategy: {
      kind: 'rollout',
      shares: Object.entries(shares).map(([variationId, weight]) => ({ variationId, weight })),
    },
  },
})
const all = ['a', 'b', 'c']
const before = offer(all, { a: 50_000, b: 50_000 })
const after = offer(all, { c: 100_000 })

/** The ports of one configuration, with the assignments of another. */
const withFlag = (flag: object, assignments?: Ports['assignments']): Ports => {
  const { ports } = memoryPorts({ flags: [flag] })
  return assignments ? { ...ports, assignments } : ports
}

async function ask(ports: Ports, body: object, path = '/v2/shop/campaigns?mode=simple'): Promise<unknown> {
  const response = await callHandler(flagshipIoRoutes(ports), path, {
    method: 'POST',
    headers: { 'x-api-key': goldenKeys.clientKey },
    body: JSON.stringify({ trigger_hit: false, ...body }),
  })
  const text = await response.text()
  return text === '' ? response.status : JSON.parse(text)
}
const offered = async (ports: Ports, body: object) =>
  ((await ask(ports, body)) as { mergedModifications: { offer?: string } }).mergedModifications.offer

it('keeps every visitor’s variation when the weights change, for OFREP as well', async () => {
  const first = withFlag(before)
  const then = withFlag(after, first.assignments)
  for (let i = 0; i < 100; i++) {
    const visitor = { visitor_id: `visitor-${i}` }
    const had = await offered(first, visitor)
    expect(['a', 'b']).toContain(had)
    expect(await offered(then, visitor)).toBe(had)
    const response = await callHandler(
      ofrepRoutes(then),
      '/ofrep/v1/evaluate/flags/offer',
      {
        method: 'POST',
        headers: { authorization: `Bearer ${goldenKeys.clientKey}` },
        body: JSON.stringify({ context: { targetingKey: visitor.visitor_id } }),
      },
      {},
    )
    expect(await response.json()).toMatchObject({ value: had })
  }
  expect(await offered(then, { visitor_id: 'newcomer' })).toBe('c')
})

it('gives a visitor after login the anonymous assignment, and keeps it for the new id', async () => {
  const first = withFlag(before)
  const had = await offered(first, { visitor_id: 'anonymous' })
  const then = withFlag(after, first.assignments)
  expect(await offered(then, { visitor_id: 'known', anonymous_id: 'anonymous' })).toBe(had)
  expect(await offered(then, { visitor_id: 'known' })).toBe(had)
})

it('never overwrites the anonymous assignment with the one after login', async () => {
  const ports = withFlag(after)
  await offered(ports, { visitor_id: 'known', anonymous_id: 'anonymous' })
  const [anonymous] = (await ports.assignments.read('shop', ['visitor:anonymous']))!
  expect(anonymous?.size).toBe(0)
})

it('gives a group one variation, whichever visitor is first', async () => {
  const ports = withFlag(before)
  const members = Array.from({ length: 20 }, (_, i) => ({
    visitor_id: `member-${i}`,
    decision_group: 'home',
  }))
  const answers = new Set<unknown>()
  for (const member of members) answers.add(await offered(ports, member))
  expect(answers.size).toBe(1)
})

it('reports an error for the one campaign whose assigned variation was deleted', async () => {
  const first = withFlag(before)
  const body = { visitor_id: 'ada' }
  const had = (await offered(first, body))!
  const rest = all.filter((id) => id !== had)
  const then = withFlag(offer(rest, { [rest[0]!]: 100_000 }), first.assignments)
  expect(await offered(then, body)).toBeUndefined()
  expect(await ask(then, body, '/v2/shop/campaigns/offer')).toEqual({
    message: 'visitor ID assigned to deleted variation',
    code: 'INVALID',
  })
})

it('evaluates by the hash, and writes nothing, while assignments cannot be read', async () => {
  let written = 0
  const ports = withFlag(before, {
    read: () => Promise.resolve(undefined),
    keep: () => void written++,
  })
  expect(await offered(ports, { visitor_id: 'ada' })).toBe(
    await offered(withFlag(before), { visitor_id: 'ada' }),
  )
  expect(written).toBe(0)
})

it('reads no assignments if no flag keeps them', async () => {
  const { assignment: _, ...plain } = before
  const ports = withFlag(plain, {
    read: () => Promise.reject(new Error('it was asked')),
    keep: () => undefined,
  })
  expect(await offered(ports, { visitor_id: 'ada' })).toMatch(/^[ab]$/)
})
