// What the forms of operations make of what is there: unchanged, it is the same, so an edit that changes
// nothing sends nothing.
import fc from '../../../test/support/build/fast-check.ts'
import { describe, expect, it } from 'vitest'
import {
  DynamicAllocationDraft,
  OperationDraft,
  ProgressiveRolloutDraft,
  ScheduleChanges,
  ScheduleDraft,
} from '../../../core/change/command.ts'
import { DynamicAllocation } from '../../../core/model/dynamic-allocation.ts'
import { Operation } from '../../../core/model/operation.ts'
import { ProgressiveRollout } from '../../../core/model/progressive-rollout.ts'
import { Schedule } from '../../../core/model/schedule.ts'
import { flag } from '../../../test/support/build/flags.ts'
import { SimulatedEnvironment } from '../../../test/support/simulated-environment.ts'
import { changesBetween } from '../change/changes-between.ts'
import { type EditState, openedEdit, rebased } from '../change/edit-state.ts'
import { hoursOf, hoursText, percentText, shareOf } from '../ui/field-text.ts'
import { allocationBody, allocationFields, emptyAllocation } from './allocation-fields.ts'
import { rolloutBody, type RolloutFields, rolloutFields, rolloutForm } from './rollout-fields.ts'
import { scheduleBody, scheduleFields } from './schedule-fields.ts'
import { emptySwitch, switchBody, switchFields } from './switch-fields.ts'

type RolloutEdit = EditState<ProgressiveRollout, RolloutFields>

const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
const stored = { version: 3, createdAt: 1, updatedAt: 2 }
const monday = Date.parse('2026-11-30T09:30')

it('shares and hours are read back as they were', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 0, max: 10_000 }),
      (share, minutes) => {
        expect(shareOf(percentText(share / 100_000))).toBe(share / 100_000)
        expect(hoursOf(hoursText(minutes * 60_000))).toBe(minutes * 60_000)
      },
    ),
  )
})

describe('a kill switch', () => {
  const operation = Operation.parse({
    id: 'o',
    kind: 'event-rate',
    flagKey: 'checkout',
    variationId: 'new',
    goalKey: 'error',
    comparison: 'at-least',
    threshold: 0.02,
    baselineVariationId: 'old',
    difference: 'relative',
    minimumUsers: 200,
    alpha: 0.01,
    delayMs: 5_400_000,
    action: { kind: 'stop-experiment', experimentId: 'e' },
    rearmAfterMs: 7_200_000,
    status: 'active',
    countingFrom: 1,
    ...stored,
  })

  it.each([
    operation,
    { ...operation, action: { kind: 'serve', variationId: 'old' } } as const,
    { ...operation, action: { kind: 'notify' } } as const,
  ])('is made again from its fields', (each) => {
    const body = OperationDraft.parse(switchBody(switchFields(each)))
    expect(Operation.parse({ ...each, ...body })).toEqual(each)
  })

  it('sends what was changed, and a time that was emptied as null', () => {
    const fields = switchFields(operation)
    const changes = (typed: object) =>
      changesBetween(switchBody(fields)!, switchBody({ ...fields, ...typed })!)
    expect(changes({})).toEqual({})
    expect(changes({ threshold: '3,5', rearm: '' })).toEqual({ threshold: 0.035, rearmAfterMs: null })
  })

  it('waits for what is missing or no number', () => {
    const complete = { ...emptySwitch, flagKey: 'f', variation: 'v', goal: 'g' }
    expect(switchBody(complete)).toMatchObject({ threshold: 0.05 })
    for (const typed of [{ goal: '' }, { threshold: 'much' }, { delay: 'soon' }, { minimum: '' }])
      expect(switchBody({ ...complete, ...typed })).toBeUndefined()
  })
})

describe('a progressive rollout', () => {
  const rollout = ProgressiveRollout.parse({
    id: 'r',
    name: 'Search',
    flagKey: 'search',
    ruleId: 'default',
    variationId: 'new',
    steps: [
      { weight: 1_500, holdMs: 3_600_000, minimumUsers: 50, guardrails: ['o', 'p'] },
      { weight: 100_000, holdMs: 90_000, approval: true },
    ],
    onOperation: 'step-back',
    startAt: monday + 12_345,
    status: 'waiting',
    stepsMade: 0,
    ...stored,
  })

  it('is made again from its fields, with what they only show', () => {
    const { startAt, ...body } = ProgressiveRolloutDraft.parse(rolloutBody(rolloutFields(rollout)))
    expect(startAt).toBe(monday)
    expect(body).toMatchObject({ steps: rollout.steps, onOperation: 'step-back', fromVariationId: null })
  })

  it('sends only the steps when one of them was changed', () => {
    const fields = rolloutFields(rollout)
    const [first, ...others] = fields.steps
    const typed = { ...fields, steps: [{ ...first!, hold: '2' }, ...others] }
    expect(changesBetween(rolloutBody(fields)!, rolloutBody(typed)!)).toEqual({
      steps: [{ ...rollout.steps[0], holdMs: 7_200_000 }, rollout.steps[1]],
    })
    expect(rolloutBody({ ...fields, steps: [{ ...first!, share: '' }] })).toBeUndefined()
  })
})

describe('a progressive rollout that goes on while it is edited', () => {
  const start = Date.UTC(2026, 10, 30)
  const hourMs = 3_600_000
  const steps = [1_000, 5_000, 100_000].map((weight) => ({ weight, holdMs: hourMs, approval: false }))
  const halves = { variations: flag().variations.slice(0, 2), offVariationId: 'a' }
  const begun = () => {
    const here = new SimulatedEnvironment(start, [flag({ key: 'h', ...halves })])
    const draft = { id: 'r', flagKey: 'h', variationId: 'b', fromVariationId: 'a', steps }
    here.make({ kind: 'create-progressive-rollout', progressiveRollout: draft })
    return { here, read: () => here.state.progressiveRollout.get('r')! }
  }
  /** Sends the form, and after a colleague's or its own change the merged one. */
  const save = ({ here, read }: ReturnType<typeof begun>, { opened, initial, fields }: RolloutEdit) =>
    here.run({
      kind: 'update-progressive-rollout',
      id: read().id,
      version: opened!.version,
      changes: changesBetween(rolloutBody(initial)!, rolloutBody(fields)!),
    })
  const typedIn = (edit: RolloutEdit, shares: Record<number, string>): RolloutEdit => ({
    ...edit,
    fields: {
      ...edit.fields,
      name: 'Slower',
      steps: edit.fields.steps.map((step, i) => ({ ...step, share: shares[i] ?? step.share })),
    },
  })

  it.each([
    { shares: { 1: '3' }, stored: [1_000, 5_000, 100_000] },
    { shares: { 1: '3', 2: '50' }, stored: [1_000, 5_000, 50_000] },
  ])('keeps the steps that were made, says so, and can be saved', ({ shares, stored: weights }) => {
    const world = begun()
    const edit = typedIn(openedEdit(rolloutForm, world.read()), shares)
    world.here.advanceTo(start + hourMs + 60_000)
    expect(world.read().stepsMade).toBe(2)
    expect(save(world, edit)).toMatchObject({ ok: false, problem: { yours: {} } })
    const merged = rebased(rolloutForm, edit, world.read())
    expect(merged.merge).toMatchObject({
      conflicts: [],
      taken: [{ field: 'steps', base: edit.fields.steps, merged: merged.fields.steps }],
    })
    expect(save(world, merged)).toMatchObject({ ok: true })
    expect(world.read()).toMatchObject({ name: 'Slower', steps: weights.map((weight) => ({ weight })) })
  })

  it('no longer begins at another time than it did', () => {
    const waiting = openedEdit(rolloutForm, { ...begun().read(), status: 'waiting', stepsMade: 0 })
    const edit = { ...waiting, fields: { ...waiting.fields, startsAt: '2027-01-01T09:30' } }
    const { merge } = rebased(rolloutForm, edit, begun().read())
    expect(merge).toMatchObject({ conflicts: [], taken: [{ base: '2027-01-01T09:30', merged: '' }] })
  })
})

describe('a scheduled change', () => {
  const once = Schedule.parse({
    id: 's',
    flagKey: 'banner',
    changes: { enabled: false },
    at: monday,
    experiment: 'stop',
    status: 'waiting',
    ...stored,
  })
  const weekly = { every: 'week', interval: 1, days: ['monday'], time: '09:30', timeZone, from: monday }
  const repeating = (repeat: object) => Schedule.parse({ ...once, repeat: { ...weekly, ...repeat } })

  it.each([
    once,
    { ...once, changes: { archived: true } },
    { ...once, changes: { name: 'Winter', tags: ['sale'] } },
    { ...once, changes: { enabled: true, description: 'x' } },
  ])('that happens once is made again from its fields', (schedule) => {
    const body = ScheduleDraft.parse(scheduleBody(scheduleFields(schedule, timeZone), timeZone))
    expect(Schedule.parse({ ...schedule, ...body })).toEqual(schedule)
  })

  it.each([
    ['week', {}],
    ['week', { until: Date.parse('2027-02-01T23:59:59') }],
    ['workday', { days: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'] }],
    ['kept', { interval: 2 }],
    ['kept', { days: ['monday', 'sunday'] }],
    ['kept', { timeZone: timeZone === 'Asia/Tokyo' ? 'UTC' : 'Asia/Tokyo' }],
    ['kept', { until: Date.parse('2027-02-01T12:00:00') }],
  ] as const)(
    'that recurs is shown as %s if it is, and sends no times unless they change',
    (shown, repeat) => {
      const schedule = repeating(repeat)
      const fields = scheduleFields(schedule, timeZone)
      expect(fields.repeat.split(':')[0]).toBe(shown)
      expect(ScheduleDraft.parse(scheduleBody(fields, timeZone)).repeat).toEqual(schedule.repeat)
      const renamed = scheduleBody({ ...fields, name: 'Mondays', experiment: '' }, timeZone)!
      expect(changesBetween(scheduleBody(fields, timeZone)!, renamed)).toEqual({
        name: 'Mondays',
        experiment: null,
      })
    },
  )

  it('becomes one that recurs, with no time taken away', () => {
    const fields = scheduleFields(once, timeZone)
    const daily = scheduleBody({ ...fields, repeat: 'day' }, timeZone)!
    const changes = changesBetween(scheduleBody(fields, timeZone)!, daily)
    expect(ScheduleChanges.parse(changes)).toMatchObject({ repeat: { every: 'day', from: monday } })
    expect(changes).not.toHaveProperty('at')
  })

  it('becomes one that happens once', () => {
    const fields = scheduleFields(repeating({}), timeZone)
    const single = scheduleBody({ ...fields, repeat: 'once' }, timeZone)!
    expect(changesBetween(scheduleBody(fields, timeZone)!, single)).toEqual({ repeat: null })
  })
})

describe('a dynamic allocation', () => {
  it('shows the defaults of the API', () => {
    const body = allocationBody({ ...emptyAllocation, flagKey: 'f', goal: 'g' })
    const defaults = DynamicAllocationDraft.parse({ flagKey: 'f', goalKey: 'g' })
    expect(DynamicAllocationDraft.parse(body)).toEqual(defaults)
  })

  it('is made again from its fields, and sends what was changed', () => {
    const allocation = DynamicAllocation.parse({
      id: 'a',
      flagKey: 'headline',
      ruleId: 'default',
      goalKey: 'read',
      lowerIsBetter: true,
      counts: 'verified',
      delayMs: 0,
      floor: 7_000,
      everyMs: 5_400_000,
      arms: ['x', 'y'],
      status: 'running',
      phases: [{ startAt: 1_000, weights: { x: 50_000, y: 50_000 } }],
      ...stored,
    })
    const fields = allocationFields(allocation)
    const body = DynamicAllocationDraft.parse(allocationBody(fields))
    expect(DynamicAllocation.parse({ ...allocation, ...body })).toEqual(allocation)
    const edited = allocationBody({ ...fields, floor: '3', every: '6' })!
    expect(changesBetween(allocationBody(fields)!, edited)).toEqual({ floor: 3_000, everyMs: 21_600_000 })
    expect(allocationBody({ ...fields, step: 'much' })).toBeUndefined()
  })
})
