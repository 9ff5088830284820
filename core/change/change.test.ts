import { describe, expect, it } from 'vitest'
import { clause, fixed, rollout } from '../../test/support/build/flags.ts'
import type { ChangeContext } from './entity.ts'
import { change } from './change.ts'
import { Command } from './command.ts'
import { emptyState, type EnvironmentState, withWrites } from '../model/environment-state.ts'

/** Counts up, so that a case can name what it made. */
const context = (now = 1_000): ChangeContext => {
  let made = 0
  return { now, newId: () => `id-${now / 1_000}-${++made}` }
}

/** Commands as they come over the wire, applied one after the other; the last one's answer. */
function run(...commands: unknown[]) {
  let state: EnvironmentState = emptyState()
  let answer: ReturnType<typeof change> | undefined
  for (const [i, command] of commands.entries()) {
    answer = change(state, Command.parse(command), context(1_000 * (i + 1)))
    if (answer.ok) state = withWrites(state, answer.value.writes)
  }
  return { answer: answer!, state }
}

const draft = (changes: object = {}) => ({
  key: 'checkout',
  type: 'string',
  variations: [
    { id: 'a', value: 'A' },
    { id: 'b', value: 'B' },
  ],
  defaultStrategy: { strategy: fixed('a') },
  ...changes,
})
const create = (changes: object = {}) => ({ kind: 'create-flag', flag: draft(changes) })
const update = (changes: object, more: object = {}) => ({
  kind: 'update-flag',
  key: 'checkout',
  changes,
  ...more,
})
const problemOf = ({ answer }: ReturnType<typeof run>) => (answer.ok ? undefined : answer.problem)
const fieldsOf = (ran: ReturnType<typeof run>) => problemOf(ran)?.fields?.map(({ path }) => path)

describe('creating a flag', () => {
  it('fills in ids, version and times', () => {
    const { state } = run(
      create({ rules: [{ anyOf: [[clause('plan', 'equals', 'pro')]], strategy: fixed('b') }] }),
    )
    expect(state.flag.get('checkout')).toMatchObject({
      version: 1,
      createdAt: 1_000,
      updatedAt: 1_000,
      enabled: false,
      rules: [{ id: 'id-1-1' }],
      defaultStrategy: { id: 'id-1-2' },
    })
  })

  it('twice is a conflict that shows what is there', () => {
    expect(problemOf(run(create(), create()))).toMatchObject({
      code: 'CONFLICT',
      current: { key: 'checkout' },
    })
  })

  it.each([
    ['a variation that is not there', { offVariationId: 'x' }, ['offVariationId']],
    ['a tag twice', { tags: ['web', 'app', 'web'] }, ['tags.2']],
    [
      'a target of one that is not there',
      { targets: [{ variationId: 'x', targetingKeys: ['ada'] }] },
      ['targets.0.variationId'],
    ],
    [
      'the same id twice',
      {
        variations: [
          { id: 'a', value: 'A' },
          { id: 'a', value: 'B' },
        ],
      },
      ['variations.1.id'],
    ],
    ['a value of another type', { type: 'boolean' }, ['variations.0.value', 'variations.1.value']],
    [
      'a null, which says "use your default"',
      { type: 'json', variations: [{ id: 'a', value: 'null' }] },
      ['variations.0.value'],
    ],
    [
      'a bundle that is no object',
      { type: 'json', bundle: true, variations: [{ id: 'a', value: '[1]' }] },
      ['variations.0.value'],
    ],
    [
      'weights over the whole',
      { defaultStrategy: { strategy: rollout({ a: 60_000, b: 50_000 }) } },
      ['defaultStrategy.strategy.shares'],
    ],
    [
      'half percents where whole ones are asked',
      { defaultStrategy: { strategy: rollout({ a: 500 }) } },
      ['defaultStrategy.strategy.shares.0.weight'],
    ],
    [
      'an audience default that is not there',
      { defaultStrategy: { strategy: rollout({ a: 1_000 }, { percentage: 5, defaultVariationId: 'x' }) } },
      ['defaultStrategy.strategy.audience.defaultVariationId'],
    ],
    [
      'an unknown prerequisite',
      { prerequisites: [{ flagKey: 'base', variationId: 'a' }] },
      ['prerequisites.0'],
    ],
    [
      'an unknown segment',
      { rules: [{ anyOf: [[clause('', 'in-segment', 's')]], strategy: fixed('a') }] },
      ['rules.0.anyOf.0.0'],
    ],
  ])('refuses %s, by the path to it', (_, changes, paths) => {
    const refused = run(create(changes))
    expect(problemOf(refused)?.code).toBe('INVALID')
    expect(fieldsOf(refused)).toEqual(paths)
    expect(refused.state.flag.size).toBe(0)
  })

  it('refuses a rule id that another flag has: an activation names a rule and no flag', () => {
    const named = (key: string) => create({ key, defaultStrategy: { id: 'same', strategy: fixed('a') } })
    expect(fieldsOf(run(named('one'), named('two')))).toEqual(['defaultStrategy.id'])
    const rules = [{ id: 'same', anyOf: [[clause('a', 'exists')]], strategy: fixed('a') }]
    expect(fieldsOf(run(named('one'), create({ key: 'two', rules })))).toEqual(['rules.0.id'])
  })

  it('refuses json that nests deeper than anyone writes', () => {
    const json = (value: string) => run(create({ type: 'json', variations: [{ id: 'a', value }] }))
    expect(fieldsOf(json('['.repeat(50_000) + ']'.repeat(50_000)))).toEqual(['variations.0.value'])
    expect(json('['.repeat(100) + ']'.repeat(100)).answer.ok).toBe(true)
    expect(json(`{"a":"${'['.repeat(200)}\\\\\\"${'{'.repeat(200)}"}`).answer.ok).toBe(true)
  })

  it('takes thousandths of a percent in fine allocation', () => {
    const fine = { allocation: 'fine', defaultStrategy: { strategy: rollout({ a: 1, b: 99_999 }) } }
    expect(run(create(fine)).answer.ok).toBe(true)
  })
})

describe('updating a flag', () => {
  it('changes several things at once, as one version', () => {
    const { state } = run(
      create(),
      update({ enabled: true, name: 'Checkout', offVariationId: 'b' }, { version: 1 }),
    )
    expect(state.flag.get('checkout')).toMatchObject({
      version: 2,
      updatedAt: 2_000,
      enabled: true,
      name: 'Checkout',
      offVariationId: 'b',
    })
  })

  it('made on a stale version is a conflict that shows the current one', () => {
    expect(
      problemOf(run(create(), update({ enabled: true }), update({ name: 'x' }, { version: 1 }))),
    ).toMatchObject({
      code: 'CONFLICT',
      current: { version: 2, enabled: true },
    })
  })

  it('to what is already so writes nothing', () => {
    const { answer, state } = run(create(), update({ enabled: false }))
    expect(answer).toMatchObject({ ok: true, value: { writes: [] } })
    expect(state.flag.get('checkout')?.version).toBe(1)
  })

  it('takes the off variation away with null', () => {
    expect(
      run(create({ offVariationId: 'a' }), update({ offVariationId: null })).state.flag.get('checkout'),
    ).not.toHaveProperty('offVariationId')
  })

  it('keeps rules’ ids, which salt their hash, and gives new rules new ones', () => {
    const kept = { id: 'kept', anyOf: [[clause('a', 'exists')]], strategy: fixed('a') }
    const { state } = run(create({ rules: [kept] }), update({ rules: [kept, { ...kept, id: undefined }] }))
    expect(state.flag.get('checkout')?.rules.map(({ id }) => id)).toEqual(['kept', 'id-2-1'])
  })

  it('resets the seed: new salts for percent allocation, a new seed for fine', () => {
    const percent = run(create(), update({ resetSeed: true })).state.flag.get('checkout')
    expect(percent).toMatchObject({ defaultStrategy: { id: 'id-2-1' }, seed: '' })
    const fine = run(
      create({ allocation: 'fine', defaultStrategy: { id: 'd', strategy: fixed('a') } }),
      update({ resetSeed: true }),
    )
    expect(fine.state.flag.get('checkout')).toMatchObject({ defaultStrategy: { id: 'd' }, seed: 'id-2-1' })
  })

  it('of a flag that is not there is not found', () => {
    expect(problemOf(run(update({})))?.code).toBe('NOT_FOUND')
  })
})

describe('dependencies between flags', () => {
  const base = create({ key: 'base' })
  const dependent = create({ prerequisites: [{ flagKey: 'base', variationId: 'a' }] })

  it('may not close a circle', () => {
    const circle = {
      kind: 'update-flag',
      key: 'base',
      changes: { prerequisites: [{ flagKey: 'checkout', variationId: 'a' }] },
    }
    expect(fieldsOf(run(base, dependent, circle))).toEqual(['prerequisites.0'])
    expect(
      fieldsOf(run(create(), update({ prerequisites: [{ flagKey: 'checkout', variationId: 'a' }] }))),
    ).toEqual(['prerequisites.0'])
  })

  it('keep what they name from going away', () => {
    const archive = { kind: 'update-flag', key: 'base', changes: { archived: true } }
    const drop = {
      kind: 'update-flag',
      key: 'base',
      changes: { variations: [{ id: 'z', value: 'Z' }], defaultStrategy: { strategy: fixed('z') } },
    }
    expect(problemOf(run(base, dependent, archive))).toMatchObject({
      code: 'IN_USE',
      message: expect.stringContaining('checkout'),
    })
    expect(problemOf(run(base, dependent, drop))?.code).toBe('IN_USE')
    expect(run(base, dependent, update({ archived: true }), archive).answer.ok).toBe(true)
  })
})

describe('an experiment', () => {
  const split = create({ defaultStrategy: { strategy: rollout({ a: 50_000, b: 50_000 }) } })
  const goal = { kind: 'create-goal', goal: { key: 'buy' } }
  const experiment = (changes: object = {}) => ({
    kind: 'create-experiment',
    experiment: { id: 'e', flagKey: 'checkout', goalKeys: ['buy'], baselineVariationId: 'a', ...changes },
  })

  it('tests the default rollout from now on, unless told otherwise', () => {
    expect(run(split, goal, experiment()).state.experiment.get('e')).toMatchObject({
      ruleId: 'id-1-1',
      startAt: 3_000,
      status: 'running',
    })
  })

  it.each([
    ['a flag', { flagKey: 'x' }, ['flagKey']],
    ['a goal', { goalKeys: ['x'] }, ['goalKeys.0']],
    ['a rollout', { ruleId: 'x' }, ['ruleId']],
    ['a baseline', { baselineVariationId: undefined }, ['baselineVariationId']],
    ['a baseline in it', { baselineVariationId: 'x' }, ['baselineVariationId']],
    ['time', { startAt: 5, stopAt: 5 }, ['stopAt']],
  ])('needs %s', (_, changes, paths) => {
    expect(fieldsOf(run(split, goal, experiment(changes)))).toEqual(paths)
  })

  it('without a baseline takes the one variation of its rollout that is marked, and none of two', () => {
    const marked = (...ids: string[]) =>
      create({
        variations: ['a', 'b', 'c'].map((id) => ({
          id,
          value: id,
          ...(ids.includes(id) && { baseline: true }),
        })),
        defaultStrategy: { strategy: rollout({ a: 50_000, b: 50_000 }) },
      })
    const bare = experiment({ baselineVariationId: undefined })
    const { state } = run(marked('b', 'c'), goal, bare)
    expect(state.experiment.get('e')).toMatchObject({ baselineVariationId: 'b' })
    expect(fieldsOf(run(marked('a', 'b'), goal, bare))).toEqual(['baselineVariationId'])
    expect(fieldsOf(run(goal, bare))).toEqual(['flagKey'])
  })

  it('stops once, and its window with it', () => {
    const stop = { kind: 'stop-experiment', id: 'e' }
    const { state, answer } = run(split, goal, experiment(), stop, stop)
    expect(state.experiment.get('e')).toMatchObject({ status: 'stopped', stopAt: 4_000 })
    expect(answer).toMatchObject({ ok: true, value: { writes: [] } })
  })
})

describe('a segment', () => {
  it('may not ask for flags', () => {
    const asking = { kind: 'create-segment', segment: { key: 's', anyOf: [[clause('f', 'flag-is', 'a')]] } }
    expect(Command.safeParse(asking).success).toBe(false)
  })
})
