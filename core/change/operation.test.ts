// The life of an operation: what may be written, what it does when it fires, and how it is armed again.
import { describe, expect, it } from 'vitest'
import { fixed, rollout } from '../../test/support/build/flags.ts'
import { emptyState, type EnvironmentState, withWrites } from '../model/environment-state.ts'
import { change } from './change.ts'
import { Command } from './command.ts'

const start = 1_700_000_000_000
const hourMs = 3_600_000

/** Commands as they come over the wire, one a second from `at` on; the last one's answer. */
function run(state: EnvironmentState, commands: readonly unknown[], at = start) {
  let answer: ReturnType<typeof change> | undefined
  for (const [i, command] of commands.entries()) {
    const now = at + 1_000 * i
    answer = change(state, Command.parse(command), { now, newId: () => `id-${now}` })
    if (answer.ok) state = withWrites(state, answer.value.writes)
  }
  return { answer: answer!, state }
}

const variations = ['a', 'b', 'c'].map((id) => ({ id, value: id }))
const world = (flag: object = {}) =>
  run(
    emptyState(),
    [
      {
        kind: 'create-flag',
        flag: {
          key: 'checkout',
          type: 'string',
          enabled: true,
          variations,
          offVariationId: 'a',
          defaultStrategy: { id: 'split', strategy: rollout({ a: 60_000, b: 40_000 }) },
          ...flag,
        },
      },
      { kind: 'create-goal', goal: { key: 'error', event: 'crash' } },
      {
        kind: 'create-experiment',
        experiment: { id: 'x', flagKey: 'checkout', goalKeys: ['error'], baselineVariationId: 'a' },
      },
    ],
    start - 60_000,
  ).state

const create = (more: object = {}) => ({
  kind: 'create-operation',
  operation: {
    id: 'o',
    kind: 'event-rate',
    flagKey: 'checkout',
    variationId: 'b',
    goalKey: 'error',
    comparison: 'at-least',
    threshold: 0.2,
    minimumUsers: 10,
    ...more,
  },
})
const baseline = { baselineVariationId: 'a', threshold: 0.05 }

/** Users of one minute, of whom nine in ten met the error. */
const facts = (at: number) => {
  const minute = Math.floor(at / 60_000)
  const minutes = [{ minute, users: 100, goalUsers: 90 }]
  return { exposedUsers: 100, goalUsers: 90, evidence: { after: minute - 1, minutes } }
}
const apply = (at = start) => ({ kind: 'apply-operation', id: 'o', facts: facts(at) })
const arm = (more: object = {}) => ({ kind: 'arm-operation', id: 'o', ...more })

const fieldsOf = ({ answer }: ReturnType<typeof run>) =>
  answer.ok ? [] : (answer.problem.fields ?? []).map(({ path }) => path)
const writtenBy = ({ answer }: ReturnType<typeof run>) =>
  answer.ok ? answer.value.writes.map(({ kind, id }) => `${kind} ${id}`) : answer.problem

describe('what may be written', () => {
  it('names what is there', () => {
    expect(fieldsOf(run(emptyState(), [create()]))).toEqual(['flagKey', 'goalKey'])
  })

  it.each([
    ['a variation that is none', { variationId: 'z' }, 'variationId'],
    ['a baseline that is none', { baselineVariationId: 'z' }, 'baselineVariationId'],
    ['itself as baseline', { baselineVariationId: 'b' }, 'baselineVariationId'],
    ['a baseline that the rollout does not give', { baselineVariationId: 'c' }, 'baselineVariationId'],
    ['a baseline of a rule that is none', { ...baseline, ruleId: 'none' }, 'baselineVariationId'],
    ['to turn off what is served when off', { variationId: 'a' }, 'variationId'],
    ['a difference from nothing', { difference: 'relative' }, 'difference'],
    ['a rule without a baseline', { ruleId: 'split' }, 'ruleId'],
    ['to serve what is none', { action: { kind: 'serve', variationId: 'z' } }, 'action.variationId'],
    ['to serve what fails', { action: { kind: 'serve', variationId: 'b' } }, 'action.variationId'],
    [
      'to stop an experiment that is none',
      { action: { kind: 'stop-experiment', experimentId: 'z' } },
      'action.experimentId',
    ],
    ['more apart than everybody', { ...baseline, threshold: 1 }, 'threshold'],
    ['less than nobody', { ...baseline, threshold: 1, comparison: 'at-most' }, 'threshold'],
  ])('refuses %s, naming the field', (_, more, field) => {
    expect(fieldsOf(run(world(), [create(more)]))).toEqual([field])
  })

  it('watches what is served when off if it does something else, or did before', () => {
    const told = { variationId: 'a', action: { kind: 'notify' } }
    expect(fieldsOf(run(world(), [create(told)]))).toEqual([])
    const off = { kind: 'update-flag', key: 'checkout', changes: { offVariationId: 'b' } }
    const edit = (changes: object) => ({ kind: 'update-operation', id: 'o', changes })
    expect(fieldsOf(run(world(), [create(), off, edit({ threshold: 0.3 })]))).toEqual([])
    expect(fieldsOf(run(world(), [create(told), edit({ action: { kind: 'disable' } })]))).toEqual([
      'variationId',
    ])
  })

  it.each([
    ['keeps assignments', { assignment: 'kept' }],
    ['splits by an attribute', { bucketBy: 'team' }],
  ])('refuses a baseline where the flag %s: the shares of users are not known', (_, flag) => {
    expect(fieldsOf(run(world(flag), [create(baseline)]))).toEqual(['baselineVariationId'])
  })
})

describe('on an archived flag', () => {
  const archived = run(world(), [
    { kind: 'stop-experiment', id: 'x' },
    { kind: 'update-flag', key: 'checkout', changes: { archived: true } },
  ]).state
  const trigger = { id: 't', flagKey: 'checkout', action: 'turn-off', sha256: 'a'.repeat(64) }

  it.each([
    ['operation', create()],
    ['trigger', { kind: 'create-trigger', trigger }],
  ])('no %s is made: it would do nothing', (_, command) => {
    expect(archived.flag.get('checkout')?.archived).toBe(true)
    expect(writtenBy(run(archived, [command]))).toMatchObject({
      code: 'CONFLICT',
      message: 'flag checkout is archived',
    })
    const back = { kind: 'update-flag', key: 'checkout', changes: { archived: false } }
    expect(run(archived, [back, command]).answer.ok).toBe(true)
  })
})

describe('an operation that is due', () => {
  it('turns the flag off in the revision that marks it as fired, and stops what runs on it', () => {
    const fired = run(world(), [create(), apply()])
    expect(writtenBy(fired)).toEqual(['flag checkout', 'operation o', 'experiment x'])
    expect(fired.state.flag.get('checkout')).toMatchObject({ enabled: false, offVariationId: 'a' })
    expect(fired.state.operation.get('o')).toMatchObject({ status: 'fired', firedAt: start + 1_000 })
    expect(writtenBy(run(fired.state, [apply()]))).toEqual([])
  })

  it.each([
    [
      'serves a variation to everybody',
      { kind: 'serve', variationId: 'c' },
      ['flag', 'operation', 'experiment'],
    ],
    ['stops its experiment', { kind: 'stop-experiment', experimentId: 'x' }, ['experiment', 'operation']],
    ['tells only', { kind: 'notify' }, ['operation']],
  ])('%s', (_, action, kinds) => {
    const fired = run(world(), [create({ action }), apply()])
    expect(fired.answer.ok && fired.answer.value.writes.map(({ kind }) => kind)).toEqual(kinds)
    const flag = fired.state.flag.get('checkout')
    const isServed = action.kind === 'serve'
    expect(flag).toMatchObject({ enabled: !isServed, offVariationId: isServed ? 'c' : 'a' })
    const hasStopped = kinds.includes('experiment')
    expect(fired.state.experiment.get('x')?.status).toBe(hasStopped ? 'stopped' : 'running')
  })

  it('leaves a flag alone that is off already, and is fired', () => {
    const off = { kind: 'update-flag', key: 'checkout', changes: { enabled: false } }
    const state = run(world(), [{ kind: 'stop-experiment', id: 'x' }, create(), off]).state
    expect(writtenBy(run(state, [apply()]))).toEqual(['operation o'])
  })

  it('says why it is refused where the facts are not enough', () => {
    const sent = { kind: 'apply-operation', id: 'o', facts: { exposedUsers: 100, goalUsers: 21 } }
    const { answer } = run(world(), [create(), sent])
    expect(answer).toMatchObject({ ok: false, problem: { code: 'CONFLICT' } })
    expect(!answer.ok && answer.problem.message).toMatch(
      /not due on these facts: the evidence is .* 20.2 is needed/,
    )
  })
})

describe('armed again', () => {
  const fired = run(world(), [create({ rearmAfterMs: hourMs }), apply()]).state

  it('watches from then on: the old incident does not count any more', () => {
    const later = start + 2 * hourMs
    const armed = run(fired, [arm()], later)
    const operation = armed.state.operation.get('o')!
    expect(operation).toMatchObject({ status: 'active', countingFrom: later, version: 3 })
    expect(operation.firedAt).toBeUndefined()
    expect(writtenBy(run(armed.state, [arm()], later))).toEqual([])
    const again = run(armed.state, [apply(start)], later + 60_000)
    expect(!again.answer.ok && again.answer.problem.message).toContain('older than countingFrom')
    const second = run(armed.state, [apply(later + 60_000)], later + 120_000)
    expect(second.state.operation.get('o')).toMatchObject({ status: 'fired', firedAt: later + 120_000 })
  })

  it('by itself when its time is over, and not before', () => {
    const quiet = arm({ whenQuiet: true })
    const [early, due] = [start + hourMs, start + 1_000 + hourMs].map((at) => run(fired, [quiet], at))
    expect(writtenBy(early!)).toEqual([])
    expect(due!.state.operation.get('o')?.status).toBe('active')
    const byHand = run(fired, [{ kind: 'update-operation', id: 'o', changes: { rearmAfterMs: null } }, quiet])
    expect(byHand.state.operation.get('o')).not.toHaveProperty('rearmAfterMs')
    expect(byHand.state.operation.get('o')?.status).toBe('fired')
  })

  it('not where what it names has gone', () => {
    const without = {
      variations: variations.filter(({ id }) => id !== 'b'),
      defaultStrategy: { strategy: fixed('a') },
    }
    const { state } = run(fired, [{ kind: 'update-flag', key: 'checkout', changes: without }])
    expect(fieldsOf(run(state, [arm()]))).toEqual(['variationId'])
  })
})

describe('beside a baseline', () => {
  const armed = run(world(), [{ kind: 'stop-experiment', id: 'x' }, create(baseline)]).state
  const edited = (changes: object, at = start + hourMs) =>
    run(armed, [{ kind: 'update-flag', key: 'checkout', changes }], at)

  it('knows the share that the rollout gives it', () => {
    expect(armed.operation.get('o')).toMatchObject({ ruleId: 'split', share: 0.4 })
  })

  it('counts anew when the shares change, and watches nothing while there is no rollout', () => {
    const at = start + hourMs
    const more = edited({ defaultStrategy: { strategy: rollout({ a: 20_000, b: 80_000 }) } })
    expect(more.state.operation.get('o')).toMatchObject({
      share: 0.8,
      countingFrom: at + 1_000,
      restarted: true,
      version: 2,
    })
    const none = edited({ defaultStrategy: { strategy: fixed('b') } })
    expect(none.state.operation.get('o')).not.toHaveProperty('share')
    const back = run(
      none.state,
      [
        {
          kind: 'update-flag',
          key: 'checkout',
          changes: { defaultStrategy: { strategy: rollout({ a: 60_000, b: 40_000 }) } },
        },
      ],
      at + hourMs,
    )
    expect(back.state.operation.get('o')).toMatchObject({ share: 0.4, countingFrom: at + hourMs + 1_000 })
    expect(writtenBy(edited({ name: 'Checkout' }))).toEqual(['flag checkout'])
  })
})

describe('what an operation names', () => {
  it('stays: variations while it is armed, the experiment that it stops', () => {
    const action = { kind: 'stop-experiment', experimentId: 'x' }
    const { state } = run(world(), [create({ action }), { kind: 'stop-experiment', id: 'x' }])
    const gone = run(state, [{ kind: 'delete-experiment', id: 'x' }])
    expect(writtenBy(gone)).toMatchObject({ code: 'IN_USE', dependents: [{ kind: 'operation', id: 'o' }] })
    const served = run(world(), [
      { kind: 'stop-experiment', id: 'x' },
      create({ action: { kind: 'serve', variationId: 'c' } }),
    ]).state
    const changes = { variations: variations.slice(0, 2) }
    expect(writtenBy(run(served, [{ kind: 'update-flag', key: 'checkout', changes }]))).toMatchObject({
      code: 'IN_USE',
    })
  })
})

describe('what happens by itself', () => {
  const schedule = (id: string, at: number) => ({
    kind: 'create-schedule',
    schedule: { id, flagKey: 'checkout', changes: { enabled: true }, at },
  })
  const trigger = {
    kind: 'create-trigger',
    trigger: { id: 't', flagKey: 'checkout', action: 'turn-on', sha256: 'x' },
  }
  const stop = { kind: 'stop-experiment', id: 'x' }
  const isOn = ({ state }: ReturnType<typeof run>) => state.flag.get('checkout')!.enabled

  it('does not turn a flag on that an operation turned off, until somebody has looked', () => {
    const fired = run(world(), [stop, create(), trigger, schedule('s', start + hourMs), apply()]).state
    const due = run(fired, [{ kind: 'apply-schedule', id: 's' }], start + hourMs)
    expect(isOn(due)).toBe(false)
    expect(due.state.schedule.get('s')).toMatchObject({
      status: 'refused',
      refusal: { reason: expect.stringContaining('operation o fired and turned checkout off') as string },
    })
    const alerted = run(fired, [{ kind: 'fire-trigger', id: 't' }], start + hourMs)
    expect(isOn(alerted)).toBe(false)
    expect(alerted.state.trigger.get('t')).toMatchObject({ lastFiring: { outcome: 'refused' } })
    for (const way of [arm(), { kind: 'update-flag', key: 'checkout', changes: { enabled: true } }])
      expect(isOn(run(fired, [way, { kind: 'fire-trigger', id: 't' }], start + hourMs))).toBe(true)
  })

  it('may turn it on where the operation only told', () => {
    const told = run(world(), [stop, create({ action: { kind: 'notify' } }), trigger, apply()]).state
    const off = run(
      told,
      [{ kind: 'update-flag', key: 'checkout', changes: { enabled: false } }],
      start + 9_000,
    )
    expect(isOn(run(off.state, [{ kind: 'fire-trigger', id: 't' }], start + hourMs))).toBe(true)
  })
})
