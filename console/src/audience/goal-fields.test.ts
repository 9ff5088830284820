import fc from '../../../test/support/build/fast-check.ts'
import { describe, expect, it } from 'vitest'
import { GoalDraft } from '../../../core/change/command.ts'
import { Goal } from '../../../core/model/goal.ts'
import { changesBetween } from '../change/changes-between.ts'
import { emptyGoal, goalBody, goalFields } from './goal-fields.ts'

const goalWith = (metric?: object) =>
  Goal.parse({ key: 'order', event: 'bought', metric, version: 1, createdAt: 1, updatedAt: 1 })

describe('the form of a goal', () => {
  it.each([
    undefined,
    { kind: 'conversion' },
    { kind: 'conversion', windowDays: 7, minimumAgeDays: 2 },
    { kind: 'retention', day: 3 },
    { kind: 'funnel', steps: ['cart', 'pay'], windowDays: 1 },
    { kind: 'funnel', steps: ['Viewed cart, checkout', ' paid ', '"'] },
    { kind: 'count', priorDays: 0 },
    { kind: 'value', capFromHistory: true },
    { kind: 'value-per-converter', cap: 400 },
    { kind: 'ratio', sum: 'count', denominator: { event: 'session', sum: 'value' }, cap: 2.5 },
  ])('makes a goal with the metric %j again, with what it does not show', (metric) => {
    const goal = goalWith(metric)
    const body = GoalDraft.parse(goalBody(goalFields(goal)))
    expect(Goal.parse({ ...goal, ...body })).toEqual(goal)
  })

  it('keeps the steps of a funnel where its window is edited, whatever its events are called', () => {
    const names = fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', ' ', ',', '"'), minLength: 1 }), {
      minLength: 1,
    })
    fc.assert(
      fc.property(names, (steps) => {
        const fields = goalFields({ ...goalWith(), metric: { kind: 'funnel', steps } })
        const changes = changesBetween(goalBody(fields)!, goalBody({ ...fields, windowDays: '7' })!)
        expect(changes).toEqual({ metric: { kind: 'funnel', steps, windowDays: 7 } })
      }),
    )
  })

  it('takes away a cap that is emptied', () => {
    const fields = goalFields(goalWith({ kind: 'value', cap: 400, windowDays: 7 }))
    expect(changesBetween(goalBody(fields)!, goalBody({ ...fields, cap: '' })!)).toEqual({
      metric: { kind: 'value', windowDays: 7 },
    })
  })

  it('waits for what is missing or no number', () => {
    const complete = { ...emptyGoal, key: 'order' }
    expect(goalBody(complete)).toEqual({ key: 'order', name: '', event: 'order' })
    for (const typed of [
      { key: '' },
      { windowDays: 'long' },
      { kind: 'retention' },
      { kind: 'funnel', steps: ' , ' },
      { kind: 'ratio' },
    ] as const)
      expect(goalBody({ ...complete, ...typed })).toBeUndefined()
  })
})
