// Nobody moves unasked: whichever command edits a flag, only as many users change their variation as the new
// shares make necessary. Measured with the evaluator on real targeting keys.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { clause, fixed, flag, rollout, snapshotOf } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { compile } from '../evaluation/compile.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { type EnvironmentState, emptyState, withWrites } from '../model/environment-state.ts'
import type { Flag, Strategy } from '../model/flag.ts'
import { weightPerPercent, weightTotal } from '../model/limits.ts'
import { movesOf } from '../model/moves.ts'
import { allRangesOf } from '../model/rebalance.ts'
import { change } from './change.ts'
import { Command } from './command.ts'
import type { ChangeContext } from './entity.ts'

const context = (): ChangeContext => {
  let count = 0
  return { now: 5_000, newId: () => `new-${++count}` }
}
const stateOf = (flags: readonly Flag[]): EnvironmentState => ({
  ...emptyState(),
  flag: new Map(flags.map((each) => [each.key, each])),
})
const run = (state: EnvironmentState, command: unknown) => change(state, Command.parse(command), context())

/** The flag after the command; fails the test if the command is refused. */
function after(state: EnvironmentState, command: unknown): Flag {
  const changed = run(state, command)
  if (!changed.ok) throw new Error(JSON.stringify(changed.problem))
  return withWrites(state, changed.value.writes).flag.get('f')!
}

const shares = fc
  .tuple(fc.nat(100), fc.nat(100))
  .map(([x, y]) =>
    rollout({ a: Math.min(x, y) * 1000, b: Math.abs(x - y) * 1000, c: 100_000 - Math.max(x, y) * 1000 }),
  )
const strategies: fc.Arbitrary<Strategy> = fc.oneof(
  { weight: 4, arbitrary: shares },
  { weight: 1, arbitrary: fc.constantFrom(fixed('a'), fixed('b')) },
)
const allocations = fc.constantFrom('percent' as const, 'fine' as const)

/** The weight of each variation, by id. */
function weightsOf(strategy: Strategy): Map<string, number> {
  if (strategy.kind === 'fixed') return new Map([[strategy.variationId, weightTotal]])
  return new Map(strategy.shares.map(({ variationId, weight }) => [variationId, weight]))
}

/** What no arrangement can avoid: the sum of what the variations gain. */
function leastMoved(before: Strategy, next: Strategy): number {
  const earlier = weightsOf(before)
  let gained = 0
  for (const [id, weight] of weightsOf(next)) gained += Math.max(0, weight - (earlier.get(id) ?? 0))
  return gained
}

const rule = <T extends object = object>(plan: string, strategy: Strategy, more?: T) => ({
  name: '',
  anyOf: [[clause('plan', 'equals', plan)]],
  strategy,
  ...(more as T),
})

/** The flag `f` with two rules and a default strategy. */
const flagOf = ([first, second, last]: readonly Strategy[], allocation: Flag['allocation']): Flag =>
  flag({
    key: 'f',
    allocation,
    seed: 'seed',
    enabled: true,
    rules: [rule('pro', first!, { id: 'r1' }), rule('team', second!, { id: 'r2' })],
    defaultStrategy: { id: 'rd', strategy: last! },
  })

/** Every way to send new strategies for the flag, with ids and without. */
const waysToEdit: Record<string, (next: readonly Strategy[], current: Flag) => unknown> = {
  'PATCH without ids': ([first, second, last]) => ({
    kind: 'update-flag',
    key: 'f',
    changes: { rules: [rule('pro', first!), rule('team', second!)], defaultStrategy: { strategy: last! } },
  }),
  'PATCH with ids': ([first, second, last]) => ({
    kind: 'update-flag',
    key: 'f',
    changes: {
      rules: [rule('pro', first!, { id: 'r1' }), rule('team', second!, { id: 'r2' })],
      defaultStrategy: { id: 'rd', strategy: last! },
      keepVisitors: true,
    },
  }),
  'a document without ids': ([first, second, last], { variations }) => ({
    kind: 'apply',
    document: {
      flags: {
        f: {
          type: 'string',
          enabled: true,
          variations,
          rules: [rule('pro', first!), rule('team', second!)],
          defaultStrategy: { strategy: last! },
        },
      },
    },
  }),
  'a document of another environment': ([first, second, last], { variations, allocation }) => ({
    kind: 'apply',
    document: {
      flags: {
        f: {
          type: 'string',
          enabled: true,
          variations,
          allocation,
          seed: 'of-another',
          rules: [rule('pro', first!, { id: 'x1' }), rule('team', second!, { id: 'x2' })],
          defaultStrategy: { id: 'xd', strategy: last! },
        },
      },
    },
  }),
  'a copy from another environment': ([first, second, last], current) => ({
    kind: 'copy-flag',
    from: 'another',
    replace: true,
    flag: {
      ...current,
      seed: 'of-another',
      rules: [rule('pro', first!, { id: 'x1' }), rule('team', second!, { id: 'x2' })],
      defaultStrategy: { id: 'xd', strategy: last! },
    },
  }),
}

describe('an edit of shares', () => {
  it.each(Object.keys(waysToEdit))('by %s moves the least that the new shares require', (way) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(strategies, strategies, strategies), { minLength: 2, maxLength: 5 }),
        allocations,
        ([first, ...edits], allocation) => {
          let current = flagOf(first!, allocation)
          for (const next of edits) {
            const edited = after(stateOf([current]), waysToEdit[way]!(next, current))
            expect([...edited.rules, edited.defaultStrategy].map(({ id }) => id)).toEqual(['r1', 'r2', 'rd'])
            const before = [...current.rules, current.defaultStrategy].map(({ strategy }) => strategy)
            const moved = movesOf(current, edited).reduce((sum, { weight }) => sum + weight, 0)
            expect(moved).toBe(next.reduce((sum, strategy, i) => sum + leastMoved(before[i]!, strategy), 0))
            current = edited
          }
        },
      ),
      { numRuns: scaled(60) },
    )
  })

  it.each(Object.keys(waysToEdit))('by %s, sent again, changes nothing', (way) => {
    fc.assert(
      fc.property(strategies, strategies, strategies, allocations, (first, second, last, allocation) => {
        const start = flagOf([fixed('a'), first, second], allocation)
        const command = waysToEdit[way]!([second, last, first], start)
        const edited = after(stateOf([start]), command)
        expect(run(stateOf([edited]), command)).toMatchObject({ ok: true, value: { writes: [] } })
      }),
      { numRuns: scaled(100) },
    )
  })

  it('moves in evaluation exactly whom it announces', () => {
    const users = Array.from({ length: 4_000 }, (_, i) => `user-${i}`)
    const decide = (of: Flag) => {
      const compiled = compile(snapshotOf([of]))
      return users.map((key) => evaluate(compiled, 'f', { targetingKey: key, attributes: {} }).variation?.id)
    }
    for (const allocation of ['percent', 'fine'] as const) {
      const current = flagOf([fixed('a'), fixed('a'), rollout({ a: 10_000, b: 90_000 })], allocation)
      const next = [fixed('a'), fixed('a'), rollout({ a: 20_000, b: 80_000 })]
      const edited = after(stateOf([current]), waysToEdit['PATCH without ids']!(next, current))
      const [before, is] = [decide(current), decide(edited)]
      expect(before.filter((id, i) => id === 'a' && is[i] !== 'a')).toEqual([])
      const moved = before.filter((id, i) => id !== is[i]).length / users.length
      expect(movesOf(current, edited)).toMatchObject([{ ruleId: 'rd', share: 0.1 }])
      expect(Math.abs(moved - 0.1)).toBeLessThan(0.02)
    }
  })
})

describe('rules without ids', () => {
  const start = flagOf([fixed('a'), rollout({ a: 50_000, b: 50_000 }), fixed('c')], 'percent')
  const idsAfter = (rules: readonly object[]) =>
    after(stateOf([start]), { kind: 'update-flag', key: 'f', changes: { rules } }).rules.map(({ id }) => id)
  const [first, second] = start.rules.map(({ id: _, ...draft }) => draft)

  it.each<[string, readonly object[], readonly string[]]>([
    ['the same', [first!, second!], ['r1', 'r2']],
    ['in another order', [second!, first!], ['r2', 'r1']],
    ['a new one in front', [rule('new', fixed('b')), first!, second!], ['new-1', 'r1', 'r2']],
    ['one gone', [second!], ['r2']],
    ['another condition', [first!, rule('other', second!.strategy)], ['r1', 'r2']],
    ['another strategy', [rule('pro', fixed('b')), second!], ['r1', 'r2']],
    ['one edited in both', [first!, rule('other', fixed('b'))], ['r1', 'r2']],
    ['one gone, and the other edited', [rule('other', second!.strategy)], ['r2']],
    ['all gone', [], []],
  ])('%s', (_, rules, ids) => {
    expect(idsAfter(rules)).toEqual(ids)
  })

  it('are known by condition and shares rather than by names', () => {
    const half = rollout({ a: 50_000, b: 50_000 })
    const named = [rule('pro', half, { name: 'one' }), rule('team', half, { name: 'two' })]
    const current = after(stateOf([flagOf([half, half, half], 'percent')]), {
      kind: 'update-flag',
      key: 'f',
      changes: { rules: named },
    })
    const swapped = [rule('pro', half, { name: 'two' }), rule('team', half, { name: 'one' })]
    const edited = after(stateOf([current]), { kind: 'update-flag', key: 'f', changes: { rules: swapped } })
    expect(edited.rules.map(({ id }) => id)).toEqual(['r1', 'r2'])
  })

  it('are known by their shares, wherever these lie and in whatever order they come', () => {
    const [half, most] = [rollout({ a: 50_000, b: 50_000 }), rollout({ a: 80_000, b: 20_000 })]
    const start = flagOf(
      [rollout({ a: 10_000, b: 90_000 }), rollout({ b: 80_000, a: 20_000 }), half],
      'percent',
    )
    const patch = (current: Flag, rules: readonly object[]) =>
      after(stateOf([current]), { kind: 'update-flag', key: 'f', changes: { rules } })
    const turned = rollout({ b: 50_000, a: 50_000 })
    const raised = patch(start, [rule('pro', turned), rule('team', most)])
    expect(raised.rules.map(({ strategy }) => 'pieces' in strategy)).toEqual([true, true])
    const swapped = rollout({ b: 20_000, a: 80_000 })
    const edited = patch(raised, [rule('other', half), rule('else', swapped)])
    const places = ({ rules }: Flag) => rules.map(({ id, strategy }) => [id, allRangesOf(strategy)])
    expect(places(edited)).toEqual(places(raised))
  })
})

describe('what would move nearly everybody', () => {
  const start = flagOf([fixed('a'), fixed('a'), rollout({ a: 50_000, b: 50_000 })], 'percent')
  const patch = (changes: object) => run(stateOf([start]), { kind: 'update-flag', key: 'f', changes })

  it.each([
    ['another allocation', { allocation: 'fine' }, 'allocation'],
    ['another attribute to split by', { bucketBy: 'team' }, 'bucketBy'],
    [
      'another attribute for the default strategy',
      { defaultStrategy: { strategy: rollout({ a: 50_000, b: 50_000 }), bucketBy: 'team' } },
      'bucketBy',
    ],
    [
      'another id of the default strategy',
      { defaultStrategy: { id: 'other', strategy: fixed('a') } },
      'defaultStrategy.id',
    ],
  ])('%s is refused without resetSeed and made with it', (_, changes, path) => {
    expect(patch(changes)).toMatchObject({
      ok: false,
      problem: { code: 'INVALID', fields: [{ path, rule: 'moves-users' }] },
    })
    expect(patch({ ...changes, resetSeed: true })).toMatchObject({ ok: true })
  })

  it('another id of a rule that stays as it is, is refused with percent allocation', () => {
    const half = rollout({ a: 50_000, b: 50_000 })
    const changes = { rules: [rule('pro', half, { id: 'other' }), rule('new', half, { id: 'another' })] }
    const patched = (allocation: Flag['allocation'], more: object = {}) =>
      run(stateOf([flagOf([half, fixed('a'), fixed('a')], allocation)]), {
        kind: 'update-flag',
        key: 'f',
        changes: { ...changes, ...more },
      })
    expect(patched('percent')).toMatchObject({
      ok: false,
      problem: { fields: [{ path: 'rules.0.id', rule: 'moves-users' }] },
    })
    expect(patched('percent', { resetSeed: true })).toMatchObject({ ok: true })
    expect(patched('fine')).toMatchObject({ ok: true }) // its buckets do not depend on the rule
  })

  it('another allocation moves nobody without a rollout, and so is made', () => {
    const plain = flagOf([fixed('a'), fixed('b'), fixed('c')], 'percent')
    const changed = run(stateOf([plain]), {
      kind: 'update-flag',
      key: 'f',
      changes: { allocation: 'fine' },
    })
    expect(changed).toMatchObject({ ok: true, value: { entity: { allocation: 'fine' } } })
  })

  it('a new split is announced as such', () => {
    const renewed = after(stateOf([start]), { kind: 'update-flag', key: 'f', changes: { resetSeed: true } })
    expect(renewed.defaultStrategy.id).not.toBe('rd')
    expect(movesOf(start, renewed)).toMatchObject([{ share: 0.5 }])
  })
})

describe('an audience', () => {
  it('moves only those who enter or leave it', () => {
    const of = (percentage: number) => ({
      ...(rollout({ a: 0, b: 100 * weightPerPercent }) as Extract<Strategy, { kind: 'rollout' }>),
      audience: { percentage, defaultVariationId: 'a' },
    })
    const current = flagOf([fixed('a'), fixed('a'), of(10)], 'percent')
    const edited = after(stateOf([current]), {
      kind: 'update-flag',
      key: 'f',
      changes: { defaultStrategy: { strategy: of(30) } },
    })
    expect(movesOf(current, edited)).toEqual([
      { ruleId: 'rd', share: 0.2, weight: 20_000, flows: [{ from: 'a', to: 'b', weight: 20_000 }] },
    ])
  })
})
