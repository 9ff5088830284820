// When an operation is due: against worlds whose answer is plain, and the laws between looks.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import type { Operation } from './operation.ts'
import { type MinuteCounts, watch, watchDayMs, watchedFrom, whyNotDue } from './operation-watch.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const start = 28_000_000 * minuteMs

const guard = (more: Partial<Operation> = {}): Operation => ({
  id: 'guard',
  kind: 'event-rate',
  flagKey: 'checkout',
  variationId: 'on',
  goalKey: 'error',
  comparison: 'at-least',
  threshold: 0.2,
  minimumUsers: 10,
  status: 'active',
  countingFrom: start,
  version: 1,
  createdAt: start,
  updatedAt: start,
  ...more,
})

const row = (at: number, users: number, goalUsers: number, baseline = [0, 0]): MinuteCounts => ({
  minute: Math.floor(at / minuteMs),
  users,
  goalUsers,
  baselineUsers: baseline[0]!,
  baselineGoalUsers: baseline[1]!,
  verifiedUsers: 0,
  unverifiedUsers: users,
  usersOverLimit: 0,
})

/** A row a minute from `from` on. */
const minutes = (
  from: number,
  count: number,
  users: number,
  goalUsers: number,
  baseline?: [number, number],
) => Array.from({ length: count }, (_, i) => row(from + i * minuteMs, users, goalUsers, baseline))

const stateAt = (operation: Operation, rows: readonly MinuteCounts[], now: number) =>
  watch(operation, rows, now).look.state

describe('above a threshold', () => {
  const failing = [...minutes(start, 60, 10, 1), ...minutes(start + hourMs, 10, 10, 8)]
  const now = start + hourMs + 10 * minuteMs

  it('fires at enough evidence, and what it sends proves it again', () => {
    const { look, facts } = watch(guard(), failing, now)
    expect(look).toMatchObject({
      state: 'due',
      exposedUsers: 700,
      goalUsers: 140,
      waitingUsers: 0,
      needed: 20 * (1 + 240 / 20_160),
    })
    expect(look.lateRate).toBeCloseTo(0.6, 1)
    expect(look.distance).toBeGreaterThan(0)
    expect(facts.evidence!.minutes.length).toBeLessThanOrEqual(16)
    expect(whyNotDue(guard(), facts, now)).toBeUndefined()
    // The rate of all users since counting began is not above the threshold: the old rule saw nothing.
    expect(look.goalUsers / look.exposedUsers).toBeLessThanOrEqual(0.2)
  })

  it('does not fire at a rate below it, nor on few users, nor when it has fired', () => {
    expect(stateAt(guard(), minutes(start, 600, 10, 1), start + 600 * minuteMs)).toBe('watching')
    expect(stateAt(guard({ minimumUsers: 701 }), failing, now)).toBe('too-few-users')
    expect(watch(guard({ status: 'fired' }), failing, now).facts.evidence).toBeUndefined()
    expect(stateAt(guard(), [], now)).toBe('too-few-users')
  })

  it('leaves an incident alone that was over before, and does not wait for goals', () => {
    expect(stateAt(guard(), failing, now + hourMs)).toBe('due')
    expect(stateAt(guard(), failing, now + 3 * hourMs)).toBe('watching')
    const healthy = minutes(now, 180, 10, 1)
    expect(stateAt(guard(), [...failing, ...healthy], now + 3 * hourMs)).toBe('watching')
    expect(watch(guard({ delayMs: 24 * hourMs }), failing, now).look.waitingUsers).toBe(0)
  })

  it('finds an incident that goes on, however long nobody looked', () => {
    const rows = minutes(start, 40 * 60, 10, 8)
    expect(stateAt(guard(), rows, start + 40 * hourMs)).toBe('due')
    expect(
      stateAt(guard(), [...rows, ...minutes(start + 40 * hourMs, 180, 10, 1)], start + 43 * hourMs),
    ).toBe('watching')
  })

  it('does not fire on users of one address alone, where verified events count', () => {
    const invented = [...minutes(start, 60, 10, 0), row(start + hourMs, 10, 10)]
    const limited = { threshold: 0.05, minimumUsers: 100 }
    expect(stateAt(guard(limited), invented, start + hourMs)).toBe('due')
    const large = guard({ ...limited, minimumUsers: 1_000_000, counts: 'verified' })
    const failing = minutes(start, 20, 100_000, 90_000)
    expect(stateAt(large, failing, start + hourMs)).toBe('due')
    const verified = guard({ ...limited, counts: 'verified' })
    expect(stateAt(verified, invented, start + hourMs)).toBe('watching')
    const more = [...invented, ...minutes(start + hourMs + minuteMs, 3, 10, 10)]
    const { look, facts } = watch(verified, more, start + hourMs + 4 * minuteMs)
    expect(look.state).toBe('due')
    expect(whyNotDue(verified, facts, look.at)).toBeUndefined()
  })

  it.each([0, 1, 60, 24 * 60])('finds an incident of few users %d minutes after it was armed', (ago) => {
    const operation = guard({ countingFrom: start - ago * minuteMs })
    const { look, facts } = watch(operation, [row(start, 40, 20)], start + minuteMs)
    expect(look.state).toBe('due')
    expect(whyNotDue(operation, facts, look.at)).toBeUndefined()
    expect(stateAt(operation, [row(start, 40, 9)], start + minuteMs)).toBe('watching')
  })

  it('has the starts at first once, not whenever its share changes', () => {
    const evidence = (more: Partial<Operation>) => watch(guard(more), [], start).look.evidence
    expect(evidence({}) / evidence({ restarted: true })).toBeCloseTo(241, 6)
  })

  it('says what it has where nobody came: finite, far from firing', () => {
    const { look, facts } = watch(guard(), [], start)
    expect(look).toMatchObject({ exposedUsers: 0, state: 'too-few-users', from: start })
    expect(look.lateRate).toBeUndefined()
    expect(look.evidence).toBeCloseTo(241 / 20_160, 8)
    expect(Number.isFinite(look.distance)).toBe(true)
    expect(facts.evidence).toBeUndefined()
  })
})

describe('below a threshold', () => {
  const buys = (more = {}) => guard({ comparison: 'at-most', threshold: 0.05, delayMs: hourMs, ...more })

  it('judges users when their time is over: late goals of a healthy flag do not count against it', () => {
    // 10 % buy, but nobody of the last hour has yet.
    const rows = [...minutes(start, 120, 20, 2), ...minutes(start + 2 * hourMs, 60, 20, 0)]
    const now = start + 3 * hourMs
    const { look } = watch(buys(), rows, now)
    expect(look).toMatchObject({ state: 'watching', waitingUsers: 65 * 20 })
    expect(look.until).toBe(now - hourMs - 5 * minuteMs)
    expect(watch(buys({ delayMs: 0 }), rows, now).look.state).toBe('due')
  })

  it('waits a day by itself', () => {
    const rows = minutes(start, 600, 20, 0)
    const own = buys({ delayMs: undefined })
    expect(stateAt(own, rows, start + 12 * hourMs)).toBe('too-few-users')
    expect(stateAt(own, rows, start + 25 * hourMs)).toBe('due')
  })
})

describe('against the baseline', () => {
  const both = (more: Partial<Operation> = {}) =>
    guard({ baselineVariationId: 'off', threshold: 0.02, share: 0.5, delayMs: 0, ...more })
  const now = start + 10 * hourMs
  const worse = minutes(start, 300, 10, 3, [10, 1])
  const equal = minutes(start, 300, 10, 3, [10, 3])

  it.each([
    ['by difference', {}],
    ['by ratio', { difference: 'relative', threshold: 0.2 } as const],
  ])('%s: fires where it is worse, and not where both are as bad', (_, more) => {
    const at = start + 310 * minuteMs
    expect(stateAt(both(more), worse, at)).toBe('due')
    expect(stateAt(both(more), equal, at)).toBe('watching')
    const { facts } = watch(both(more), worse, at)
    expect(facts).toMatchObject({ baselineUsers: 3_000, baselineGoalUsers: 300 })
    expect(whyNotDue(both(more), facts, at)).toBeUndefined()
    const fewer = minutes(start, 300, 10, 1, [10, 3])
    const below = both({ ...more, comparison: 'at-most' })
    expect(stateAt(below, fewer, at)).toBe('due')
    expect(stateAt(below, equal, at)).toBe('watching')
  })

  it('watches nothing while no rollout gives both', () => {
    const { look, facts } = watch(both({ share: undefined }), worse, now)
    expect(look).toMatchObject({ state: 'unwatched', evidence: 0 })
    expect(look.distance).toBeLessThan(-100)
    expect(whyNotDue(both({ share: undefined }), facts, now)).toContain('no rollout')
  })
})

describe('an operation that is old', () => {
  it('watches the last days only, in whole days since it began', () => {
    const old = guard({ countingFrom: start - 400.4 * watchDayMs })
    const from = watchedFrom(old, start)
    expect(start - from).toBeGreaterThanOrEqual(7 * watchDayMs)
    expect(start - from).toBeLessThan(8 * watchDayMs)
    expect(Number.isInteger((from - old.countingFrom) / watchDayMs)).toBe(true)
    expect(watchedFrom(guard(), start + 1)).toBe(start)
    expect(stateAt(old, minutes(start, 20, 10, 8), start + 20 * minuteMs)).toBe('due')
  })
})

describe('facts', () => {
  const now = start + 2 * hourMs
  const { facts } = watch(guard(), minutes(start, 110, 10, 8), now)

  it.each([
    ['too little evidence', guard({ threshold: 0.79 }), facts, 'is needed'],
    ['too few users', guard({ minimumUsers: 5_000 }), facts, 'fewer than 5000'],
    ['users from before it was armed', guard({ countingFrom: now }), facts, 'older than countingFrom'],
    ['an old runner, where it needs the order', guard({ comparison: 'at-most' }), noEvidence(), 'too old'],
    ['users of tomorrow', guard(), inFuture(), 'a time to come'],
  ])('are refused with %s', (_, operation, sent, why) => {
    expect(whyNotDue(operation, sent, now)).toContain(why)
  })

  it('of a runner one release back need as much evidence', () => {
    expect(whyNotDue(guard(), { exposedUsers: 100, goalUsers: 60 }, now)).toBeUndefined()
    // The old rule fired on each of these.
    for (const [exposedUsers, goalUsers] of [
      [10, 2],
      [100, 21],
      [1_000, 210],
    ] as const)
      expect(whyNotDue(guard(), { exposedUsers, goalUsers }, now)).toContain('is needed')
  })

  function noEvidence() {
    return { exposedUsers: 500, goalUsers: 0 }
  }
  function inFuture() {
    const { after, minutes: sent } = facts.evidence!
    return {
      ...facts,
      evidence: { after, minutes: [...sent, { minute: 29_000_000, users: 9, goalUsers: 9 }] },
    }
  }
})

describe('any stream', () => {
  const world = fc.array(
    fc.tuple(
      fc.integer({ min: 1, max: 90 }),
      fc.integer({ min: 0, max: 30 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ),
    { minLength: 1, maxLength: 60 },
  )
  const rowsOf = (stream: readonly (readonly [number, number, number])[]) => {
    let at = start
    return stream.map(([gap, users, share]) => row((at += gap * minuteMs), users, Math.floor(users * share)))
  }

  it('sends facts that are enough exactly where it is due', () => {
    fc.assert(
      fc.property(world, fc.constantFrom('at-least', 'at-most'), (stream, comparison) => {
        const rows = rowsOf(stream)
        const operation = guard({ comparison, delayMs: hourMs, minimumUsers: 1 })
        const now = (rows.at(-1)!.minute + 70) * minuteMs
        const { look, facts } = watch(operation, rows, now)
        expect(facts.evidence !== undefined).toBe(look.state === 'due')
        if (facts.evidence) expect(whyNotDue(operation, facts, now)).toBeUndefined()
      }),
    )
  })

  it('stays due for an hour after the delay, whatever comes later: no look need be in time', () => {
    fc.assert(
      fc.property(world, world, (stream, later) => {
        const rows = rowsOf(stream)
        const operation = guard({ minimumUsers: 1 })
        const { evidence } = watch(operation, rows, rows.at(-1)!.minute * minuteMs).facts
        if (!evidence) return
        const now = (evidence.minutes.at(-1)!.minute + 120) * minuteMs
        const more = rowsOf([...stream, ...later]).filter(({ minute }) => minute * minuteMs <= now)
        expect(stateAt(operation, more, now)).toBe('due')
      }),
    )
  })
})
