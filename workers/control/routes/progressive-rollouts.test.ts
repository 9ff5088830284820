// Progressive rollouts are made by the environment itself, step by step.
import { beforeAll, expect, it } from 'vitest'
import { call, environment, publishedNow, useOwner } from '../../../test/support/control-entities.ts'
import { flagDraft as draft } from '../../../test/support/build/flag-draft.ts'

beforeAll(useOwner)

const patience = { timeout: 60_000, interval: 100 }
const on = { strategy: { kind: 'fixed', variationId: 'off' } }

async function withFlag() {
  const path = await environment()
  await call('POST', `${path}/flags`, draft('banner', { defaultStrategy: on }))
  return path
}
const create = (path: string, more: object = {}) =>
  call('POST', `${path}/progressive-rollouts`, {
    id: 'launch',
    name: 'Launch',
    flagKey: 'banner',
    variationId: 'on',
    steps: [10_000, 50_000, 100_000].map((weight) => ({ weight, holdMs: 1_000 })),
    ...more,
  })
const read = async (path: string) => (await call('GET', `${path}/progressive-rollouts/launch`)).body
const step = (path: string, name: string) => call('POST', `${path}/progressive-rollouts/launch/${name}`)

it('each step once, with its cause in the audit trail, up to the end', async () => {
  const path = await withFlag()
  expect(await create(path)).toMatchObject({
    status: 201,
    body: { entity: { status: 'running', stepsMade: 1, fromVariationId: 'off' } },
  })
  await expect.poll(async () => (await read(path)).status, patience).toBe('finished')
  const { revisions } = (await call('GET', `${path}/revisions`)).body
  const made = revisions.filter(({ actor }: any) => actor.id === 'progressive-rollout')
  expect(made.map(({ comment }: any) => comment)).toEqual([
    'Progressive rollout Launch, after step 3 of 3: 100 %',
    'Progressive rollout Launch, after step 2 of 3: 50 %',
    'Progressive rollout Launch, after step 1 of 3: 10 %',
  ])
  const [flag] = (await publishedNow(path))!.flags
  expect(flag!.defaultStrategy.strategy).toMatchObject({ shares: [{ variationId: 'on', weight: 100_000 }] })
  expect(await step(path, 'rollback')).toMatchObject({ status: 200, body: { changed: true } })
  expect((await call('GET', `${path}/flags/banner`)).body.defaultStrategy).toMatchObject(on)
})

it('by hand: approved, paused, resumed and stopped, while its rule is locked', async () => {
  const path = await withFlag()
  await create(path, {
    steps: undefined,
    template: { increment: 20_000, holdMs: 3_600_000, approval: true },
  })
  expect(await read(path)).toMatchObject({ steps: { length: 5 }, stepsMade: 1, approved: false })
  const edit = { defaultStrategy: { strategy: { kind: 'fixed', variationId: 'on' } } }
  expect(await call('PATCH', `${path}/flags/banner`, edit)).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('/progressive-rollouts/launch/stop') },
  })
  for (const [name, expected] of [
    ['approve', { status: 'running', approved: true }],
    ['pause', { status: 'paused' }],
    ['resume', { status: 'running' }],
    ['stop', { status: 'stopped' }],
  ] as const) {
    expect(await step(path, name)).toMatchObject({ status: 200, body: { entity: expected } })
    expect(await step(path, name)).toMatchObject({ status: 200, body: { changed: false } })
  }
  const { progressiveRollouts } = (await call('GET', `${path}/progressive-rollouts?status=stopped`)).body
  expect(progressiveRollouts).toMatchObject([{ id: 'launch', stepsMade: 1 }])
  expect(await call('PATCH', `${path}/flags/banner`, edit)).toMatchObject({ status: 200 })
  expect((await call('DELETE', `${path}/progressive-rollouts/launch`)).status).toBe(200)
})

it('is refused where it could not go on, with the field', async () => {
  const path = await withFlag()
  expect(await create(path, { steps: [{ weight: 500, holdMs: 1_000 }] })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'steps.0.weight', rule: 'whole-percents' }] },
  })
  expect(await create(path, { variationId: 'no' })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'variationId' }] },
  })
  expect((await create(path, { steps: [{ weight: 1_000, holdMs: 10 }] })).status).toBe(400)
})

it('a step back, on the version that the caller saw', async () => {
  const path = await withFlag()
  await create(path, { template: { increment: 50_000, holdMs: 3_600_000 }, steps: undefined })
  const back = (version: number) =>
    call('POST', `${path}/progressive-rollouts/launch/step-back`, undefined, { 'if-match': `"${version}"` })
  expect(await back(1)).toMatchObject({ status: 200, body: { entity: { status: 'paused', stepsMade: 0 } } })
  expect((await back(1)).status).toBe(409)
  expect((await call('GET', `${path}/flags/banner`)).body.defaultStrategy).toMatchObject(on)
})

it('a step that waits for users says what is missing, and goes on when they are confirmed', async () => {
  const path = await withFlag()
  const steps = [10_000, 50_000].map((weight) => ({ weight, holdMs: 1_000, minimumUsers: 100 }))
  await create(path, { steps })
  await expect.poll(() => read(path), patience).toMatchObject({ awaitsFacts: true, stepsMade: 1 })
  const { stepAt } = await read(path)
  const facts = (users: number) => ({
    stepAt,
    until: Date.now(),
    users,
    verifiedUsers: 0,
    unverifiedUsers: users,
    usersOverLimit: 0,
    guardrails: [],
  })
  const look = { at: Date.now(), ...facts(7), missing: ['7 users met the variation, 100 are needed'] }
  const looks = [
    { rolloutId: 'launch', look },
    { rolloutId: 'gone', look },
  ]
  expect((await call('POST', `${path}/progressive-rollout-looks`, { looks })).body).toEqual({ stored: 1 })
  expect(await read(path)).toMatchObject({ lastLook: { users: 7, missing: look.missing } })
  const confirm = (users: number) => call('POST', `${path}/progressive-rollouts/launch/confirm`, facts(users))
  expect(await confirm(99)).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('99 users') },
  })
  expect((await confirm(100)).body).toMatchObject({ changed: true, entity: { stepsMade: 2 } })
  const { revisions } = (await call('GET', `${path}/revisions?limit=1`)).body
  expect(revisions[0].command).toMatchObject({ facts: { users: 100 } })
  expect((await confirm(100)).status).toBe(409) // of the step before
})
