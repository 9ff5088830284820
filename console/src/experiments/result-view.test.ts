// What the page of results says and draws of results as the runner computes them.
import { describe, expect, it } from 'vitest'
import { type Flag } from '../../../core/model/flag.ts'
import type { StoredResult } from '../../../core/model/stored-result.ts'
import { dayMs, resultsOf, type ShownExperiment } from '../../../test/screenshots/showcase-results.ts'
import { axisOf, goalRows, linesOf } from './goal-rows.ts'
import { namesOf } from './names.ts'
import { decidedSince, headlineOf, shortVerdict } from './verdict.ts'

const flag = {
  variations: ['pay-old', 'pay-new'].map((id) => ({ id, name: id.slice(4), value: id })),
  offVariationId: 'pay-old',
} as unknown as Flag
const names = namesOf(flag, [{ key: 'order', name: 'Order', event: 'order' } as never])
const experiment: ShownExperiment = {
  startAt: 0,
  stopAt: 21 * dayMs,
  days: 9,
  arms: ['pay-old', 'pay-new'].map((id) => ({ id, usersPerDay: 5_000, weight: 1 })),
  goals: [{ key: 'order', rates: [0.1, 0.12] }],
  design: {},
}
const newestFirst = async (more: Partial<ShownExperiment> = {}) =>
  (await resultsOf({ ...experiment, ...more })).toReversed() as StoredResult[]
const plain = (text: string) => text.replaceAll('\u00a0', ' ')

describe('the verdict', () => {
  it('is a sentence with names and bounds, and tells since when it stands', async () => {
    const results = await newestFirst()
    const day = Math.ceil(decidedSince(results)! / dayMs)
    const { tone, sentence, reason, label } = headlineOf(results[0]!, names, {
      isOver: false,
      decidedOn: day,
    })
    expect(plain(sentence)).toMatch(
      /^“new” wins on “Order”: [\d.]+ % more, at least [\d.]+ % and at most [\d.]+ %\.$/,
    )
    expect(reason).toContain('Ship “new”: it beats “old”')
    expect([tone, label]).toEqual(['healthy', `Decided on day ${day}, and still so`])
    expect(day).toBeGreaterThanOrEqual(7) // no variation is named before
    expect(shortVerdict(results[0]!.verdict, names)).toEqual({ mark: 'healthy', text: '“new” wins' })
  })

  it('gives the smaller loss first when fewer is better', async () => {
    const [newest] = await newestFirst({
      design: { lowerIsBetter: ['order'] },
      goals: [{ key: 'order', rates: [0.12, 0.1] }],
    })
    const { sentence } = headlineOf(newest!, names, { isOver: false })
    const [by, least, most] = [...sentence.matchAll(/([\d.]+)\u00a0%/g)].map(([, digits]) => Number(digits))
    expect(sentence).toContain('less')
    expect([least! < by!, by! < most!]).toEqual([true, true])
  })

  it('of a failed health check says only that', async () => {
    const results = await newestFirst({
      arms: [
        { id: 'pay-old', usersPerDay: 5_000, weight: 1 },
        { id: 'pay-new', usersPerDay: 4_000, weight: 1 },
      ],
    })
    expect(headlineOf(results[0]!, names, { isOver: false }).tone).toBe('failed')
    expect(decidedSince(results)).toBeUndefined()
    expect(goalRows([results[0]!], {}, names)[0]!.call).toEqual({ mark: 'failed', text: 'Not believed' })
  })

  it('of a newer runner is shown by its name', async () => {
    const [newest] = await newestFirst({ days: 1 })
    const other = { ...newest!, verdict: { kind: 'ship-half' } } as StoredResult
    expect(headlineOf(other, names, { isOver: false }).sentence).toBe('The verdict is: ship-half.')
  })
})

describe('goals', () => {
  it('have one mark per measured variation, and the line of an agreed margin on the side that is worse', async () => {
    const [newest] = await newestFirst()
    const design = { guardrails: [{ goalKey: 'order', margin: { relative: 0.1 } }] }
    const guarded = { ...newest!, role: 'guardrail', direction: 'decrease' } as StoredResult
    const [row] = goalRows([guarded], design, names)
    expect(row).toMatchObject({ role: 'guardrail', limit: { at: 0.1, worse: 'above' }, unit: 'of users' })
    expect(row!.marks.map(({ key, colour }) => [key, colour])).toEqual([['pay-new', 1]])
    expect(plain(row!.changes[0]!.relative)).toMatch(/^\+\d/)
    const { domain, ticks } = axisOf([row!])
    expect(domain.from).toBeLessThan(0)
    expect(domain.to).toBeGreaterThan(row!.marks[0]!.high)
    expect(ticks).toContain(0)
  })

  it('without users have no mark, and say why', async () => {
    const [newest] = await newestFirst({
      days: 1,
      arms: [
        { id: 'pay-old', usersPerDay: 3, weight: 1 },
        { id: 'pay-new', usersPerDay: 2, weight: 1 },
      ],
    })
    const [row] = goalRows([newest!], undefined, names)
    expect(row!.marks).toEqual([])
    expect(row!.changes[0]!.relative).toContain('“old” has 3 users')
    expect(axisOf([row!]).domain.to).toBeGreaterThan(0)
  })

  it('are lines over time, of the newest phase only', async () => {
    const results = await newestFirst()
    const earlier = { ...results.at(-1)!, window: { from: -dayMs, to: 0 } } as StoredResult
    const [line, ...others] = linesOf([...results, earlier], names)
    expect(others).toEqual([])
    expect(line).toMatchObject({ name: 'new', colour: 1 })
    expect(line!.points.map(({ at }) => at)).toEqual(Array.from({ length: 9 }, (_, i) => (i + 1) * dayMs))
  })

  it('of values show what was observed, with the unit', async () => {
    const [newest] = await newestFirst({
      goals: [{ key: 'order', rates: [0.1, 0.12], values: [20, 20], metric: { kind: 'value', cap: 100 } }],
    })
    const [row] = goalRows([newest!], undefined, names)
    expect(row!.unit).toBe('per user')
    expect(Number(row!.baseline)).toBeCloseTo(2, 0)
  })
})
