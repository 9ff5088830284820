// What a rollback that brings a rule back makes of layers and holdouts.
import { describe, expect, it } from 'vitest'
import { rollout } from '../../test/support/build/flags.ts'
import { allot, allotments, codeOf, held, publishedRules, world } from '../../test/support/hold-back-world.ts'
import type { SimulatedEnvironment } from '../../test/support/simulated-environment.ts'
import type { EnvironmentState, Write } from '../model/environment-state.ts'

const rule = {
  id: 'r',
  anyOf: [[{ attribute: 'plan', operator: 'equals', values: ['pro'] }]],
  strategy: rollout({ a: 50_000, b: 50_000 }),
}

/** A rule with slices, from which a holdout holds back. */
function shop() {
  const here = world()
  here.make({ kind: 'update-flag', key: 'x', changes: { rules: [rule] } })
  here.make({ kind: 'create-layer', layer: { id: 'l' } })
  here.make(allot('x', 1_000, { ruleId: 'r' }))
  here.make({ kind: 'create-holdout', holdout: { id: 'h', slices: 500, flagKeys: ['x'] } })
  return here
}

/** As control knows it: the earlier values of what has changed since. */
const pastOf = (here: SimulatedEnvironment, earlier: EnvironmentState): Write[] =>
  (['flag', 'layer', 'holdout'] as const).flatMap((kind) =>
    [...earlier[kind]].flatMap(([id, value]) =>
      here.state[kind].get(id) === value ? [] : [{ kind, id, value } as Write],
    ),
  )

describe('a rule that a rollback brings back', () => {
  it.each([
    ['of the flag', { kind: 'roll-back-flag', key: 'x', revision: 1 }],
    ['of everything', { kind: 'roll-back', revision: 1 }],
  ])('has its slices again, and is held again: a rollback %s', (_, command) => {
    const here = shop()
    const earlier = here.state
    const was = { allotments: allotments(here), held: here.state.holdout.get('h')!.held }
    here.make({ kind: 'update-flag', key: 'x', changes: { rules: [] } })
    expect([allotments(here), held(here).map(([, id]) => id)]).toEqual([[], ['x-d']])
    expect(here.run(command, undefined, pastOf(here, earlier)).ok).toBe(true)
    expect(allotments(here)).toEqual(was.allotments)
    expect(here.state.holdout.get('h')!.held.toSorted((a, b) => (a.ruleId < b.ruleId ? -1 : 1))).toEqual(
      [...was.held].toSorted((a, b) => (a.ruleId < b.ruleId ? -1 : 1)),
    )
    expect(publishedRules(here, 'x').filter((id) => id.endsWith(':r'))).toEqual(['holdout:h:r', 'layer:l:r'])
  })

  it('does not get slices that another rollout has by now', () => {
    const here = shop()
    const earlier = here.state
    here.make({ kind: 'update-flag', key: 'x', changes: { rules: [] } })
    here.make(allot('y', 500))
    expect(codeOf(here, { kind: 'update-layer', id: 'l', changes: { name: 'L' } })).toBe('ok')
    here.run({ kind: 'roll-back-flag', key: 'x', revision: 1 }, undefined, pastOf(here, earlier))
    expect(here.state.flag.get('x')!.rules).toHaveLength(1)
    expect(allotments(here).map(({ flagKey }) => flagKey)).toEqual(['y'])
  })

  it('is not held by a holdout that has ended', () => {
    const here = shop()
    const earlier = here.state
    here.make({ kind: 'update-flag', key: 'x', changes: { rules: [] } })
    here.make({ kind: 'end-holdout', id: 'h' })
    here.run({ kind: 'roll-back-flag', key: 'x', revision: 1 }, undefined, pastOf(here, earlier))
    expect(held(here).map(([, id]) => id)).toEqual(['x-d'])
  })

  it('gets nothing back that it did not have then', () => {
    const here = world()
    here.make({ kind: 'create-layer', layer: { id: 'l' } })
    here.make({ kind: 'update-flag', key: 'x', changes: { rules: [rule] } })
    const earlier = here.state
    here.make(allot('x', 1_000, { ruleId: 'r' }))
    here.make({ kind: 'update-flag', key: 'x', changes: { rules: [] } })
    here.run({ kind: 'roll-back-flag', key: 'x', revision: 1 }, undefined, pastOf(here, earlier))
    expect(allotments(here)).toEqual([])
  })
})
