// What a rollback that brings a rule back makes of layers and holdouts.
import { describe, expect, it } from 'vitest'
import { rollout } from '../../test/support/build/flags.ts'
import { allot, allotments, codeOf, held, publishedRules, world } from '../../test/support/hold-back-world.ts'
import { pastOf, type SimulatedEnvironment } from '../../test/support/simulated-environment.ts'
import type { EnvironmentState } from '../model/environment-state.ts'

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
    expect(here.run(command, undefined, pastOf(here.state, earlier)).ok).toBe(true)
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
    here.run({ kind: 'roll-back-flag', key: 'x', revision: 1 }, undefined, pastOf(here.state, earlier))
    expect(here.state.flag.get('x')!.rules).toHaveLength(1)
    expect(allotments(here).map(({ flagKey }) => flagKey)).toEqual(['y'])
  })

  it('is not held by a holdout that has ended', () => {
    const here = shop()
    const earlier = here.state
    here.make({ kind: 'update-flag', key: 'x', changes: { rules: [] } })
    here.make({ kind: 'end-holdout', id: 'h' })
    here.run({ kind: 'roll-back-flag', key: 'x', revision: 1 }, undefined, pastOf(here.state, earlier))
    expect(held(here).map(([, id]) => id)).toEqual(['x-d'])
  })

  it('gets nothing back that it did not have then', () => {
    const here = world()
    here.make({ kind: 'create-layer', layer: { id: 'l' } })
    here.make({ kind: 'update-flag', key: 'x', changes: { rules: [rule] } })
    const earlier = here.state
    here.make(allot('x', 1_000, { ruleId: 'r' }))
    here.make({ kind: 'update-flag', key: 'x', changes: { rules: [] } })
    here.run({ kind: 'roll-back-flag', key: 'x', revision: 1 }, undefined, pastOf(here.state, earlier))
    expect(allotments(here)).toEqual([])
  })

  describe('under the id that it had before a new split', () => {
    const rollBack = (here: SimulatedEnvironment, command: object, earlier: EnvironmentState) =>
      here.run({ ...command, revision: 1 }, undefined, pastOf(here.state, earlier))

    it.each([{ kind: 'roll-back-flag', key: 'x' }, { kind: 'roll-back' }])(
      'keeps what it has, once: %j',
      (command) => {
        const here = shop()
        const earlier = here.state
        const was = [allotments(here), held(here), publishedRules(here, 'x')]
        for (let round = 0; round < 3; round++) {
          here.make({ kind: 'update-flag', key: 'x', changes: { resetSeed: true } })
          expect(rollBack(here, command, earlier)).toMatchObject({ ok: true })
          expect([allotments(here), held(here), publishedRules(here, 'x')]).toEqual(was)
        }
        expect(codeOf(here, { kind: 'update-layer', id: 'l', changes: { name: 'L' } })).toBe('ok')
      },
    )

    it('keeps the slices that it got since, of the same layer or another', () => {
      for (const id of ['l', 'm']) {
        const here = shop()
        here.make({ kind: 'create-layer', layer: { id: 'm' } })
        const earlier = here.state
        here.make({ kind: 'update-flag', key: 'x', changes: { resetSeed: true } })
        const ruleId = here.state.flag.get('x')!.rules[0]!.id
        here.make({ kind: 'release-slices', id: 'l', flagKey: 'x', ruleId })
        here.make(allot('y', 1_000))
        here.make({ ...allot('x', 2_000, { ruleId }), id })
        here.make({ kind: 'release-slices', id: 'l', flagKey: 'y' })
        rollBack(here, { kind: 'roll-back-flag', key: 'x' }, earlier)
        const allotted = [...here.state.layer.values()].flatMap((layer) =>
          layer.allotments.map((each) => [layer.id, each.ruleId, each.ranges]),
        )
        const from = id === 'l' ? 1_000 : 0
        expect(allotted).toEqual([[id, 'r', [{ from, to: from + 2_000 }]]])
      }
    })
  })
})

it('a rule that is removed leaves its slices to none that was there before, whatever place it has now', () => {
  const here = world()
  here.make({ kind: 'create-layer', layer: { id: 'l' } })
  here.make({ kind: 'update-flag', key: 'x', changes: { rules: [rule, { ...rule, id: 'next' }] } })
  here.make(allot('x', 1_000, { ruleId: 'r' }))
  here.make(allot('x', 2_000, { ruleId: 'next' }))
  here.make({ kind: 'update-flag', key: 'x', changes: { rules: [{ ...rule, id: 'next' }] } })
  expect(allotments(here)).toMatchObject([{ ruleId: 'next', ranges: [{ from: 1_000, to: 3_000 }] }])
})
