// The life of an experiment: which step is allowed when, what is locked, and that time alone decides what its
// window counts.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { flag, rollout } from '../../test/support/build/flags.ts'
import { type EnvironmentState, emptyState, withWrites } from '../model/environment-state.ts'
import { type Experiment, statusAt } from '../model/experiment.ts'
import type { ExperimentChoice } from '../model/experiment.ts'
import { change } from './change.ts'
import { Command } from './command.ts'
import { toDocument } from './document/export.ts'

const dayMs = 86_400_000
const noon = 1_000 * dayMs
const split = rollout({ a: 50_000, b: 50_000 })
const subject = flag({
  key: 'f',
  enabled: true,
  variations: ['a', 'b', 'c'].map((id) => ({ id, name: id, description: '', value: `value ${id}` })),
  defaultStrategy: { id: 'rd', strategy: split },
})
const there = withWrites(emptyState(), [
  { kind: 'flag', id: 'f', value: subject },
  ...['buy', 'visit', 'return'].map((key) => {
    const value = { key, name: '', event: key, version: 1, createdAt: 0, updatedAt: 0 }
    return { kind: 'goal', id: key, value } as const
  }),
])

interface World {
  readonly state: EnvironmentState
  readonly refusal?: string
}

function step(world: World, command: object, now: number, experiment?: ExperimentChoice): World {
  const made = change(world.state, Command.parse(command), { now, newId: () => 'new', experiment })
  if (!made.ok) return { ...world, refusal: `${made.problem.code}: ${made.problem.message}` }
  return { state: withWrites(world.state, made.value.writes) }
}
const inWorld = ({ state }: World) => state.experiment.get('x')
const create = (more: object = {}) => ({
  kind: 'create-experiment',
  experiment: { id: 'x', flagKey: 'f', goalKeys: ['buy', 'visit'], baselineVariationId: 'a', ...more },
})
const draft = (more: object = {}) => step({ state: there }, create({ status: 'draft', ...more }), noon)
const edit = (changes: object) => ({ kind: 'update-experiment', id: 'x', changes })
const command = (kind: string) => ({ kind: `${kind}-experiment`, id: 'x' })

/** An experiment at each status, an hour before `noon + day`. */
const at = {
  draft: draft(),
  waiting: step(draft({ startAt: noon + 2 * dayMs, stopAt: noon + 30 * dayMs }), command('start'), noon),
  running: step(draft(), command('start'), noon),
  stopped: step(step(draft(), command('start'), noon), command('stop'), noon + dayMs),
  archived: step(
    step(step(draft(), command('start'), noon), command('stop'), noon + dayMs),
    command('archive'),
    noon + dayMs,
  ),
}
type Status = keyof typeof at
const later = noon + dayMs

describe('the life of an experiment', () => {
  it.each(Object.keys(at) as Status[])('has the status %s', (status) => {
    expect(inWorld(at[status])?.status).toBe(status)
  })

  const steps: [Status, string, Status | 'gone' | RegExp][] = [
    ['draft', 'start', 'running'],
    ['draft', 'stop', /is a draft, so it cannot be stopped/],
    ['draft', 'archive', /is a draft, so it cannot be archived/],
    ['draft', 'advance', 'draft'],
    ['draft', 'delete', 'gone'],
    ['waiting', 'start', 'waiting'],
    ['waiting', 'stop', 'draft'],
    ['waiting', 'archive', /waits for its start, so it cannot be archived/],
    ['waiting', 'advance', 'waiting'],
    ['waiting', 'delete', /stop the experiment/],
    ['running', 'start', 'running'],
    ['running', 'stop', 'stopped'],
    ['running', 'archive', /is running, so it cannot be archived/],
    ['running', 'advance', 'running'],
    ['running', 'delete', /stop the experiment/],
    ['stopped', 'start', /has stopped, so it cannot start again/],
    ['stopped', 'stop', 'stopped'],
    ['stopped', 'archive', 'archived'],
    ['stopped', 'advance', 'stopped'],
    ['stopped', 'delete', 'gone'],
    ['archived', 'start', /is archived, so it cannot start again/],
    ['archived', 'stop', /is archived, so it cannot be stopped/],
    ['archived', 'archive', 'archived'],
    ['archived', 'advance', 'archived'],
    ['archived', 'delete', 'gone'],
  ]
  it.each(steps)('takes one that is %s by %s to %s', (from, kind, to) => {
    const after = step(at[from], command(kind), later)
    if (to instanceof RegExp) {
      expect(after.refusal).toMatch(/^CONFLICT/)
      expect(after.refusal).toMatch(to)
      expect(after.state).toBe(at[from].state)
    } else expect(inWorld(after)?.status ?? 'gone').toBe(to)
  })

  it('starts a draft now, by the shares that the flag has then', () => {
    const old = draft({ startAt: noon - 5 * dayMs })
    expect(inWorld(old)).not.toHaveProperty('phases')
    const wider = { strategy: rollout({ a: 20_000, b: 80_000 }) }
    const changed = step(old, { kind: 'update-flag', key: 'f', changes: { defaultStrategy: wider } }, noon)
    expect(inWorld(step(changed, command('start'), noon + 1_500))).toMatchObject({
      status: 'running',
      startAt: noon + 1_000,
      stopAt: noon + 1_000 + 90 * dayMs,
      phases: [{ startAt: noon + 1_000, weights: { a: 20_000, b: 80_000 } }],
    })
  })

  it('keeps an end that was planned', () => {
    const planned = draft({ stopAt: noon + 20 * dayMs })
    expect(inWorld(step(planned, command('start'), later))?.stopAt).toBe(noon + 20 * dayMs)
  })

  it('follows a draft’s rollout when the flag is split anew', () => {
    const anew = step(at.draft, { kind: 'update-flag', key: 'f', changes: { resetSeed: true } }, noon)
    const { ruleId } = inWorld(anew)!
    expect(ruleId).not.toBe('rd')
    expect(ruleId).toBe(anew.state.flag.get('f')?.defaultStrategy.id)
    expect(inWorld(step(anew, command('start'), later))?.status).toBe('running')
  })

  it('reads what earlier releases stored: running, before its start and beyond its end', () => {
    const stored = { ...inWorld(at.running)!, startAt: noon, stopAt: noon + dayMs }
    expect(statusAt(stored, noon - 1)).toBe('waiting')
    expect(statusAt(stored, noon)).toBe('running')
    expect(statusAt(stored, noon + dayMs)).toBe('stopped')
  })
})

describe('a start', () => {
  const off = (world: World) =>
    step(world, { kind: 'update-flag', key: 'f', changes: { enabled: false } }, noon, 'stop')

  it.each<[string, World, RegExp]>([
    ['a flag that is off', off(at.draft), /Flag f is off/],
    [
      'an archived flag',
      step(at.draft, { kind: 'update-flag', key: 'f', changes: { archived: true } }, noon),
      /Flag f is archived/,
    ],
    [
      'a rollout that is gone',
      step(
        at.draft,
        {
          kind: 'update-flag',
          key: 'f',
          changes: { defaultStrategy: { strategy: { kind: 'fixed', variationId: 'a' } } },
        },
        noon,
      ),
      /no percentage rollout/,
    ],
    [
      'a baseline that nobody gets',
      step(
        at.draft,
        {
          kind: 'update-flag',
          key: 'f',
          changes: { defaultStrategy: { strategy: rollout({ a: 0, b: 50_000, c: 50_000 }) } },
        },
        noon,
      ),
      /served to nobody/,
    ],
    ['an end before the minimum duration', draft({ stopAt: noon + 3 * dayMs }), /name nothing before 7 days/],
    ['an end that has passed', draft({ startAt: noon - 9 * dayMs, stopAt: noon + 1 }), /not after its start/],
    ['an A/A test of different values', draft({ design: { aa: true } }), /variations of equal value/],
  ])('is refused with %s, and says so', (_, world, reason) => {
    const after = step(world, command('start'), later)
    expect(after.refusal).toMatch(/^CONFLICT: the experiment cannot start/)
    expect(after.refusal).toMatch(reason)
  })

  it('may be planned while the flag is still off', () => {
    const planned = off(draft({ startAt: noon + 2 * dayMs, stopAt: noon + 30 * dayMs }))
    expect(inWorld(step(planned, command('start'), later))?.status).toBe('waiting')
  })
})

describe('what is refused when it is written', () => {
  it.each<[string, World, RegExp]>([
    [
      'a goal named twice',
      step({ state: there }, create({ goalKeys: ['buy', 'visit', 'buy'] }), noon),
      /goalKeys.2/,
    ],
    ['a draft’s goal named twice', draft({ goalKeys: ['buy', 'buy'] }), /goalKeys.1/],
    ['an edit that names one twice', step(at.draft, edit({ goalKeys: ['buy', 'buy'] }), noon), /goalKeys.1/],
    [
      'an end that is now',
      step({ state: there }, create({ stopAt: noon }), noon),
      /stopAt is not in the future/,
    ],
  ])('%s', (_, world, reason) => {
    expect(world.refusal).toMatch(/^INVALID/)
    expect(world.refusal).toMatch(reason)
  })
})

describe('a running experiment', () => {
  it.each<[string, object]>([
    ['its flag', { flagKey: 'g' }],
    ['its rule', { ruleId: 'other' }],
    ['its start', { startAt: noon - dayMs }],
    ['its design', { design: { minimumDays: 0 } }],
    ['an end in the past', { stopAt: noon + 60_000 }],
  ])('does not let change %s', (_, changes) => {
    for (const choice of [undefined, 'stop', 'new-phase'] as const)
      expect(step(at.running, edit(changes), later, choice).refusal).toMatch(/^CONFLICT/)
  })

  it.each<[string, object]>([
    ['another goal', { goalKeys: ['buy', 'visit', 'return'] }],
    ['another order of goals', { goalKeys: ['visit', 'buy'] }],
    ['other events', { counts: 'server' }],
  ])('takes %s in a new phase only', (_, changes) => {
    expect(step(at.running, edit(changes), later).refusal).toMatch(/^EXPERIMENT_RUNNING/)
    const phased = inWorld(step(at.running, edit(changes), later, 'new-phase'))
    expect(phased).toMatchObject(changes)
    expect(phased?.phases?.map(({ startAt }) => startAt)).toEqual([noon, later + 1_000])
    expect(phased).not.toHaveProperty('primaryGoalKey')
  })

  it('lets goals be taken off, and none take the place of the primary one', () => {
    const without = step(at.running, edit({ goalKeys: ['visit'] }), later)
    expect(inWorld(without)).toMatchObject({ goalKeys: ['visit'], primaryGoalKey: 'buy' })
    const named = step(without, edit({ name: 'other' }), later)
    expect(inWorld(named)).toMatchObject({ primaryGoalKey: 'buy' })
    expect(inWorld(step(at.running, edit({ goalKeys: ['buy'] }), later))).not.toHaveProperty('primaryGoalKey')
  })

  it('makes another goal primary in a new phase only, by which nothing that was seen counts', () => {
    const anew = inWorld(step(at.running, edit({ goalKeys: ['visit'] }), later, 'new-phase'))
    expect(anew).not.toHaveProperty('primaryGoalKey')
    expect(anew?.phases?.map(({ startAt }) => startAt)).toEqual([noon, later + 1_000])
  })

  it('lets its end move, until it is over', () => {
    const longer = step(at.running, edit({ stopAt: noon + 40 * dayMs }), later)
    expect(inWorld(longer)?.stopAt).toBe(noon + 40 * dayMs)
    const after = noon + 41 * dayMs
    expect(step(longer, edit({ stopAt: noon + 80 * dayMs }), after).refusal).toMatch(/has stopped/)
    expect(inWorld(step(longer, edit({ owner: 'ada' }), after))?.owner).toBe('ada')
  })

  it('lets everything change before it starts', () => {
    const changes = {
      startAt: noon + 3 * dayMs,
      goalKeys: ['return', 'buy'],
      design: { minimumEffect: 0.1 },
      baselineVariationId: 'b',
    }
    expect(inWorld(step(at.waiting, edit(changes), later))).toMatchObject({
      ...changes,
      status: 'waiting',
      phases: [{ startAt: noon + 3 * dayMs }],
    })
  })
})

describe('an A/A test', () => {
  const value = (same: boolean) => ({
    variations: subject.variations.map((each) => ({ ...each, value: same ? 'same' : `value ${each.id}` })),
  })
  const update = (changes: object) => ({ kind: 'update-flag', key: 'f', changes })
  const equal = step({ state: there }, update(value(true)), noon)
  const design = { design: { aa: true } }

  it('needs equal values, however it is made', () => {
    expect(step({ state: there }, create(design), noon).refusal).toMatch(/INVALID: .*equal value/)
    expect(inWorld(step(equal, create(design), noon))?.status).toBe('running')
    const drafted = step(equal, create({ ...design, status: 'draft' }), noon)
    expect(inWorld(step(drafted, command('start'), noon))?.status).toBe('running')
  })

  it('keeps them equal, before its start and after it', () => {
    for (const startAt of [noon - dayMs, noon + dayMs]) {
      const made = step(equal, create({ ...design, startAt }), noon)
      for (const choice of [undefined, 'new-phase'] as const)
        expect(step(made, update(value(false)), noon, choice).refusal).toMatch(/^EXPERIMENT_RUNNING/)
      expect(step(made, update(value(false)), noon, 'stop').refusal).toBeUndefined()
    }
  })
})

describe('time', () => {
  const window = (experiment: Experiment) => [experiment.startAt, experiment.stopAt, experiment.phases]

  it('begins and ends a planned experiment, whenever somebody writes that down', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 60 * 24 }), { maxLength: 8 }),
        (hours: readonly number[]) => {
          let world: World = at.waiting
          for (const hour of hours.toSorted((a, b) => a - b)) {
            const now = noon + hour * 3_600_000
            world = step(world, command('advance'), now)
            const experiment = inWorld(world)!
            expect(window(experiment)).toEqual(window(inWorld(at.waiting)!))
            expect(experiment.status).toBe(statusAt(inWorld(at.waiting)!, now))
          }
        },
      ),
    )
  })

  /** What a result is computed from, and what decides it. */
  const locked = ({ flagKey, ruleId, startAt, design, baselineVariationId, counts }: Experiment) =>
    JSON.stringify([flagKey, ruleId, startAt, design, baselineVariationId, counts ?? 'all'])
  const anyCommand = fc.oneof(
    fc.constantFrom('start', 'stop', 'advance', 'archive').map(command),
    fc
      .record(
        {
          goalKeys: fc.shuffledSubarray(['buy', 'visit', 'return'], { minLength: 1 }),
          stopAt: fc.integer({ min: -5, max: 60 }).map((day) => noon + day * dayMs),
          startAt: fc.integer({ min: -5, max: 60 }).map((day) => noon + day * dayMs),
          design: fc.constantFrom({}, { minimumDays: 0 }, { decision: 'fixed-horizon' }),
          counts: fc.constantFrom('all', 'server'),
          baselineVariationId: fc.constantFrom('a', 'b', 'c'),
          owner: fc.constantFrom('ada', 'bob'),
        },
        { requiredKeys: [] },
      )
      .map(edit),
    fc.constant({ kind: 'update-flag', key: 'f', changes: { resetSeed: true } }),
  )

  it('locks what was designed, whatever is sent', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('draft', 'waiting', 'running') as fc.Arbitrary<Status>,
        fc.array(fc.tuple(anyCommand, fc.integer({ min: 0, max: 48 })), { minLength: 1, maxLength: 15 }),
        (from, commands) => {
          let world: World = at[from]
          let now = later
          for (const [sent, hours] of commands) {
            now += hours * 3_600_000
            const before = inWorld(world)!
            world = step(world, sent, now)
            const after = inWorld(world)!
            const [was, is] = [statusAt(before, now), statusAt(after, now)]
            const order = ['draft', 'waiting', 'running', 'stopped', 'archived']
            if (is !== was && !(was === 'waiting' && is === 'draft'))
              expect(order.indexOf(is)).toBeGreaterThan(order.indexOf(was))
            if (was === 'draft' || was === 'waiting') continue
            expect(locked(after)).toBe(locked(before))
            expect(before.goalKeys).toEqual(expect.arrayContaining(after.goalKeys))
            if (was !== 'running') expect(window(after)).toEqual(window(before))
            else expect(after.stopAt).toBeGreaterThanOrEqual(Math.min(before.stopAt, now))
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

it('a document that starts a draft can be applied again, and says no less the second time', () => {
  const world = draft()
  const document = toDocument(world.state)
  const entry = { ...(document.experiments?.['x'] as object), status: 'running' }
  const apply = (from: World, now: number) =>
    step(from, { kind: 'apply', document: { ...document, experiments: { x: entry } } }, now)
  const once = apply(world, later)
  expect(inWorld(once)).toMatchObject({ status: 'running', startAt: later })
  const twice = apply(once, later + 60_000)
  expect(twice.refusal).toBeUndefined()
  expect(inWorld(twice)).toEqual(inWorld(once))
})

it.each([later - 60_000, later + dayMs])(
  'a document that stops one at %d stops it now, and again',
  (stopAt) => {
    const document = toDocument(at.running.state)
    const entry = { ...(document.experiments?.['x'] as object), status: 'stopped', stopAt }
    const apply = (from: World, now: number) =>
      step(from, { kind: 'apply', document: { ...document, experiments: { x: entry } } }, now)
    const once = apply(at.running, later)
    expect(inWorld(once)).toMatchObject({ status: 'stopped', stopAt: later })
    expect(apply(once, later + 60_000)).toEqual(once)
  },
)
