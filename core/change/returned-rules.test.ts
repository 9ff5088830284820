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

  describe('says what it does not get back', () => {
    const allUsers = 'Without slices, the rule is for all its users'
    const noSlices = (reason: string) => [
      { path: 'layer.l', message: `gives rule r of flag x no slices back: ${reason}` },
    ]
    const notHeld = (reason: string) => [
      { path: 'holdout.h', message: `does not hold users back from rule r of flag x again: ${reason}` },
    ]
    const removed = { kind: 'update-flag', key: 'x', changes: { rules: [] } }
    const splitAnew = { kind: 'update-flag', key: 'x', changes: { resetSeed: true } }
    const renamed = {
      ...removed,
      changes: { rules: [{ ...rule, id: 'q' }], resetSeed: true },
    }
    const ofRenamed = (here: SimulatedEnvironment) => here.state.flag.get('x')!.rules[0]!.id

    it.each<[string, object, (here: SimulatedEnvironment) => object[], ReturnType<typeof noSlices>]>([
      [
        'slices that another rollout has',
        removed,
        () => [allot('y', 500)],
        noSlices(`others have them now. ${allUsers}`),
      ],
      [
        'slices of a layer that was deleted',
        removed,
        () => [{ kind: 'delete-layer', id: 'l' }],
        noSlices(`the layer is no longer there. ${allUsers}`),
      ],
      [
        'slices that were released',
        splitAnew,
        (here) => [{ kind: 'release-slices', id: 'l', flagKey: 'x', ruleId: ofRenamed(here) }],
        noSlices(`they were released. ${allUsers}`),
      ],
      [
        'slices of a layer while it has some of another',
        renamed,
        (here) => [
          { kind: 'create-layer', layer: { id: 'm' } },
          { kind: 'release-slices', id: 'l', flagKey: 'x', ruleId: ofRenamed(here) },
          { ...allot('x', 500, { ruleId: ofRenamed(here) }), id: 'm' },
        ],
        noSlices('the rule has slices of layer m: a rule is in one layer'),
      ],
      [
        'a holdout that has ended',
        removed,
        () => [{ kind: 'end-holdout', id: 'h' }],
        notHeld('the holdout has ended'),
      ],
      [
        'a holdout that was deleted',
        removed,
        () => [
          { kind: 'end-holdout', id: 'h' },
          { kind: 'delete-holdout', id: 'h' },
        ],
        notHeld('the holdout is no longer there'),
      ],
      [
        'a holdout that released its users',
        splitAnew,
        (here) => [{ kind: 'release-held', id: 'h', flagKey: 'x', ruleId: ofRenamed(here) }],
        notHeld('they were released'),
      ],
    ])('%s', (_, edit, later, notes) => {
      for (const command of [{ kind: 'roll-back-flag', key: 'x' }, { kind: 'roll-back' }]) {
        const here = shop()
        const earlier = here.state
        here.make(edit)
        for (const each of later(here)) here.make(each)
        const [layers, holdouts] = [here.state.layer, here.state.holdout]
        const made = here.run({ ...command, revision: 1 }, undefined, pastOf(here.state, earlier))
        const said = made.ok ? (made.value.notes ?? []) : []
        expect(said.filter(({ path, message }) => path === notes[0]!.path && !/stays/.test(message))).toEqual(
          notes,
        )
        // Nothing is said to stay that was written, and everything else is.
        const stays = said.flatMap(({ path, message }) => (message === 'stays as it is now' ? [path] : []))
        const isWritten = (path: string) => {
          const [kind, id] = path.split('.') as ['layer' | 'holdout', string]
          return here.state[kind].get(id) !== (kind === 'layer' ? layers : holdouts).get(id)
        }
        expect(stays.filter(isWritten)).toEqual([])
        expect(here.state.flag.get('x')!.rules.map(({ id }) => id)).toEqual(['r'])
      }
    })

    it('and nothing of rules that kept their ids', () => {
      const here = shop()
      const earlier = here.state
      here.make({ kind: 'update-flag', key: 'x', changes: { name: 'X' } })
      here.make({ kind: 'release-slices', id: 'l', flagKey: 'x', ruleId: 'r' })
      here.make({ kind: 'end-holdout', id: 'h' })
      const command = { kind: 'roll-back-flag', key: 'x', revision: 1 }
      const made = here.run(command, undefined, pastOf(here.state, earlier))
      expect(made).toMatchObject({ ok: true, value: { notes: [] } })
    })
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
          expect(rollBack(here, command, earlier)).toMatchObject({ ok: true, value: { notes: [] } })
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
