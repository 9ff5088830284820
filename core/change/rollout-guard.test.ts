// Between a progressive rollout and its flag: what it locks, and what stops it.
import { describe, expect, it } from 'vitest'
import { fixed } from '../../test/support/build/flags.ts'
import {
  start,
  minuteMs,
  dayMs,
  half,
  subject,
  world,
  steps,
  create,
  command,
  of,
  shareOf,
  edit,
} from '../../test/support/rollout-world.ts'
import type { Flag } from '../model/flag.ts'
import { domainEventsOf } from './domain-event.ts'

describe('while it is open', () => {
  const locked: [what: string, command: object][] = [
    ['other shares', edit({ defaultStrategy: { strategy: half } })],
    ['a fixed variation', edit({ defaultStrategy: { strategy: fixed('c') } })],
    ['a new split', edit({ resetSeed: true })],
    ['another allocation', edit({ allocation: 'fine', resetSeed: true })],
    ['another attribute', edit({ bucketBy: 'account', resetSeed: true })],
    ['kept assignments', edit({ assignment: 'kept' })],
    ['the archive', edit({ archived: true })],
    [
      'a document with other shares',
      {
        kind: 'apply',
        document: { flags: { f: { ...draftOf(subject()), defaultStrategy: { strategy: half } } } },
      },
    ],
    ['a document without the flag', { kind: 'apply', document: { prune: true } }],
  ]
  function draftOf({ type, variations, rules }: Flag) {
    return { type, variations, rules }
  }

  it.each(locked)('%s are refused, with the way out', (_, change) => {
    for (const status of ['waiting', 'running', 'paused']) {
      const here = world()
      here.make(create(status === 'waiting' ? { startAt: start + dayMs } : {}))
      if (status === 'paused') here.make(command('pause'))
      const before = here.state
      expect(here.run(change)).toMatchObject({
        problem: { code: 'CONFLICT', message: expect.stringContaining('progressive-rollouts/p/stop') },
      })
      expect(here.state).toBe(before)
      here.make(command('stop'))
      expect(here.run(change).ok).toBe(true)
    }
  })

  it.each<[what: string, change: object]>([
    ['other rules', edit({ rules: [] })],
    [
      'the value of a variation',
      edit({ variations: ['a', 'b', 'c'].map((id) => ({ id, value: `new ${id}` })) }),
    ],
    ['a name and tags', edit({ name: 'x', tags: ['web'] })],
    ['turning the flag off', edit({ enabled: false })],
  ])('%s may change', (_, change) => {
    const here = world()
    here.make(create())
    expect(here.run(change).ok).toBe(true)
  })

  it('a variation that a rollback would serve stays', () => {
    const here = world()
    here.make(create({ steps: steps.slice(2) }))
    here.make(edit({ rules: [] }))
    const less = {
      variations: [
        { id: 'b', value: 'b' },
        { id: 'c', value: 'c' },
      ],
    }
    expect(here.run(edit(less))).toMatchObject({
      problem: { message: expect.stringContaining('a rollback would serve') },
    })
  })

  it('a scheduled change of the split is a conflict, until it ends', () => {
    const here = world()
    const schedule = {
      id: 's',
      flagKey: 'f',
      at: start + dayMs,
      changes: { defaultStrategy: { strategy: half } },
    }
    here.make({ kind: 'create-schedule', schedule })
    here.make(create())
    expect(here.state.schedule.get('s')!.status).toBe('conflict')
    const second = { kind: 'create-schedule', schedule: { ...schedule, id: 't', at: start + 2 * dayMs } }
    expect(here.make(second).entity).toMatchObject({ status: 'conflict' })
    here.make(command('stop'))
    expect(here.state.schedule.get('s')!.status).toBe('waiting')
  })
})

describe('what goes wrong with its flag', () => {
  it('holds it while the flag is off', () => {
    const here = world()
    here.make(create())
    here.make(edit({ enabled: false }))
    expect(of(here)).toMatchObject({ status: 'paused', cause: { reason: 'the flag was turned off' } })
    expect(here.run(command('resume'))).toMatchObject({
      problem: { message: expect.stringContaining('is off') },
    })
    here.make(edit({ enabled: true }))
    here.advanceTo(start + dayMs)
    expect(shareOf(here)).toBe(10_000)
    here.make(command('resume'))
    here.advanceTo(start + 2 * dayMs)
    expect(of(here).status).toBe('finished')
  })

  it('keeps it from beginning while the flag is off', () => {
    const here = world({ enabled: false })
    here.make(create({ startAt: start + dayMs }))
    here.advanceTo(start + dayMs)
    expect(of(here)).toMatchObject({
      status: 'paused',
      stepsMade: 0,
      cause: { reason: expect.stringContaining('off') },
    })
    here.make(edit({ enabled: true }))
    here.make(command('resume'))
    here.advanceTo(start + dayMs)
    expect(shareOf(here)).toBe(10_000)
  })

  const operation = {
    id: 'o',
    kind: 'event-rate',
    flagKey: 'f',
    variationId: 'b',
    goalKey: 'error',
    comparison: 'at-least',
    threshold: 0.1,
    minimumUsers: 10,
  }
  it.each([
    ['pause', 'paused', 40_000],
    ['step-back', 'paused', 10_000],
    ['roll-back', 'rolled-back', 0],
  ])('a fired operation does what it says: %s', (onOperation, status, share) => {
    const here = world()
    here.make({ kind: 'create-goal', goal: { key: 'error' } })
    here.make({ kind: 'create-operation', operation })
    here.make(create({ onOperation }))
    here.advanceTo(start + minuteMs)
    const before = here.state
    here.make({ kind: 'apply-operation', id: 'o', facts: { exposedUsers: 100, goalUsers: 50 } })
    expect(of(here)).toMatchObject({ status, cause: { at: here.now, reason: 'operation o fired' } })
    expect(shareOf(here)).toBe(share)
    expect(here.state.flag.get('f')).toMatchObject({
      enabled: false,
      version: before.flag.get('f')!.version + 1,
    })
    const flags = here.log.at(-1)!.writes.filter(({ kind }) => kind === 'flag')
    expect(flags).toHaveLength(1)
    const told = domainEventsOf(before, here.log.at(-1)!.writes).flatMap(({ kinds }) => kinds)
    expect(told).toContain(`progressive-rollout.${status}`)
    expect(told.includes('progressive-rollout.stepped-back')).toBe(onOperation === 'step-back')
  })

  it('a step back changes the share by which another operation compares', () => {
    const here = world()
    here.make({ kind: 'create-goal', goal: { key: 'error' } })
    here.make({ kind: 'create-operation', operation })
    here.make(create({ onOperation: 'step-back' }))
    here.advanceTo(start + minuteMs)
    const compares = { ...operation, id: 'w', baselineVariationId: 'a' }
    here.make({ kind: 'create-operation', operation: compares })
    expect(here.state.operation.get('w')!.share).toBeCloseTo(0.4)
    here.make({ kind: 'apply-operation', id: 'o', facts: { exposedUsers: 100, goalUsers: 50 } })
    expect(here.state.operation.get('w')!.share).toBeCloseTo(0.1)
  })

  it('pauses it if a step cannot be made, and says why', () => {
    const here = world()
    here.make({ kind: 'create-goal', goal: { key: 'buy' } })
    here.make(create())
    // An experiment of an earlier release, which no guard kept away.
    const experiment = { flagKey: 'f', ruleId: 'd', goalKeys: ['buy'], baselineVariationId: 'a' }
    const times = { startAt: start - 1, stopAt: start + dayMs, status: 'running', version: 1 }
    const value = { id: 'x', name: '', ...experiment, ...times, createdAt: 0, updatedAt: 0 } as never
    here.state = { ...here.state, experiment: new Map([['x', value]]) }
    here.advanceTo(start + minuteMs)
    expect(of(here)).toMatchObject({
      status: 'paused',
      cause: { reason: expect.stringContaining('experiment x') },
    })
    expect(shareOf(here)).toBe(10_000)
    expect(here.alarmAt()).toBeUndefined()
  })
})
