// Progressive rollouts: their life, and what is refused when they are written.
import { describe, expect, it } from 'vitest'
import { fixed } from '../../test/support/build/flags.ts'
import {
  start,
  minuteMs,
  dayMs,
  half,
  world,
  steps,
  create,
  command,
  of,
  servedBy,
  shareOf,
  edit,
} from '../../test/support/rollout-world.ts'
import type { Flag } from '../model/flag.ts'
import { domainEventsOf } from './domain-event.ts'

describe('a progressive rollout', () => {
  it('makes its first step at once, each other after the hold of the one before, and then is finished', () => {
    const here = world()
    here.make(create())
    expect(of(here)).toMatchObject({
      status: 'running',
      version: 1,
      ruleId: 'd',
      fromVariationId: 'a',
      stepsMade: 1,
      at: start + minuteMs,
      before: fixed('a'),
    })
    expect(shareOf(here)).toBe(10_000)
    here.advanceTo(start + minuteMs - 1)
    expect(shareOf(here)).toBe(10_000)
    here.advanceTo(start + 2 * minuteMs)
    expect(shareOf(here)).toBe(100_000)
    expect(of(here).cause!.reason).toBe('step 2 of 3: 40 % has held')
    here.advanceTo(start + 3 * minuteMs)
    expect(of(here)).toMatchObject({ status: 'finished' })
    expect(of(here)).not.toHaveProperty('at')
    expect(here.log.map(({ at }) => (at - start) / minuteMs)).toEqual([0, 1, 2, 3])
  })

  it('waits for its start, and then begins', () => {
    const here = world()
    here.make(create({ startAt: start + dayMs }))
    expect(of(here)).toMatchObject({ status: 'waiting', stepsMade: 0, at: start + dayMs })
    here.make(command('update', { changes: { startAt: start + 2 * dayMs } }))
    here.advanceTo(start + dayMs)
    expect(shareOf(here)).toBe(0)
    here.advanceTo(start + 2 * dayMs)
    expect(of(here)).toMatchObject({
      status: 'running',
      stepsMade: 1,
      cause: { reason: 'its start has come' },
    })
  })

  it('makes one step at most when control was away, and the next one holds from then', () => {
    const here = world()
    here.make(create())
    here.now = start + dayMs
    here.ring()
    expect(of(here)).toMatchObject({ stepsMade: 2, at: start + dayMs + minuteMs })
  })

  it('holds for the rest of its time after a pause', () => {
    const here = world()
    here.make(create())
    here.now = start + 20_000
    here.make(command('pause'))
    expect(of(here)).toMatchObject({ status: 'paused', remainingMs: 40_000 })
    here.advanceTo(start + dayMs)
    expect(shareOf(here)).toBe(10_000)
    expect(here.make(command('pause')).writes).toEqual([])
    here.make(command('resume'))
    expect(of(here)).toMatchObject({ status: 'running', at: start + dayMs + 40_000 })
    expect(of(here)).not.toHaveProperty('remainingMs')
    here.advanceTo(start + dayMs + 40_000)
    expect(shareOf(here)).toBe(40_000)
  })

  it('awaits an approval, which may come before the hold is over', () => {
    const here = world()
    here.make(create({ steps: steps.map((step) => ({ ...step, approval: true })) }))
    const before = here.state
    here.advanceTo(start + dayMs)
    expect(of(here)).toMatchObject({ status: 'running', stepsMade: 1, awaitsApproval: true })
    expect(domainEventsOf(before, here.log.at(-1)!.writes)[0]!.kinds[0]).toBe(
      'progressive-rollout.awaits-approval',
    )
    expect(here.log).toHaveLength(2)
    here.make(command('approve'))
    expect(of(here)).toMatchObject({ stepsMade: 2, stepAt: start + dayMs, approved: false })
    here.make(command('approve'))
    expect(of(here)).toMatchObject({ stepsMade: 2, approved: true })
    here.advanceTo(start + dayMs + minuteMs)
    expect(of(here)).toMatchObject({ stepsMade: 3, approved: false })
    here.advanceTo(start + 2 * dayMs)
    here.make(command('approve'))
    expect(of(here).status).toBe('finished')
  })

  it('stops where it is, and unlocks the rule', () => {
    const here = world()
    here.make(create())
    here.make(command('stop'))
    expect(here.make(command('stop')).writes).toEqual([])
    here.advanceTo(start + dayMs)
    expect(shareOf(here)).toBe(10_000)
    expect(here.run(edit({ defaultStrategy: { strategy: half } })).ok).toBe(true)
    expect(here.run(command('resume'))).toMatchObject({ problem: { code: 'CONFLICT' } })
    expect(here.run(command('roll-back'))).toMatchObject({
      problem: { message: expect.stringContaining('was edited') },
    })
  })

  it.each(['running', 'paused', 'stopped', 'finished'])(
    'gives back exactly what was served: %s',
    (status) => {
      const before = {
        kind: 'rollout' as const,
        shares: [...(half as any).shares],
        pieces: [
          { variationId: 'b', weight: 20_000 },
          { variationId: 'a', weight: 50_000 },
          { variationId: 'b', weight: 30_000 },
        ],
        audience: { percentage: 60, defaultVariationId: 'a' },
      }
      const here = world({ defaultStrategy: { id: 'd', strategy: before } })
      here.make(create({ steps: [{ weight: 70_000, holdMs: minuteMs }] }))
      if (status === 'paused') here.make(command('pause'))
      if (status === 'stopped') here.make(command('stop'))
      if (status === 'finished') here.advanceTo(start + minuteMs)
      expect(of(here).status).toBe(status)
      here.make(command('roll-back'))
      expect(servedBy(here)).toEqual(before)
      expect(of(here).status).toBe('rolled-back')
      expect(here.make(command('roll-back')).writes).toEqual([])
    },
  )

  it('goes back a step, and holds that one anew once it is resumed', () => {
    const here = world()
    here.make(create())
    here.advanceTo(start + minuteMs)
    here.make(command('step-back'))
    expect(of(here)).toMatchObject({ status: 'paused', stepsMade: 1, remainingMs: minuteMs })
    expect(shareOf(here)).toBe(10_000)
    here.make(command('step-back'))
    expect(of(here)).toMatchObject({ status: 'paused', stepsMade: 0, remainingMs: 0 })
    expect(servedBy(here)).toEqual(fixed('a'))
    expect(here.run(command('step-back'))).toMatchObject({ problem: { code: 'CONFLICT' } })
    here.make(command('resume'))
    here.advanceTo(start + 2 * minuteMs)
    expect(shareOf(here)).toBe(40_000)
  })

  it('is deleted once it has ended, and keeps its flag from being deleted', () => {
    const here = world()
    here.make(create())
    expect(here.run(command('delete'))).toMatchObject({ problem: { code: 'CONFLICT' } })
    expect(here.run({ kind: 'delete-flag', id: 'f' })).toMatchObject({ ok: false })
    here.make(command('stop'))
    here.make(edit({ archived: true }))
    here.make(command('delete'))
    expect(here.run({ kind: 'delete-flag', id: 'f' }).ok).toBe(true)
  })

  it('changes the steps to come, and none that was made', () => {
    const here = world()
    here.make(create())
    const changed = (list: object[]) => here.run(command('update', { changes: { steps: list } }))
    expect(changed([{ weight: 20_000, holdMs: minuteMs }])).toMatchObject({
      problem: { fields: [{ path: 'steps' }] },
    })
    expect(changed([steps[0]!, { weight: 5_000, holdMs: minuteMs }])).toMatchObject({
      problem: { fields: [{ path: 'steps.1.weight' }] },
    })
    expect(changed([steps[0]!, { weight: 15_000, holdMs: minuteMs }]).ok).toBe(true)
    here.advanceTo(start + dayMs)
    expect(shareOf(here)).toBe(15_000)
  })
})

describe('a progressive rollout is refused', () => {
  it.each<[what: string, draft: object, path: string | undefined]>([
    ['on an unknown flag', { flagKey: 'no' }, 'flagKey'],
    ['on an unknown rule', { ruleId: 'no' }, 'ruleId'],
    ['of an unknown variation', { variationId: 'no' }, 'variationId'],
    ['from an unknown variation', { fromVariationId: 'no' }, 'fromVariationId'],
    ['from the variation itself', { fromVariationId: 'b' }, 'fromVariationId'],
    ['of the variation that all have', { variationId: 'a' }, 'fromVariationId'],
    ['without steps', { steps: undefined }, 'steps'],
    ['with steps and a template', { template: { increment: 1_000, holdMs: 1_000 } }, 'steps'],
    [
      'with a template of too many steps',
      { steps: undefined, template: { increment: 1, holdMs: 1_000 } },
      'template',
    ],
    ['with steps that do not grow', { steps: [steps[1], steps[0]] }, 'steps.1.weight'],
    ['with parts of percents', { steps: [{ weight: 500, holdMs: 1_000 }] }, 'steps.0.weight'],
    ['for more users than there are', { fromVariationId: null }, 'steps.0.weight'],
    ['with a start that has passed', { startAt: start }, 'startAt'],
  ])('%s', (_, draft, path) => {
    const answer = world().run(create(draft))
    expect(answer).toMatchObject({ ok: false, problem: { code: 'INVALID' } })
    expect(!answer.ok && answer.problem.fields?.[0]?.path).toBe(path)
  })

  it.each<[what: string, changes: Partial<Flag>]>([
    ['is archived', { archived: true }],
    ['is off', { enabled: false }],
    ['keeps assignments', { assignment: 'kept' }],
  ])('on a flag that %s', (_, changes) => {
    expect(world(changes).run(create())).toMatchObject({ problem: { code: 'CONFLICT' } })
  })

  it('beside another one or an experiment on the rule, and keeps experiments away', () => {
    const here = world()
    here.make({ kind: 'create-goal', goal: { key: 'buy' } })
    const experiment = { id: 'x', flagKey: 'f', ruleId: 'r', goalKeys: ['buy'], baselineVariationId: 'a' }
    here.make({ kind: 'create-experiment', experiment })
    const onRule = create({ ruleId: 'r', steps: [{ weight: 60_000, holdMs: minuteMs }] })
    expect(here.run(onRule)).toMatchObject({ problem: { message: expect.stringContaining('experiment x') } })
    expect(here.run(create()).ok).toBe(true)
    expect(here.run(create({ id: 'q' }))).toMatchObject({
      problem: { message: expect.stringContaining('progressive rollout p') },
    })
    here.make({ kind: 'stop-experiment', id: 'x' })
    here.make({ ...onRule, progressiveRollout: { ...onRule.progressiveRollout, id: 'q' } })
    expect(here.run({ kind: 'create-experiment', experiment: { ...experiment, id: 'y' } })).toMatchObject({
      problem: { code: 'CONFLICT', dependents: [{ kind: 'progressiveRollout', id: 'q' }] },
    })
    const draft = { ...experiment, id: 'y', status: 'draft' }
    expect(here.run({ kind: 'create-experiment', experiment: draft }).ok).toBe(true)
    expect(here.run({ kind: 'start-experiment', id: 'y' })).toMatchObject({ problem: { code: 'CONFLICT' } })
  })
})
