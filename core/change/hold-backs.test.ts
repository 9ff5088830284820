// Layers and holdouts by command: what is allotted and held, when, and what locks it.
import { describe, expect, it } from 'vitest'
import { fixed, rollout } from '../../test/support/build/flags.ts'
import type { SimulatedEnvironment } from '../../test/support/simulated-environment.ts'
import {
  start,
  dayMs,
  split,
  world,
  experimentOn,
  allot,
  allotments,
  held,
  codeOf,
  publishedRules,
} from '../../test/support/hold-back-world.ts'
import { withWrites } from '../model/environment-state.ts'
import { checkSubject, configurationChecks } from './experiment-checks.ts'

describe('a layer', () => {
  const withLayer = () => {
    const here = world()
    here.make({ kind: 'create-layer', layer: { id: 'l' } })
    return here
  }

  it('has a salt of its own, and allots the lowest free slices', () => {
    const here = withLayer()
    here.make({ kind: 'create-layer', layer: { id: 'm' } })
    const [l, m] = ['l', 'm'].map((id) => here.state.layer.get(id)!.salt)
    expect(l).not.toBe(m)
    here.make(allot('x', 2_500))
    here.make(allot('y', 5_000, { outsideVariationId: 'c' }))
    here.make(allot('z', 1_000, { outsideVariationId: null }))
    expect(allotments(here)).toEqual([
      { flagKey: 'x', ruleId: 'x-d', ranges: [{ from: 0, to: 2_500 }], outsideVariationId: 'a' },
      { flagKey: 'y', ruleId: 'y-d', ranges: [{ from: 2_500, to: 7_500 }], outsideVariationId: 'c' },
      { flagKey: 'z', ruleId: 'z-d', ranges: [{ from: 7_500, to: 8_500 }] },
    ])
    expect(publishedRules(here, 'x')).toEqual(['layer:l:x-d'])
    here.make({ kind: 'release-slices', id: 'l', flagKey: 'x' })
    here.make(allot('z', 5_000))
    expect(allotments(here).at(-1)).toEqual({
      flagKey: 'z',
      ruleId: 'z-d',
      ranges: [
        { from: 0, to: 2_500 },
        { from: 7_500, to: 10_000 },
      ],
    })
    expect(publishedRules(here, 'x')).toEqual([])
  })

  it('has no room for more than is free, and says how much is', () => {
    const here = withLayer()
    here.make(allot('x', 8_000))
    const refused = here.run(allot('y', 2_001))
    expect(refused).toMatchObject({ ok: false, problem: { code: 'CONFLICT' } })
    expect(refused.ok || refused.problem.message).toContain('at most 2000')
    expect(codeOf(here, allot('x', 10_000))).toBe('ok')
  })

  it('is locked where an experiment runs, and nowhere else', () => {
    const here = withLayer()
    here.make(allot('x', 1_000))
    here.make(experimentOn('x', { status: 'draft' }))
    here.make(allot('x', 2_000))
    here.make(experimentOn('y'))
    expect(codeOf(here, allot('y', 100))).toBe('CONFLICT')
    here.make({ kind: 'delete-experiment', id: 'x-test' })
    here.make(experimentOn('x'))
    for (const command of [allot('x', 3_000), { kind: 'release-slices', id: 'l', flagKey: 'x' }])
      expect(codeOf(here, command)).toBe('CONFLICT')
    expect(codeOf(here, allot('z', 3_000))).toBe('ok')
    here.make({ kind: 'stop-experiment', id: 'x-test' })
    expect(codeOf(here, { kind: 'release-slices', id: 'l', flagKey: 'x' })).toBe('ok')
  })

  it('takes no rollout twice, no fixed rule, and none that splits by an attribute', () => {
    const here = withLayer()
    here.make({ kind: 'create-layer', layer: { id: 'm' } })
    here.make(allot('x', 1_000))
    expect(codeOf(here, { ...allot('x', 1_000), id: 'm' })).toBe('CONFLICT')
    here.make({ kind: 'update-flag', key: 'y', changes: { defaultStrategy: { strategy: fixed('a') } } })
    expect(codeOf(here, allot('y', 1_000))).toBe('INVALID')
    const { version: _, createdAt: __, updatedAt: ___, archived: ____, ...draft } = split('w')
    here.make({ kind: 'create-flag', flag: { ...draft, bucketBy: 'company' } })
    expect(codeOf(here, allot('w', 1_000))).toBe('INVALID')
    expect(codeOf(here, allot('nothing', 1_000))).toBe('INVALID')
  })

  it('keeps its flags and their variations from being deleted', () => {
    const here = withLayer()
    here.make(allot('x', 1_000, { outsideVariationId: 'c' }))
    expect(codeOf(here, { kind: 'delete-layer', id: 'l' })).toBe('IN_USE')
    const variations = here.state.flag.get('x')!.variations.filter(({ id }) => id !== 'c')
    expect(
      codeOf(here, { kind: 'update-flag', key: 'x', changes: { variations, offVariationId: 'a' } }),
    ).toBe('IN_USE')
    here.make({ kind: 'update-flag', key: 'x', changes: { archived: true } })
    expect(codeOf(here, { kind: 'delete-flag', id: 'x' })).toBe('IN_USE')
    here.make({ kind: 'release-slices', id: 'l', flagKey: 'x' })
    expect(codeOf(here, { kind: 'delete-flag', id: 'x' })).toBe('ok')
    expect(codeOf(here, { kind: 'delete-layer', id: 'l' })).toBe('ok')
  })

  it('follows a rule that gets a new id, and forgets one that is removed', () => {
    const here = withLayer()
    const changes = { anyOf: [[{ attribute: 'plan', operator: 'equals', values: ['pro'] }]] }
    const strategy = rollout({ a: 50_000, b: 50_000 })
    here.make({ kind: 'update-flag', key: 'x', changes: { rules: [{ id: 'r', ...changes, strategy }] } })
    here.make(allot('x', 1_000, { ruleId: 'r' }))
    expect(publishedRules(here, 'x')).toEqual(['layer:l:r', 'r'])
    here.make({ kind: 'update-flag', key: 'x', changes: { rules: [] } })
    expect(allotments(here)).toEqual([])
  })
})

describe('a holdout', () => {
  const holdout = (more: object = {}) => ({
    kind: 'create-holdout',
    holdout: { id: 'h', slices: 500, ...more },
  })

  it('holds what begins after it, not what runs already', () => {
    const here = world()
    here.make(experimentOn('x'))
    here.make(holdout())
    expect(held(here)).toEqual([])
    here.make(experimentOn('y'))
    expect(held(here)).toEqual([['y', 'y-d', 'a']])
    here.make({ kind: 'stop-experiment', id: 'y-test' })
    here.make({
      kind: 'update-flag',
      key: 'y',
      changes: { defaultStrategy: { strategy: fixed('b') } },
    })
    // What was shipped stays held back: that is what it measures.
    expect(held(here)).toEqual([['y', 'y-d', 'a']])
    expect(publishedRules(here, 'y')).toEqual(['holdout:h:y-d'])
    expect(publishedRules(here, 'x')).toEqual([])
  })

  it('holds progressive rollouts, and gives what they take from', () => {
    const here = world()
    here.make({ kind: 'update-flag', key: 'z', changes: { defaultStrategy: { strategy: fixed('a') } } })
    here.make(holdout())
    here.make({
      kind: 'create-progressive-rollout',
      progressiveRollout: {
        id: 'p',
        flagKey: 'z',
        variationId: 'b',
        steps: [{ weight: 1_000, holdMs: dayMs }],
      },
    })
    expect(held(here)).toEqual([['z', 'z-d', 'a']])
  })

  it('of named flags holds their rules from its start, and no others', () => {
    const here = world()
    here.make({ kind: 'update-flag', key: 'z', changes: { defaultStrategy: { strategy: fixed('c') } } })
    here.make(experimentOn('x'))
    here.make(holdout({ flagKeys: ['x', 'z'] }))
    expect(held(here)).toEqual([['z', 'z-d', 'c']])
    here.make(experimentOn('y'))
    expect(held(here)).toEqual([['z', 'z-d', 'c']])
  })

  it('begins and ends by its times', () => {
    const here = world()
    here.make(holdout({ startAt: start + dayMs, stopAt: start + 3 * dayMs }))
    const status = () => here.state.holdout.get('h')!.status
    expect(status()).toBe('waiting')
    here.make(experimentOn('x'))
    expect(held(here)).toEqual([])
    here.advanceTo(start + dayMs)
    expect(status()).toBe('running')
    here.make(experimentOn('y'))
    expect(publishedRules(here, 'y')).toEqual(['holdout:h:y-d'])
    here.advanceTo(start + 3 * dayMs)
    expect(status()).toBe('ended')
    expect(here.alarmAt()).toBeUndefined()
    expect(publishedRules(here, 'y')).toEqual([])
  })

  it('cannot change whom it holds back once it runs, but its end can move', () => {
    const here = world()
    here.make(holdout())
    const edit = (changes: object) => ({ kind: 'update-holdout', id: 'h', changes })
    expect(codeOf(here, edit({ slices: 600 }))).toBe('CONFLICT')
    expect(codeOf(here, edit({ stopAt: start - 1 }))).toBe('INVALID')
    expect(codeOf(here, edit({ stopAt: start + dayMs, name: 'Long run' }))).toBe('ok')
    expect(here.state.holdout.get('h')).toMatchObject({ at: start + dayMs, name: 'Long run' })
    expect(codeOf(here, { kind: 'delete-holdout', id: 'h' })).toBe('CONFLICT')
    here.make({ kind: 'end-holdout', id: 'h' })
    expect(codeOf(here, edit({ stopAt: start + 5 * dayMs }))).toBe('CONFLICT')
    expect(codeOf(here, { kind: 'delete-holdout', id: 'h' })).toBe('ok')
  })

  it('keeps what it compares while it runs: its goals share one level', () => {
    const here = world()
    here.make(holdout({ goalKeys: ['buy'] }))
    expect(codeOf(here, { kind: 'update-holdout', id: 'h', changes: { goalKeys: [] } })).toBe('CONFLICT')
    expect(codeOf(here, { kind: 'update-holdout', id: 'h', changes: { goalKeys: ['buy'] } })).toBe('ok')
  })

  it('holds a waiting experiment when it begins, and not before', () => {
    const here = world()
    here.make(holdout())
    here.make(experimentOn('x', { startAt: start + dayMs, stopAt: start + 9 * dayMs }))
    expect(held(here)).toEqual([])
    here.advanceTo(start + dayMs)
    here.make({ kind: 'advance-experiment', id: 'x-test' })
    expect(held(here)).toEqual([['x', 'x-d', 'a']])
  })

  it('holds what waited when it began', () => {
    const here = world()
    here.make(experimentOn('x', { startAt: start + 2 * dayMs, stopAt: start + 9 * dayMs }))
    here.make(holdout())
    here.advanceTo(start + 2 * dayMs)
    here.make({ kind: 'advance-experiment', id: 'x-test' })
    expect(held(here)).toEqual([['x', 'x-d', 'a']])
  })

  it('says on the change that begins what it takes from SDKs that decide by themselves', () => {
    const here = world()
    here.make(holdout())
    const made = here.run(experimentOn('x'))
    expect(made.ok && made.value.notes).toContainEqual({
      path: 'holdout.h',
      message: expect.stringContaining('flag x') as string,
    })
  })

  it.each([
    ['a rollout that leaves users out', { defaultStrategy: { strategy: rollout({ a: 10_000, b: 10_000 }) } }],
    ['exclusive assignments', { assignment: 'exclusive' }],
  ])('does not hold %s: the groups could not be compared', (_, changes) => {
    const here = world()
    here.make({ kind: 'update-flag', key: 'x', changes })
    here.make(holdout())
    here.make(experimentOn('x', { baselineVariationId: 'a' }))
    expect(held(here)).toEqual([])
  })

  it('does not hold what a layer leaves without a variation', () => {
    const here = world()
    here.make({ kind: 'create-layer', layer: { id: 'l' } })
    here.make(allot('x', 5_000, { outsideVariationId: null }))
    here.make(holdout())
    here.make(experimentOn('x'))
    expect(held(here)).toEqual([])
  })

  it('leaves a flag that is to be split by an attribute', () => {
    const here = world()
    here.make(holdout({ flagKeys: ['x'] }))
    expect(held(here)).toEqual([['x', 'x-d', 'a']])
    here.make({ kind: 'update-flag', key: 'x', changes: { bucketBy: 'company', resetSeed: true } })
    expect(held(here)).toEqual([])
  })

  it('is refused with more rules than it can hold', () => {
    const here = world()
    const rules = Array.from({ length: 100 }, (_, i) => ({
      id: `r${i}`,
      name: '',
      anyOf: [[{ attribute: 'plan', operator: 'equals', values: [`p${i}`] }]],
      strategy: fixed('a'),
    }))
    const flagKeys = Array.from({ length: 10 }, (_, i) => `many-${i}`)
    const { version: _, createdAt: __, updatedAt: ___, archived: ____, ...draft } = split('w')
    for (const key of flagKeys) {
      const own = { id: `${key}-d`, strategy: fixed('a') }
      const keyed = rules.map((rule) => ({ ...rule, id: `${key}-${rule.id}` }))
      here.make({ kind: 'create-flag', flag: { ...draft, key, rules: keyed, defaultStrategy: own } })
    }
    const startAt = start + dayMs
    expect(codeOf(here, holdout({ flagKeys, startAt }))).toBe('INVALID')
    expect(codeOf(here, holdout({ flagKeys: flagKeys.slice(1), startAt }))).toBe('ok')
    const more = { kind: 'update-holdout', id: 'h', changes: { flagKeys } }
    expect(codeOf(here, more)).toBe('INVALID')
  })

  it('keeps a rule while an experiment runs on it, and lets it go afterwards', () => {
    const here = world()
    here.make(holdout())
    here.make(experimentOn('x'))
    const release = { kind: 'release-held', id: 'h', flagKey: 'x' }
    expect(codeOf(here, release)).toBe('CONFLICT')
    here.make({ kind: 'stop-experiment', id: 'x-test' })
    here.make({ kind: 'archive-experiment', id: 'x-test' })
    here.make({ kind: 'delete-experiment', id: 'x-test' })
    here.make({ kind: 'update-flag', key: 'x', changes: { archived: true } })
    expect(codeOf(here, { kind: 'delete-flag', id: 'x' })).toBe('IN_USE')
    expect(codeOf(here, release)).toBe('ok')
    expect(held(here)).toEqual([])
  })
})

describe('the checks of an experiment', () => {
  const checks = ({ state, now }: SimulatedEnvironment, id: string) =>
    Object.fromEntries(
      configurationChecks(checkSubject(state, state.experiment.get(id)!, now)).map((each) => [
        each.name,
        each,
      ]),
    )

  it('warn of another experiment on the flag, unless a layer keeps their users apart', () => {
    const here = world()
    const strategy = rollout({ a: 50_000, b: 50_000 })
    const anyOf = [[{ attribute: 'plan', operator: 'equals', values: ['pro'] }]]
    here.make({ kind: 'update-flag', key: 'x', changes: { rules: [{ id: 'r', anyOf, strategy }] } })
    here.make(experimentOn('x'))
    here.make({
      kind: 'create-experiment',
      experiment: { id: 'two', flagKey: 'x', ruleId: 'r', goalKeys: ['buy'], status: 'draft' },
    })
    expect(checks(here, 'two')['overlap']!.status).toBe('warn')
    here.make({ kind: 'stop-experiment', id: 'x-test' })
    here.make({ kind: 'create-layer', layer: { id: 'l' } })
    here.make(allot('x', 5_000))
    here.make(allot('x', 2_500, { ruleId: 'r' }))
    here.make({ ...experimentOn('x'), experiment: { id: 'three', flagKey: 'x', goalKeys: ['buy'] } })
    expect(checks(here, 'two')['overlap']!.status).toBe('pass')
    expect(checks(here, 'two')['taking-part']!.detail).toBe(
      'It has 2500 of 10000 slices of layer l: 25 % of the users of its rule take part.',
    )
  })

  it('tell how many users take part, also of a holdout that begins to hold with the experiment', () => {
    const here = world()
    here.make({ kind: 'create-holdout', holdout: { id: 'h', slices: 500 } })
    here.make(experimentOn('x', { status: 'draft' }))
    const told = 'Holdout h holds 5 % back: 95 % of the users of its rule take part.'
    expect(checks(here, 'x-test')['taking-part']!.detail).toBe(told)
    here.make({ kind: 'start-experiment', id: 'x-test' })
    expect(checks(here, 'x-test')['taking-part']!.detail).toBe(told)
    here.make({ kind: 'end-holdout', id: 'h' })
    expect(checks(here, 'x-test')['taking-part']!.detail).toBe('All users of its rule take part.')
  })

  it('count no holdout that began after the experiment was over, or does not hold what ran before it', () => {
    const here = world()
    for (const key of ['x', 'y']) here.make(experimentOn(key))
    here.advanceTo(start + dayMs)
    here.make({ kind: 'stop-experiment', id: 'x-test' })
    here.advanceTo(start + 2 * dayMs)
    here.make({ kind: 'create-holdout', holdout: { id: 'h', slices: 500 } })
    for (const id of ['x-test', 'y-test'])
      expect(checks(here, id)['taking-part']!.detail).toBe('All users of its rule take part.')
    here.make({ kind: 'create-experiment', experiment: { id: 'again', flagKey: 'x', goalKeys: ['buy'] } })
    expect(checks(here, 'again')['taking-part']!.detail).toContain('holds 5 % back')
    expect(checks(here, 'x-test')['taking-part']!.detail).toBe('All users of its rule take part.')
  })

  it('warn that a layer or holdout takes the flag from SDKs that decide by themselves', () => {
    const here = world()
    here.make(experimentOn('x', { status: 'draft' }))
    expect(checks(here, 'x-test')['bucketing-file']!.status).toBe('pass')
    here.make({ kind: 'create-layer', layer: { id: 'l' } })
    here.make(allot('x', 5_000))
    here.make({ kind: 'create-holdout', holdout: { id: 'h', slices: 500 } })
    const { status, detail } = checks(here, 'x-test')['bucketing-file']!
    expect(status).toBe('warn')
    expect(detail).toMatch(/^Because of layer l and holdout h, .* do not get flag x: /)
  })
})

describe('a holdout that cannot begin', () => {
  it('says why, and tries again later each time, until it can', () => {
    const here = world()
    const holdout = { id: 'h', slices: 500, flagKeys: ['x'], startAt: start + dayMs }
    here.make({ kind: 'create-holdout', holdout })
    const flag = here.state.flag.get('x')!
    here.state = withWrites(here.state, [{ kind: 'flag', id: 'x', value: null }])
    const [tries, until] = [[] as number[], start + 4 * dayMs]
    for (here.now = here.alarmAt()!; here.now < until; here.now = here.alarmAt()!) {
      here.ring()
      tries.push(here.now)
      expect(here.state.holdout.get('h')!.refusal!.at).toBe(here.now)
    }
    const waits = tries.slice(1).map((at, i) => at - tries[i]!)
    expect(waits.slice(0, 3)).toEqual([60_000, 120_000, 240_000])
    expect(waits.at(-1)).toBeLessThanOrEqual(dayMs)
    expect(tries.length).toBeLessThan(16)
    expect(here.state.holdout.get('h')!.refusal!.reason).toContain('x')
    here.state = withWrites(here.state, [{ kind: 'flag', id: 'x', value: flag }])
    here.ring()
    expect(here.state.holdout.get('h')).toMatchObject({ status: 'running', held: [{ flagKey: 'x' }] })
    expect(here.state.holdout.get('h')).not.toHaveProperty('refusal')
  })
})
