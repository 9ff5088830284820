// Between a flag and its running experiment: what disturbs the experiment is refused, or made with a choice.
import { describe, expect, it } from 'vitest'
import { clause, fixed, flag, rollout } from '../../test/support/build/flags.ts'
import { type EntityKind, type EnvironmentState, emptyState, withWrites } from '../model/environment-state.ts'
import type { Experiment, ExperimentChoice } from '../model/experiment.ts'
import type { Flag } from '../model/flag.ts'
import type { Result } from '../model/problem.ts'
import { experimentPhasesMax } from '../model/limits.ts'
import { scheduleLateMaxMs } from '../model/schedule.ts'
import { change } from './change.ts'
import { Command } from './command.ts'
import type { Change } from './entity.ts'

const now = 100_000
/** When scheduled changes of these tests are due. */
const due = now + 1
const split = rollout({ a: 50_000, b: 50_000 })
const variations = ['a', 'b', 'c'].map((id) => ({ id, name: id, description: '', value: `value ${id}` }))
const subject: Flag = flag({
  key: 'f',
  enabled: true,
  variations,
  rules: [{ id: 'r1', name: '', anyOf: [[clause('plan', 'equals', 'pro')]], strategy: split }],
  defaultStrategy: { id: 'rd', strategy: split },
})

/** The flag with an experiment on its default strategy. */
function stateWith(experiment: object = {}, createdAt = now): EnvironmentState {
  let state = withWrites(emptyState(), [{ kind: 'flag', id: 'f', value: subject }])
  const commands = [
    { kind: 'create-goal', goal: { key: 'buy' } },
    {
      kind: 'create-experiment',
      experiment: {
        id: 'x',
        flagKey: 'f',
        goalKeys: ['buy'],
        baselineVariationId: 'a',
        startAt: 1_000,
        ...experiment,
      },
    },
  ]
  for (const command of commands)
    state = withWrites(state, valueOf(run(state, command, undefined, createdAt)).writes)
  return state
}

const run = (state: EnvironmentState, command: unknown, experiment?: ExperimentChoice, at = now) => {
  let count = 0
  return change(state, Command.parse(command), { now: at, newId: () => `new-${++count}`, experiment })
}
const apply = (state: EnvironmentState, at = due) =>
  run(state, { kind: 'apply-schedule', id: 's' }, undefined, at)
function valueOf(changed: Result<Change>): Change {
  if (!changed.ok) throw new Error(JSON.stringify(changed.problem))
  return changed.value
}
const patch = (changes: object) => ({ kind: 'update-flag', key: 'f', changes })
const written = <K extends EntityKind>(changed: Result<Change>, kind: K) =>
  valueOf(changed).writes.find((write) => write.kind === kind)?.value

const others = { rules: subject.rules }
const disturbing: [string, unknown, canContinue: boolean][] = [
  ['fixing the rollout', patch({ defaultStrategy: { strategy: fixed('a') } }), false],
  ['other weights', patch({ defaultStrategy: { strategy: rollout({ a: 60_000, b: 40_000 }) } }), true],
  [
    'another arm',
    patch({ defaultStrategy: { strategy: rollout({ a: 50_000, b: 25_000, c: 25_000 }) } }),
    true,
  ],
  [
    'an audience',
    patch({
      defaultStrategy: { strategy: { ...split, audience: { percentage: 20, defaultVariationId: 'a' } } },
    }),
    true,
  ],
  ['a new split', patch({ resetSeed: true }), true],
  ['archiving', patch({ archived: true }), false],
  ['turning off', patch({ enabled: false }), false],
  [
    'another value of an arm',
    patch({ variations: variations.map((each) => ({ ...each, value: `new ${each.id}` })) }),
    true,
  ],
  [
    'another mark of the baseline',
    patch({
      variations: variations.map((each) => ({ ...each, ...(each.id === 'b' && { baseline: true }) })),
    }),
    true,
  ],
  [
    'removing an arm',
    patch({
      variations: [variations[0]!, variations[2]!],
      rules: [],
      defaultStrategy: { strategy: rollout({ a: 50_000, c: 50_000 }) },
    }),
    true,
  ],
  [
    'removing the baseline',
    patch({
      variations: variations.slice(1),
      rules: [],
      offVariationId: 'b',
      defaultStrategy: { strategy: rollout({ b: 50_000, c: 50_000 }) },
    }),
    false,
  ],
  ['another baseline', { kind: 'update-experiment', id: 'x', changes: { baselineVariationId: 'b' } }, true],
  [
    'a document',
    {
      kind: 'apply',
      document: {
        flags: {
          f: { type: 'string', enabled: true, variations, defaultStrategy: { strategy: fixed('b') } },
        },
      },
    },
    false,
  ],
  [
    'a copy',
    {
      kind: 'copy-flag',
      from: 'other',
      replace: true,
      flag: { ...subject, defaultStrategy: { id: 'rd', strategy: fixed('b') } },
    },
    false,
  ],
]

describe('a running experiment', () => {
  it.each(disturbing)('refuses %s, naming itself', (_, command) => {
    const changed = run(stateWith(), command)
    expect(changed).toMatchObject({ ok: false, problem: { code: 'EXPERIMENT_RUNNING' } })
    expect(!changed.ok && changed.problem.message).toMatch(/^experiment x is running on flag f/)
  })

  it.each(disturbing)('stops with %s if the caller says so', (_, command) => {
    const changed = run(stateWith(), command, 'stop')
    if ((command as { kind: string }).kind === 'update-experiment') {
      expect(changed).toMatchObject({ ok: false, problem: { code: 'EXPERIMENT_RUNNING' } })
      return
    }
    expect(written(changed, 'experiment')).toMatchObject({ status: 'stopped', stopAt: now, version: 2 })
    expect(written(changed, 'flag')).toBeDefined()
  })

  it.each(disturbing)('starts a new phase with %s where the flag still splits', (_, command, canContinue) => {
    const changed = run(stateWith(), command, 'new-phase')
    if (!canContinue) {
      expect(changed).toMatchObject({ ok: false, problem: { code: 'EXPERIMENT_RUNNING' } })
      return
    }
    const experiment = written(changed, 'experiment') as Experiment
    expect(experiment).toMatchObject({ status: 'running', startAt: 1_000 })
    expect(experiment.phases).toHaveLength(2)
    expect(experiment.phases?.[0]).toEqual({ startAt: 1_000, weights: { a: 50_000, b: 50_000 } })
    expect(experiment.phases?.[1]?.startAt).toBe(101_000)
    const after = withWrites(stateWith(), valueOf(changed).writes).flag.get('f')!
    expect([...after.rules, after.defaultStrategy].map(({ id }) => id)).toContain(experiment.ruleId)
  })

  it.each<[string, unknown]>([
    ['the name', patch({ name: 'other' })],
    ['a rule that is not its own', patch({ rules: [{ ...others.rules[0]!, strategy: fixed('a') }] })],
    ['the same again', patch({ defaultStrategy: { strategy: split } })],
    ['another order of shares', patch({ defaultStrategy: { strategy: rollout({ b: 50_000, a: 50_000 }) } })],
    [
      'a variation that is no arm',
      patch({ variations: [...variations.slice(0, 2), { ...variations[2]!, value: 'new' }] }),
    ],
    ['another goal', { kind: 'create-goal', goal: { key: 'other' } }],
    ['its own stop', { kind: 'stop-experiment', id: 'x' }],
  ])('lets %s pass', (_, command) => {
    expect(run(stateWith(), command)).toMatchObject({ ok: true })
  })

  it('is stopped by a document that does not list it any more, with whatever happens to the flag', () => {
    const document = {
      prune: true,
      flags: { f: { type: 'string', enabled: false, variations, defaultStrategy: { strategy: fixed('a') } } },
      goals: { buy: {} },
    }
    expect(written(run(stateWith(), { kind: 'apply', document }), 'experiment')).toMatchObject({
      status: 'stopped',
    })
  })
})

describe('an experiment that is not running', () => {
  it('follows its flag until it starts', () => {
    const changed = run(
      stateWith({ startAt: now + 60_000 }),
      patch({ defaultStrategy: { strategy: rollout({ a: 20_000, b: 80_000 }) } }),
    )
    expect(written(changed, 'experiment')).toMatchObject({
      phases: [{ startAt: now + 60_000, weights: { a: 20_000, b: 80_000 } }],
    })
  })

  it('refuses to lose its rollout before it starts', () => {
    const changed = run(
      stateWith({ startAt: now + 60_000 }),
      patch({ defaultStrategy: { strategy: fixed('b') } }),
    )
    expect(changed).toMatchObject({ ok: false, problem: { code: 'EXPERIMENT_RUNNING' } })
  })

  it('keeps its shares for ever once its time is over', () => {
    const changed = run(
      stateWith({ stopAt: 50_000 }, 40_000),
      patch({ defaultStrategy: { strategy: fixed('b') } }),
    )
    expect(valueOf(changed).writes.map(({ kind }) => kind)).toEqual(['flag'])
  })
})

describe('automation', () => {
  const trigger = (more: object = {}) => ({
    kind: 'create-trigger',
    trigger: { id: 't', flagKey: 'f', action: 'turn-off', sha256: 'x', ...more },
  })
  const withTrigger = (more: object = {}) => {
    const state = stateWith()
    return withWrites(state, valueOf(run(state, trigger(more))).writes)
  }
  const fire = { kind: 'fire-trigger', id: 't' }

  it('of a trigger is refused by a running experiment, and that is recorded', () => {
    const changed = valueOf(run(withTrigger(), fire))
    expect(changed.refusal).toMatchObject({ code: 'EXPERIMENT_RUNNING' })
    expect(changed.writes).toMatchObject([
      { kind: 'trigger', value: { firings: 1, version: 1, lastFiring: { at: now, outcome: 'refused' } } },
    ])
  })

  it('of a trigger that may stop experiments stops them', () => {
    const changed = run(withTrigger({ experiment: 'stop' }), fire)
    expect(written(changed, 'flag')).toMatchObject({ enabled: false })
    expect(written(changed, 'experiment')).toMatchObject({ status: 'stopped' })
    expect(written(changed, 'trigger')).toMatchObject({ firings: 1, lastFiring: { outcome: 'changed' } })
  })

  it('of a kill switch stops the experiment: it is not held up', () => {
    const operation = {
      id: 'o',
      kind: 'event-rate',
      flagKey: 'f',
      variationId: 'b',
      goalKey: 'buy',
      comparison: 'at-least',
      threshold: 0.5,
      minimumUsers: 10,
    }
    const state = stateWith()
    const armed = withWrites(state, valueOf(run(state, { kind: 'create-operation', operation })).writes)
    const changed = run(armed, {
      kind: 'apply-operation',
      id: 'o',
      facts: { exposedUsers: 200, goalUsers: 180 },
    })
    expect(written(changed, 'flag')).toMatchObject({ enabled: false })
    expect(written(changed, 'experiment')).toMatchObject({ status: 'stopped' })
  })

  it('starts no more phases than an experiment may have, so that it can always be stopped', () => {
    const state = stateWith()
    const x = state.experiment.get('x')!
    const phases = Array.from({ length: experimentPhasesMax }, () => x.phases![0]!)
    const full = withWrites(state, [{ kind: 'experiment', id: 'x', value: { ...x, phases } }])
    const command = {
      kind: 'update-flag',
      key: 'f',
      changes: { defaultStrategy: { strategy: rollout({ a: 70_000, b: 30_000 }) } },
    }
    expect(run(full, command, 'new-phase')).toMatchObject({
      ok: false,
      problem: { code: 'EXPERIMENT_RUNNING', message: expect.stringContaining('at most 100 phases') },
    })
    expect(run(full, { kind: 'stop-experiment', id: 'x' })).toMatchObject({ ok: true })
  })

  it('of a schedule is refused by a running experiment, once, and can be armed again', () => {
    const schedule = { id: 's', flagKey: 'f', at: due, changes: { enabled: false } }
    const state = stateWith()
    const waiting = withWrites(state, valueOf(run(state, { kind: 'create-schedule', schedule })).writes)
    const refused = valueOf(apply(waiting))
    expect(refused.refusal).toMatchObject({ code: 'EXPERIMENT_RUNNING' })
    const recorded = withWrites(waiting, refused.writes)
    expect(recorded.schedule.get('s')).toMatchObject({ status: 'refused', refusal: { at: due } })
    expect(apply(recorded)).toMatchObject({
      ok: false,
      problem: { code: 'CONFLICT' },
    })
    const edit = (changes: object) =>
      run(recorded, { kind: 'update-schedule', id: 's', changes }, undefined, due)
    expect(edit({ experiment: 'stop' })).toMatchObject({ problem: { fields: [{ path: 'at' }] } })
    const armed = edit({ experiment: 'stop', at: due + 1 })
    const again = withWrites(recorded, valueOf(armed).writes)
    expect(again.schedule.get('s')).not.toHaveProperty('refusal')
    const applied = apply(again, due + 1)
    expect(written(applied, 'experiment')).toMatchObject({ status: 'stopped' })
  })
})

describe('an archived flag', () => {
  it('is not changed by a trigger, which records that', () => {
    const state = withWrites(emptyState(), [{ kind: 'flag', id: 'f', value: subject }])
    const made = run(state, {
      kind: 'create-trigger',
      trigger: { id: 't', flagKey: 'f', action: 'turn-on', sha256: 'x' },
    })
    const archived = { ...subject, archived: true }
    const later = withWrites(state, [...valueOf(made).writes, { kind: 'flag', id: 'f', value: archived }])
    const changed = valueOf(run(later, { kind: 'fire-trigger', id: 't' }))
    expect(changed.refusal).toMatchObject({ code: 'CONFLICT' })
    expect(changed.writes.map(({ kind }) => kind)).toEqual(['trigger'])
  })

  it('is not changed by a schedule, unless that takes it out of the archive', () => {
    const state = withWrites(emptyState(), [{ kind: 'flag', id: 'f', value: subject }])
    const schedule = { id: 's', flagKey: 'f', at: due, changes: { enabled: false } }
    const waiting = withWrites(state, valueOf(run(state, { kind: 'create-schedule', schedule })).writes)
    const later = withWrites(waiting, [{ kind: 'flag', id: 'f', value: { ...subject, archived: true } }])
    expect(valueOf(apply(later)).refusal).toMatchObject({
      code: 'CONFLICT',
    })
    expect(run(later, { kind: 'create-schedule', schedule: { ...schedule, id: 's2' } })).toMatchObject({
      ok: false,
    })
    const back = { ...schedule, id: 's3', changes: { archived: false, enabled: false } }
    expect(run(later, { kind: 'create-schedule', schedule: back })).toMatchObject({ ok: true })
  })
})

describe('a schedule', () => {
  const state = withWrites(emptyState(), [{ kind: 'flag', id: 'f', value: subject }])
  const create = (changes: object) =>
    run(state, { kind: 'create-schedule', schedule: { id: 's', flagKey: 'f', at: due, changes } })

  it('is for a time to come', () => {
    for (const at of [0, now - 1, now])
      expect(
        run(state, {
          kind: 'create-schedule',
          schedule: { id: 's', flagKey: 'f', at, changes: { enabled: false } },
        }),
      ).toMatchObject({ ok: false, problem: { code: 'INVALID', fields: [{ path: 'at' }] } })
  })

  it('is applied up to an hour late, and refused after that', () => {
    const waiting = withWrites(state, valueOf(create({ enabled: false })).writes)
    const latest = due + scheduleLateMaxMs
    expect(apply(waiting, due - 1)).toMatchObject({ ok: false, problem: { code: 'CONFLICT' } })
    for (const at of [due, latest])
      expect(written(apply(waiting, at), 'flag')).toMatchObject({ enabled: false })
    const missed = valueOf(apply(waiting, latest + 1))
    expect(missed.refusal).toMatchObject({ message: expect.stringContaining('more than an hour') })
    expect(missed.writes).toMatchObject([{ kind: 'schedule', value: { status: 'refused' } }])
  })

  it('that cannot be applied is refused when it is created', () => {
    expect(create({ defaultStrategy: { strategy: fixed('no-such') } })).toMatchObject({
      ok: false,
      problem: { code: 'INVALID', fields: [{ path: 'changes.defaultStrategy.strategy.variationId' }] },
    })
  })

  it('keeps the variation that it names from being removed', () => {
    const waiting = withWrites(state, valueOf(create({ defaultStrategy: { strategy: fixed('c') } })).writes)
    const removal = patch({ variations: variations.slice(0, 2), offVariationId: 'a' })
    expect(run(waiting, removal)).toMatchObject({ ok: false, problem: { code: 'IN_USE' } })
    expect(run(state, removal)).toMatchObject({ ok: true })
  })
})
