// What the status page is told, from real objects, D1 and KV; and that a part that fails or hangs is left out
// alone, and not waited for.
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { flagDraft } from '../../../test/support/build/flag-draft.ts'
import { call, environment, useOwner } from '../../../test/support/control-entities.ts'
import { database, env } from '../../../test/support/control-plane.ts'
import { addIntake } from '../../live/live-counters.ts'
import { environments } from '../../storage/schema.ts'
import { clearSnapshot } from '../../storage/snapshots.ts'
import type { ControlBindings } from '../bindings.ts'
import { collect, environmentsMax } from './collect.ts'
import type { EnvironmentFacts } from './judge.ts'

const hourMs = 3_600_000
beforeAll(useOwner)
beforeEach(() => database.update(environments).set({ archived: true }))

const idOf = (path: string) => path.split('/')[2]!

/** Of the only environment that is not archived. */
async function factsWith(changes: object, now = Date.now()): Promise<EnvironmentFacts> {
  const { environments: found } = await collect({ ...env, ...changes } as ControlBindings, now)
  expect(found).toHaveLength(1)
  return found![0]!
}

it('reads what is published, what came in, and what ran', async () => {
  const path = await environment()
  const begun = Date.now()
  await call('POST', `${path}/flags`, flagDraft('banner'))
  await addIntake(env, 'one', idOf(path), { accepted: 7, stored: 5 })
  await addIntake(env, 'two', idOf(path), { accepted: 1, dead: 2 })
  const run = { runner: 'here', startedAt: begun, durationMs: 5, failures: [], everyMs: 60_000 }
  await call('PUT', `${path}/jobs/operations`, run)
  const now = Date.now()
  const facts = await factsWith({}, now)
  expect(facts).toMatchObject({
    unpublishedSince: null,
    isReadable: true,
    intake: { accepted: 8, stored: 5, dead: 2 },
    jobs: [{ job: 'operations', doneAt: begun, startedAt: begun, isLate: false }],
  })
  expect(facts.publishedAt).toBeGreaterThanOrEqual(begun)
  expect(facts.deadSince! % hourMs).toBe(0)
  expect(now - facts.deadSince!).toBeLessThan(2 * hourMs)
  // Three hours later, that job is late, and what came in then is not judged any more.
  const later = await factsWith({}, now + 4 * hourMs)
  expect(later).toMatchObject({ intake: { accepted: 0, stored: 0, dead: 0 }, deadSince: null })
  expect(later.jobs).toMatchObject([{ isLate: true }])
})

it('says that a snapshot cannot be read if KV fails, and if KV lost it', async () => {
  const path = await environment()
  await call('POST', `${path}/flags`, flagDraft('banner'))
  expect(await factsWith({})).toMatchObject({ isReadable: true })
  const broken = { get: () => Promise.reject(new Error('KV is away')) }
  expect(await factsWith({ SNAPSHOTS: broken })).toMatchObject({ isReadable: false, unpublishedSince: null })
  await clearSnapshot(env.SNAPSHOTS, idOf(path), 2)
  expect(await factsWith({})).toMatchObject({ isReadable: false })
})

it.each([
  ['fail', () => Promise.reject(new Error('it is away'))],
  ['hang', () => new Promise(() => undefined)],
])('leaves out objects that %s, and reads the others', async (_, answer) => {
  const path = await environment()
  await call('POST', `${path}/flags`, flagDraft('banner'))
  const away = (name: string) => ({
    idFromName: () => name,
    get: () => new Proxy({}, { get: () => answer }),
  })
  const begun = Date.now()
  const withoutEnvironment = await factsWith({ ENVIRONMENT: away('environment') })
  expect(withoutEnvironment).toMatchObject({ unpublishedSince: undefined, isReadable: undefined, jobs: [] })
  expect(withoutEnvironment.publishedAt).toBeGreaterThan(0)
  const withoutIntake = await factsWith({ INTAKE: away('intake') })
  expect(withoutIntake).toEqual({
    unpublishedSince: null,
    isReadable: true,
    publishedAt: undefined,
    intake: undefined,
    deadSince: null,
    jobs: undefined,
  })
  expect(Date.now() - begun).toBeLessThan(60_000) // what hangs is given up
})

it('knows no environment if D1 does not answer', async () => {
  await environment()
  const DB = {
    prepare: () => {
      throw new Error('D1 is away')
    },
  }
  expect(await collect({ ...env, DB } as unknown as ControlBindings, 5)).toEqual({
    now: 5,
    environments: undefined,
  })
})

it('looks at a few environments only, those of production first', async () => {
  const rows = Array.from({ length: environmentsMax + 5 }, (_, i) => ({
    id: `many-${String(i).padStart(2, '0')}`,
    name: '',
    projectId: 'default',
    createdAt: 0,
    production: i === environmentsMax + 4,
  }))
  for (const row of rows) await database.insert(environments).values(row)
  await addIntake(env, 'last', rows.at(-1)!.id, { accepted: 9 })
  const { environments: found } = await collect(env, Date.now())
  expect(found).toHaveLength(environmentsMax)
  expect(found![0]).toMatchObject({ intake: { accepted: 9 } })
})
