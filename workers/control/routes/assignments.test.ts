// Forgetting kept assignments, in workerd: whose are gone, what the audit trail says of it, what is refused.
import { beforeAll, expect, it } from 'vitest'
import { call, environment, useOwner } from '../../../test/support/control-entities.ts'
import { env } from '../../../test/support/control-plane.ts'
import { assignmentStoreOf, groupName, visitorName } from '../../contracts/assignments-contract.ts'
import { forgottenUsersMax } from './assignments.ts'

beforeAll(useOwner)

async function environmentWithAssignments() {
  const path = await environment()
  const id = path.split('/')[2]!
  const storeOf = (who: string) => assignmentStoreOf(env.ASSIGNMENTS, id, who)
  for (const who of [visitorName('ada'), visitorName('eve'), groupName('ada')])
    await storeOf(who).keep(who, [
      ['rule', 'a'],
      ['other', 'b'],
    ])
  return {
    id,
    forget: (body: unknown) => call('POST', `${path}/assignments/forget`, body),
    count: async (who: string) => (await storeOf(who).read(who)).length,
    archive: () => call('PATCH', path, { archived: true }),
  }
}

it('are gone for the users that are named, and for nobody else', async () => {
  const { id, forget, count } = await environmentWithAssignments()
  const another = await environmentWithAssignments()
  expect(await forget({ targetingKeys: ['ada', 'ada', 'nobody'] })).toMatchObject({
    status: 200,
    body: { assignments: 2 },
  })
  const counts = [visitorName('ada'), visitorName('eve'), groupName('ada')]
  expect(await Promise.all(counts.map(count))).toEqual([0, 2, 2])
  expect(await another.count(visitorName('ada'))).toBe(2)
  expect((await forget({ targetingKeys: ['ada'] })).body['assignments']).toBe(0)

  const trail = '/organisations/default/audit'
  const listed = await call('GET', `${trail}?kind=forget-assignments&entity=environment:${id}`)
  const entries = listed.body['entries'] as { number: number; actor: { id: string } }[]
  expect(entries).toMatchObject([{ actor: { id: 'entities' } }, { actor: { id: 'entities' } }])
  const detail = await call('GET', `${trail}/${entries[0]!.number}`)
  expect(JSON.stringify(detail.body)).not.toContain('ada')
})

it.each([
  [{ targetingKeys: [] }],
  [{ targetingKeys: [''] }],
  [{ targetingKeys: Array.from({ length: forgottenUsersMax + 1 }, (_, i) => `${i}`) }],
  [{}],
])('refuses %j', async (body) => {
  const { forget, count } = await environmentWithAssignments()
  expect(await forget(body)).toMatchObject({ status: 400, body: { code: 'INVALID' } })
  expect(await count(visitorName('ada'))).toBe(2)
})

it('refuses an archived environment, which accepts no changes', async () => {
  const { forget, count, archive } = await environmentWithAssignments()
  expect((await archive()).status).toBe(200)
  expect(await forget({ targetingKeys: ['ada'] })).toMatchObject({ status: 409 })
  expect(await count(visitorName('ada'))).toBe(2)
})
