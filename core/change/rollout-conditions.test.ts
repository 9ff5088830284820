// Steps of a progressive rollout that wait for users, for guardrails and for an approval; and operations that
// fired before.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import {
  command,
  create,
  dayMs,
  minuteMs,
  of,
  shareOf,
  start,
  steps,
  world,
} from '../../test/support/rollout-world.ts'
import { type ProgressiveRollout, stepInQuestion } from '../model/progressive-rollout.ts'
import { domainEventsOf } from './domain-event.ts'

const goal = { kind: 'create-goal', goal: { key: 'error', event: 'error' } }
const watching = (id: string, more: object = {}) => ({
  kind: 'create-operation',
  operation: {
    id,
    kind: 'event-rate',
    flagKey: 'f',
    variationId: 'b',
    goalKey: 'error',
    comparison: 'at-least',
    threshold: 0.1,
    minimumUsers: 50,
    ...more,
  },
})
/** Of a healthy runner one release back: 100 users of whom 90 fail. */
const fire = (id: string) => ({
  kind: 'apply-operation',
  id,
  facts: { exposedUsers: 100, goalUsers: 90 },
})
const guardedSteps = steps.map((step) => ({ ...step, minimumUsers: 1_000, guardrails: ['o'] }))

function guarded(more: object = {}) {
  const here = world()
  here.make(goal)
  here.make(watching('o', { action: { kind: 'notify' } }))
  here.make(create({ steps: guardedSteps, ...more }))
  return here
}
const facts = (here: ReturnType<typeof world>, users: number, judgedUsers: number, more: object = {}) => ({
  stepAt: of(here).stepAt,
  until: here.now,
  users,
  verifiedUsers: 0,
  unverifiedUsers: users,
  usersOverLimit: 0,
  guardrails: [{ operationId: 'o', judgedUsers, goalUsers: 0 }],
  ...more,
})
const confirm = (here: ReturnType<typeof world>, users: number, judgedUsers: number, more: object = {}) =>
  command('confirm', { facts: facts(here, users, judgedUsers, more) })

describe('a step with conditions', () => {
  it('holds for as long as users are missing, and goes on when they have come', () => {
    const here = guarded()
    here.advanceTo(start + dayMs)
    expect(of(here)).toMatchObject({ stepsMade: 1, awaitsFacts: true, status: 'running' })
    expect(of(here)).not.toHaveProperty('at')
    const few = here.run(confirm(here, 999, 50))
    expect(few).toMatchObject({ problem: { code: 'CONFLICT', message: expect.stringContaining('999') } })
    const unjudged = here.run(confirm(here, 1_000, 49))
    expect(unjudged).toMatchObject({ problem: { message: expect.stringContaining('operation o') } })
    here.make(confirm(here, 1_000, 50))
    expect(of(here)).toMatchObject({ stepsMade: 2, stepAt: start + dayMs, at: start + dayMs + minuteMs })
    expect(of(here)).not.toHaveProperty('facts')
    expect(shareOf(here)).toBe(40_000)
  })

  it('holds for its time when the users come early, and keeps the facts that were enough', () => {
    const here = guarded()
    here.now += 10_000
    here.make(confirm(here, 5_000, 60))
    expect(of(here)).toMatchObject({ stepsMade: 1, facts: { users: 5_000 } })
    expect(here.make(confirm(here, 6_000, 70)).writes).toEqual([])
    here.advanceTo(start + minuteMs - 1)
    expect(of(here).stepsMade).toBe(1)
    here.advanceTo(start + minuteMs)
    expect(of(here).stepsMade).toBe(2)
  })

  it('awaits its approval after its users, in whichever order they come', () => {
    const approved = guardedSteps.map((step) => ({ ...step, approval: true }))
    const here = guarded({ steps: approved })
    here.advanceTo(start + dayMs)
    const before = here.state
    here.make(confirm(here, 1_000, 50))
    expect(of(here)).toMatchObject({ stepsMade: 1, awaitsApproval: true })
    expect(domainEventsOf(before, here.log.at(-1)!.writes)[0]!.kinds[0]).toBe(
      'progressive-rollout.awaits-approval',
    )
    here.make(command('approve'))
    expect(of(here).stepsMade).toBe(2)
    here.make(command('approve'))
    here.advanceTo(here.now + dayMs)
    expect(of(here)).toMatchObject({ stepsMade: 2, awaitsFacts: true })
    here.make(confirm(here, 1_000, 50))
    expect(of(here).stepsMade).toBe(3)
  })

  it('refuses facts of another step, of a time to come, and while it is paused', () => {
    const here = guarded()
    expect(here.run(confirm(here, 1_000, 50, { stepAt: start - 1 }))).toMatchObject({
      problem: { message: expect.stringContaining('another step') },
    })
    expect(here.run(confirm(here, 1_000, 50, { until: start + dayMs })).ok).toBe(false)
    here.make(command('pause'))
    expect(here.run(confirm(here, 1_000, 50)).ok).toBe(false)
    here.advanceTo(start + dayMs)
    here.make(command('resume'))
    here.advanceTo(start + 2 * dayMs)
    expect(of(here)).toMatchObject({ awaitsFacts: true, stepsMade: 1 })
    here.make(command('pause'))
    here.make(command('resume'))
    expect(of(here)).toMatchObject({ awaitsFacts: true })
  })

  it.each([
    ['pause', { status: 'paused', stepsMade: 2 }],
    ['step-back', { status: 'paused', stepsMade: 1 }],
    ['roll-back', { status: 'rolled-back' }],
  ])(
    'does as it is told (%s) when its guardrail fires, and goes on once it is armed',
    (onOperation, found) => {
      const here = guarded({ onOperation })
      here.advanceTo(start + minuteMs)
      here.make(confirm(here, 1_000, 50))
      expect(of(here).stepsMade).toBe(2)
      here.make(fire('o'))
      expect(of(here)).toMatchObject(found)
      if (found.status !== 'paused') return
      expect(here.run(command('resume'))).toMatchObject({
        problem: { dependents: [{ kind: 'operation', id: 'o' }] },
      })
      here.make({ kind: 'arm-operation', id: 'o' })
      here.make(command('resume'))
      expect(of(here).status).toBe('running')
    },
  )

  it.each([
    ['is there', { guardrails: ['none'] }, 'steps.0.guardrails.0'],
    ['watches the variation', { guardrails: ['other'] }, 'steps.0.guardrails.0'],
    ['is named once', { guardrails: ['o', 'o'] }, 'steps.0.guardrails.1'],
  ])('is refused unless its guardrail %s', (_, more, path) => {
    const here = world()
    here.make(goal)
    here.make(watching('o'))
    here.make(watching('other', { variationId: 'a' }))
    const created = here.run(create({ steps: [{ ...steps[0], ...more }] }))
    expect(created).toMatchObject({ problem: { fields: [{ path }] } })
  })

  it('keeps its guardrail from being deleted', () => {
    const here = guarded()
    const remove = { kind: 'delete-operation', id: 'o' }
    expect(here.run(remove)).toMatchObject({
      problem: { dependents: [{ kind: 'progressiveRollout', id: 'p' }] },
    })
    here.make(command('stop'))
    here.make(remove)
  })
})

describe('an operation that fired before', () => {
  function fired() {
    const here = world()
    here.make(goal)
    here.make(watching('o', { action: { kind: 'notify' } }))
    here.make(fire('o'))
    return here
  }

  it('keeps a rollout from beginning, unless it does not mind', () => {
    const here = fired()
    expect(here.run(create())).toMatchObject({
      problem: { code: 'CONFLICT', message: expect.stringContaining('arm it again') },
    })
    here.make(create({ onOperation: 'none' }))
    here.advanceTo(start + dayMs)
    expect(of(here).status).toBe('finished')
  })

  it('pauses a rollout at its start, and says why', () => {
    const here = fired()
    here.make(create({ startAt: start + dayMs }))
    here.advanceTo(start + 2 * dayMs)
    expect(of(here)).toMatchObject({
      status: 'paused',
      stepsMade: 0,
      cause: { reason: expect.stringContaining('operation o has fired') },
    })
    here.make({ kind: 'arm-operation', id: 'o' })
    here.make(command('resume'))
    here.advanceTo(here.now + minuteMs)
    expect(of(here).stepsMade).toBeGreaterThan(0)
  })
})

it('no step is made before its conditions hold, whatever comes in which order', () => {
  const act = fc.constantFrom(
    'confirm',
    'few',
    'stale',
    'approve',
    'pause',
    'resume',
    'fire',
    'arm',
    'wait',
    'step-back',
  )
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const here = guarded({ steps: guardedSteps.map((step, i) => ({ ...step, approval: i === 1 })) })
      for (const each of acts) {
        const before: ProgressiveRollout = of(here)
        if (each === 'wait') here.advanceTo(here.now + minuteMs / 2)
        else if (each === 'fire') here.run(fire('o'))
        else if (each === 'arm') here.run({ kind: 'arm-operation', id: 'o' })
        else if (each === 'confirm') here.run(confirm(here, 1_000, 50))
        else if (each === 'few') here.run(confirm(here, 999, 50))
        else if (each === 'stale') here.run(confirm(here, 1_000, 50, { stepAt: start - 1 }))
        else here.run(command(each))
        const after = of(here)
        if (after.stepsMade <= before.stepsMade && after.status !== 'finished') continue
        if (after.status === before.status && after.stepsMade === before.stepsMade) continue
        const isConfirmed = before.facts !== undefined || each === 'confirm'
        const isApproved = before.approved === true || each === 'approve'
        const heldSince = here.log.at(-1)!.at - before.stepAt!
        expect([after.stepsMade - before.stepsMade <= 1, isConfirmed, isApproved]).toEqual([true, true, true])
        expect(heldSince).toBeGreaterThanOrEqual(minuteMs)
        expect(here.state.operation.get('o')!.status).toBe('active')
        expect(stepInQuestion({ ...before, facts: undefined })).toBeDefined()
      }
    }),
  )
})
