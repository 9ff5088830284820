// Months of scheduled changes beside a model.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { flag } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { SimulatedEnvironment } from '../../test/support/simulated-environment.ts'
import { instantAt, wallClock } from '../../test/support/wall-clock.ts'
import { scheduleLateMaxMs } from '../model/schedule.ts'

const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000]
const start = Date.UTC(2026, 2, 27, 12)
const create = (schedule: object) => ({ kind: 'create-schedule', schedule: { flagKey: 'f', ...schedule } })

describe('months of scheduled changes, with control away now and then', () => {
  const zones = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'UTC', 'Africa/Casablanca']
  const end = start + 120 * dayMs
  const time = fc
    .tuple(fc.nat(23), fc.nat(11))
    .map(([hour, fives]) => `${String(hour).padStart(2, '0')}:${String(fives * 5).padStart(2, '0')}`)
  const timeZone = fc.constantFrom(...zones)
  const once = fc.record({ at: fc.integer({ min: start + 1, max: end }) })
  const everyDay = fc.record({
    every: fc.constant('day'),
    interval: fc.integer({ min: 1, max: 5 }),
    time,
    timeZone,
  })
  const everyWeek = fc.record({
    every: fc.constant('week'),
    interval: fc.integer({ min: 1, max: 3 }),
    days: fc.uniqueArray(fc.constantFrom('monday', 'wednesday', 'sunday'), { minLength: 1 }),
    time,
    timeZone,
  })
  const everyHours = fc.record({
    every: fc.constant('minute'),
    interval: fc.integer({ min: 600, max: 9_000 }),
  })
  const plan = fc.oneof(once, fc.record({ repeat: fc.oneof(everyDay, everyWeek, everyHours) }))
  const absences = fc.array(fc.tuple(fc.integer({ min: start, max: end }), fc.nat(3 * dayMs)), {
    maxLength: 6,
  })

  /** All times of a plan that was made at the start, by the formatter's clocks alone. */
  function timesOf(plan: any): number[] {
    if (plan.at !== undefined) return [plan.at]
    const { every, interval, days, time: wall, timeZone: zone } = plan.repeat
    if (every === 'minute')
      return Array.from({ length: 300 }, (_, i) => start + i * interval * minuteMs).filter((at) => at > start)
    const firstDay = Math.floor(wallClock(zone, start) / dayMs)
    const monday = firstDay - ((firstDay + 3) % 7)
    const [hour, minute] = wall.split(':').map(Number)
    return Array.from({ length: 130 }, (_, i) => firstDay + i)
      .filter((day) =>
        every === 'day'
          ? (day - firstDay) % interval === 0
          : Math.floor((day - monday) / 7) % interval === 0 &&
            days.includes({ 3: 'sunday', 4: 'monday', 6: 'wednesday' }[day % 7]),
      )
      .map((day) => instantAt(zone, day * dayMs + hour * hourMs + minute * minuteMs))
      .filter((at) => at > start)
  }

  it('makes each at its time, once and in order, and makes up for an hour at most', () => {
    fc.assert(
      fc.property(fc.array(plan, { minLength: 1, maxLength: 5 }), absences, (plans, away) => {
        const upFrom = (at: number): number => {
          const gone = away.find(([from, length]) => at >= from && at < from + length)
          return gone ? upFrom(gone[0] + gone[1]) : at
        }
        const here = new SimulatedEnvironment(start, [flag({ key: 'f' })])
        const made = plans.map((one, i) => ({ id: `s${i}`, ...one, changes: { [fields[i]!]: `by-s${i}` } }))
        for (const schedule of made) here.make(create(schedule))
        here.advanceTo(end, upFrom)
        const expected = made.flatMap((one) => {
          const times = timesOf(one).filter((at) => upFrom(at) <= end)
          const groups = Map.groupBy(times, upFrom) // when control could look at them
          return [...groups].flatMap(([at, due]) => {
            const late = due.find((time) => at - time <= scheduleLateMaxMs)
            return late === undefined ? [] : [{ at, dueAt: late, id: one.id }]
          })
        })
        const applied = here.log.flatMap(({ at, command, writes }) =>
          command.kind !== 'apply-schedule'
            ? []
            : writes.flatMap(({ kind, value }) =>
                kind === 'schedule' && value?.lastRun?.at === at && value.lastRun.outcome === 'applied'
                  ? [{ at, dueAt: value.lastRun.dueAt, id: value.id }]
                  : [],
              ),
        )
        const inOrder = (a: { at: number; id: string }, b: { at: number; id: string }) =>
          a.at - b.at || (a.id < b.id ? -1 : 1)
        expect(applied.toSorted(inOrder)).toEqual(expected.toSorted(inOrder))
        expect(applied.map(({ at }) => at)).toEqual(applied.map(({ at }) => at).toSorted((a, b) => a - b))
        for (const { id } of made)
          expect(here.state.schedule.get(id)!.runs ?? 0).toBe(applied.filter((run) => run.id === id).length)
        const named = here.state.flag.get('f')! as unknown as Record<string, string>
        made.forEach(({ id }, i) => {
          if (applied.some((run) => run.id === id)) expect(named[fields[i]!]).toBe(`by-${id}`)
        })
      }),
      { numRuns: scaled(60) },
    )
  })
  const fields = ['name', 'description', 'maintainer', 'slug', 'campaignId']
})
