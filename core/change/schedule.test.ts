// Scheduled changes: recurring ones, contrary ones, and what later edits break.
import { describe, expect, it } from 'vitest'
import { clause, fixed, flag, rollout, rule } from '../../test/support/build/flags.ts'
import { SimulatedEnvironment } from '../../test/support/simulated-environment.ts'
import { scheduleLateMaxMs } from '../model/schedule.ts'
import { waitingPerFlagMax } from '../model/limits.ts'
import { domainEventsOf } from './domain-event.ts'

const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000]
const start = Date.UTC(2026, 2, 27, 12)
const daily = { every: 'day', time: '09:00', timeZone: 'Europe/Paris' }
const world = () => new SimulatedEnvironment(start, [flag({ key: 'f' }), flag({ key: 'g' })])
const create = (changes: object) => ({
  kind: 'create-schedule',
  schedule: { id: 's', flagKey: 'f', changes: { enabled: false }, ...changes },
})
const of = ({ state }: SimulatedEnvironment, id = 's') => state.schedule.get(id)!

describe('a recurring change', () => {
  it('is made at each of its times, over a jump of the clocks, and is over at its end', () => {
    const here = world()
    here.make(create({ repeat: { ...daily, until: start + 3 * dayMs } }))
    here.advanceTo(start + 10 * dayMs)
    expect(here.log.slice(1).map(({ at }) => new Date(at).toISOString())).toEqual([
      '2026-03-28T08:00:00.000Z',
      '2026-03-29T07:00:00.000Z',
      '2026-03-30T07:00:00.000Z',
    ])
    expect(of(here)).toMatchObject({ status: 'finished', runs: 3, lastRun: { outcome: 'applied' } })
  })

  it('begins at the time that is named, and counts from there', () => {
    const here = world()
    here.make(create({ at: start + 5 * dayMs, repeat: daily }))
    expect(of(here)).toMatchObject({ at: start + 5 * dayMs - 5 * hourMs + dayMs, repeat: { interval: 1 } })
  })

  it('skips what was missed by more than an hour, and makes up for the rest once', () => {
    const here = world()
    here.make(create({ repeat: { every: 'minute', interval: 30, from: start + 30 * minuteMs } }))
    here.now = start + 3 * dayMs + minuteMs
    here.ring()
    expect(of(here)).toMatchObject({
      runs: 1,
      lastRun: { outcome: 'applied', dueAt: start + 3 * dayMs - 30 * minuteMs },
      at: start + 3 * dayMs + 30 * minuteMs,
    })
    here.run({ kind: 'update-schedule', id: 's', changes: { repeat: daily } })
    const { at } = of(here)
    here.now = at + scheduleLateMaxMs + 1
    here.ring()
    expect(of(here)).toMatchObject({
      status: 'waiting',
      runs: 1,
      lastRun: { outcome: 'missed', dueAt: at, reason: expect.stringContaining('an hour') },
      at: at + dayMs,
    })
  })

  it('that is refused once waits for its next time, and tells webhooks', () => {
    const here = world()
    here.make(create({ repeat: daily }))
    here.make({ kind: 'update-flag', key: 'f', changes: { archived: true } })
    const before = here.state
    here.advanceTo(of(here).at)
    expect(of(here)).toMatchObject({ status: 'conflict', lastRun: { outcome: 'refused' } })
    expect(domainEventsOf(before, here.log.at(-1)!.writes)[0]!.kinds).toEqual([
      'schedule.refused',
      'schedule.updated',
    ])
    here.make({ kind: 'update-flag', key: 'f', changes: { archived: false } })
    expect(of(here)).toMatchObject({ status: 'waiting' })
    expect(of(here)).not.toHaveProperty('conflict')
    const again = here.state
    here.advanceTo(of(here).at)
    expect(of(here).runs).toBe(1)
    const events = domainEventsOf(again, here.log.at(-1)!.writes)
    expect(events.find(({ kinds }) => kinds.includes('schedule.updated'))!.kinds[0]).toBe('schedule.applied')
  })

  it.each<[what: string, more: object, path: string]>([
    ['without a time', {}, 'at'],
    ['for a time that has passed', { at: start, repeat: daily }, 'at'],
    ['that ends before it begins', { repeat: { ...daily, until: start + hourMs } }, 'repeat.until'],
  ])('is refused %s', (_, more, path) => {
    expect(world().run(create(more))).toMatchObject({
      ok: false,
      problem: { code: 'INVALID', fields: [{ path }] },
    })
  })

  it('becomes one that happens once, and back', () => {
    const here = world()
    here.make(create({ repeat: daily }))
    const { at } = of(here)
    here.make({ kind: 'update-schedule', id: 's', changes: { repeat: null, at: at + 1 } })
    expect(of(here)).toMatchObject({ at: at + 1, status: 'waiting' })
    expect(of(here)).not.toHaveProperty('repeat')
    here.make({ kind: 'update-schedule', id: 's', changes: { repeat: daily } })
    expect(of(here)).toMatchObject({ at, repeat: daily })
    here.make({ kind: 'update-schedule', id: 's', changes: { name: 'kept' } })
    expect(of(here)).toMatchObject({ at, name: 'kept' })
  })
})

it('lets an experiment refuse it again', () => {
  const here = world()
  here.make(create({ at: start + dayMs, experiment: 'stop' }))
  here.make({ kind: 'update-schedule', id: 's', changes: { name: 'kept' } })
  expect(of(here)).toMatchObject({ name: 'kept', experiment: 'stop' })
  here.make({ kind: 'update-schedule', id: 's', changes: { experiment: null } })
  expect(of(here)).not.toHaveProperty('experiment')
})

it('a change of nothing is refused, also as an edit', () => {
  const here = world()
  const refused = { ok: false, problem: { code: 'INVALID', fields: [{ path: 'changes', rule: 'empty' }] } }
  expect(here.run(create({ at: start + dayMs, changes: {} }))).toMatchObject(refused)
  here.make(create({ at: start + dayMs }))
  expect(here.run({ kind: 'update-schedule', id: 's', changes: { changes: {} } })).toMatchObject(refused)
})

describe('two changes at one time', () => {
  const at = start + dayMs
  it('are refused if they set a field otherwise, and name each other', () => {
    const here = world()
    here.make(create({ at }))
    expect(here.run(create({ id: 't', at, changes: { enabled: true, name: 'x' } }))).toMatchObject({
      ok: false,
      problem: { code: 'CONFLICT', current: { id: 's' }, fields: [{ path: 'changes.enabled' }] },
    })
    expect(here.run(create({ id: 't', at, changes: { enabled: false, name: 'x' } })).ok).toBe(true)
    expect(here.run(create({ id: 'u', at: at + 1, changes: { enabled: true } })).ok).toBe(true)
    expect(here.run(create({ id: 'v', flagKey: 'g', at, changes: { enabled: true } })).ok).toBe(true)
    expect(here.run({ kind: 'update-schedule', id: 'u', changes: { at } })).toMatchObject({
      problem: { code: 'CONFLICT' },
    })
    here.make({ kind: 'cancel-schedule', id: 's' })
    here.make({ kind: 'cancel-schedule', id: 't' })
    expect(here.run({ kind: 'update-schedule', id: 'u', changes: { at } }).ok).toBe(true)
  })

  it.each([
    { every: 'week', days: ['sunday'], time: '09:00', timeZone: 'Europe/Paris' },
    { every: 'month', day: 31, time: '08:00', timeZone: 'Europe/London' },
    { every: 'minute', interval: 5, from: start },
  ])('are found among recurring ones: %j', (repeat) => {
    const here = world()
    here.make(create({ repeat: daily }))
    const other = create({ id: 't', repeat, changes: { enabled: true } })
    expect(here.run(other)).toMatchObject({ ok: false, problem: { code: 'CONFLICT' } })
    const apart = { ...repeat, ...('time' in repeat ? { time: '10:30' } : { from: start + 1 }) }
    expect(here.run(create({ id: 't', repeat: apart, changes: { enabled: true } })).ok).toBe(true)
  })

  it(`are at most ${waitingPerFlagMax} of one flag`, () => {
    const here = world()
    for (let i = 0; i < waitingPerFlagMax; i++) here.make(create({ id: `s${i}`, at: at + i }))
    expect(here.run(create({ at }))).toMatchObject({ problem: { code: 'TOO_LARGE' } })
  })
})

describe('a later edit', () => {
  const at = start + dayMs
  const serveB = { defaultStrategy: { strategy: fixed('b') } }
  const inSegment = rule([{ attribute: '', operator: 'in-segment', values: ['beta'] }], { id: 'r' })

  it.each<[what: string, changes: object, first: object[], breaking: object, mending: object | undefined]>([
    [
      'that archives the flag',
      serveB,
      [],
      { kind: 'update-flag', key: 'f', changes: { archived: true } },
      { kind: 'update-flag', key: 'f', changes: { archived: false } },
    ],
    [
      'that deletes a segment which it names',
      { rules: [inSegment] },
      [{ kind: 'create-segment', segment: { key: 'beta' } }],
      { kind: 'delete-segment', id: 'beta' },
      { kind: 'create-segment', segment: { key: 'beta' } },
    ],
    [
      'of another flag that would be asked in a circle',
      { prerequisites: [{ flagKey: 'g', variationId: 'a' }] },
      [],
      { kind: 'update-flag', key: 'g', changes: { prerequisites: [{ flagKey: 'f', variationId: 'a' }] } },
      { kind: 'update-flag', key: 'g', changes: { prerequisites: [] } },
    ],
    [
      'that splits users otherwise',
      { allocation: 'fine' },
      [],
      { kind: 'update-flag', key: 'f', changes: { defaultStrategy: { strategy: rollout({ a: 1_000 }) } } },
      undefined,
    ],
  ])('%s', (_, changes, first, breaking, mending) => {
    const here = world()
    for (const command of first) here.make(command)
    here.make(create({ at, changes }))
    expect(of(here).status).toBe('waiting')
    const before = here.state
    const { version } = of(here)
    here.make(breaking)
    expect(of(here)).toMatchObject({
      status: 'conflict',
      conflict: { at: start, reason: expect.stringMatching(/./) },
      version: version + 1,
    })
    const told = domainEventsOf(before, here.log.at(-1)!.writes).flatMap(({ kinds }) => kinds)
    expect(told).toContain('schedule.conflict')
    if (!mending) return
    here.make(mending)
    expect(of(here).status).toBe('waiting')
    here.advanceTo(at)
    expect(of(here).status).toBe('applied')
  })

  it('that starts an experiment is a conflict, from its creation on, until it stops', () => {
    const here = world()
    here.make({
      kind: 'update-flag',
      key: 'f',
      changes: { defaultStrategy: { strategy: rollout({ a: 50_000, b: 50_000 }) } },
    })
    here.make({ kind: 'create-goal', goal: { key: 'buy' } })
    here.make(create({ at }))
    const experiment = { id: 'x', flagKey: 'f', goalKeys: ['buy'], baselineVariationId: 'a' }
    here.make({ kind: 'create-experiment', experiment })
    expect(of(here)).toMatchObject({ status: 'conflict', conflict: { reason: expect.stringContaining('x') } })
    const second = here.make(create({ id: 't', at: at + 1 }))
    expect(second.entity).toMatchObject({ id: 't', status: 'conflict', version: 1 })
    expect(here.make(create({ id: 'u', at: start + 100 * dayMs })).entity).toMatchObject({
      status: 'waiting',
    })
    expect(here.make(create({ id: 'v', at: at + 2, experiment: 'stop' })).entity).toMatchObject({
      status: 'waiting',
    })
    here.make({ kind: 'stop-experiment', id: 'x' })
    expect(['s', 't'].map((id) => of(here, id).status)).toEqual(['waiting', 'waiting'])
  })

  it('is judged after the changes that come before it', () => {
    const here = world()
    const more = [...flag().variations, { id: 'd', value: 'value d' }]
    here.make(create({ id: 'adds', at, changes: { variations: more } }))
    const serveD = { defaultStrategy: { strategy: fixed('d') } }
    expect(here.run(create({ at: at - 1, changes: serveD }))).toMatchObject({ problem: { code: 'INVALID' } })
    here.make(create({ at: at + 1, changes: serveD }))
    here.make({ kind: 'cancel-schedule', id: 'adds' })
    expect(of(here).status).toBe('conflict')
    here.make({ kind: 'update-schedule', id: 'adds', changes: { name: 'again' } })
    here.advanceTo(at + 1)
    expect(here.state.flag.get('f')!.defaultStrategy.strategy).toEqual(fixed('d'))
  })

  it('that leaves it impossible for another reason changes the reason, once', () => {
    const here = world()
    here.make(create({ at, changes: { prerequisites: [{ flagKey: 'g', variationId: 'a' }] } }))
    here.make({ kind: 'update-flag', key: 'f', changes: { archived: true } })
    here.now += minuteMs
    const circle = { prerequisites: [{ flagKey: 'f', variationId: 'a' }] }
    here.make({ kind: 'update-flag', key: 'f', changes: { archived: false } })
    here.make({ kind: 'update-flag', key: 'g', changes: circle })
    here.make({ kind: 'update-flag', key: 'g', changes: { ...circle, enabled: false } })
    const { version, conflict } = of(here)
    expect(conflict).toEqual({ at: start + minuteMs, reason: expect.not.stringContaining('archived') })
    here.make({ kind: 'update-flag', key: 'g', changes: { description: 'x' } })
    expect(of(here).version).toBe(version)
    here.make({ kind: 'update-flag', key: 'g', changes: { archived: true } })
    expect(of(here)).toMatchObject({ status: 'conflict', conflict: { at: start + minuteMs } })
  })

  it('leaves the marks of other flags alone', () => {
    const here = world()
    here.make(create({ at, changes: { rules: [rule([clause('plan', 'equals', 'pro')], { id: 'r' })] } }))
    here.make({ kind: 'update-flag', key: 'g', changes: { archived: true } })
    expect(of(here)).toMatchObject({ status: 'waiting', version: 1 })
  })
})

describe('by hand, a change', () => {
  it('is made at once, and then waits no more', () => {
    const here = world()
    here.make(create({ at: start + dayMs }))
    here.make({ kind: 'execute-schedule', id: 's' })
    expect(of(here)).toMatchObject({ status: 'applied', lastRun: { at: start, outcome: 'applied' } })
    expect(here.state.flag.get('f')!.enabled).toBe(false)
    expect(here.make({ kind: 'execute-schedule', id: 's' }).writes).toEqual([])
    expect(here.alarmAt()).toBeUndefined()
  })

  it('that recurs is made at once, and keeps its next time', () => {
    const here = world()
    here.make(create({ repeat: daily }))
    const { at } = of(here)
    here.make({ kind: 'execute-schedule', id: 's' })
    expect(of(here)).toMatchObject({ status: 'waiting', at, runs: 1 })
  })

  it('that is not possible is refused, and waits on', () => {
    const here = world()
    here.make(create({ at: start + dayMs }))
    here.make({ kind: 'update-flag', key: 'f', changes: { archived: true } })
    expect(here.run({ kind: 'execute-schedule', id: 's' })).toMatchObject({ problem: { code: 'CONFLICT' } })
    expect(of(here).status).toBe('conflict')
  })

  it('is cancelled, stays, and can wait again', () => {
    const here = world()
    here.make(create({ at: start + dayMs }))
    here.make({ kind: 'cancel-schedule', id: 's' })
    here.advanceTo(start + 2 * dayMs)
    expect(of(here)).toMatchObject({ status: 'cancelled' })
    expect(here.run({ kind: 'apply-schedule', id: 's' })).toMatchObject({
      problem: { message: 'the change is cancelled' },
    })
    here.make({ kind: 'update-schedule', id: 's', changes: { at: start + 3 * dayMs } })
    here.advanceTo(start + 3 * dayMs)
    expect(of(here).status).toBe('applied')
    expect(here.run({ kind: 'cancel-schedule', id: 's' })).toMatchObject({ problem: { code: 'CONFLICT' } })
  })
})
