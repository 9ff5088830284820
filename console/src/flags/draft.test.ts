// The pure parts of editing a flag: shares, drafts, and the merge of two edits.
import fc from '../../../test/support/build/fast-check.ts'
import { expect, it } from 'vitest'
import type { Flag } from '../../../core/model/flag.ts'
import { placeAt } from '../ui/place-at.ts'
import { changesOf, draftFields, draftOf, type Edit, isEdit, moved } from './draft.ts'
import { merge } from './merge.ts'
import { allShares, bandsOf, evenly, movedShare, type Share, withShares, withWeight } from './weights.ts'

const shares = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 6 }).map((parts) =>
  evenly(
    parts.map((_, i): Share => ({ variationId: `v${i}`, weight: 0 })),
    1_000,
  ),
)
const sum = (each: readonly Share[]) => each.reduce((total, { weight }) => total + weight, 0)

it('shares add up to everybody, whatever is typed', () => {
  const typed = fc.tuple(
    shares,
    fc.nat(5),
    fc.oneof(fc.integer(), fc.constant(NaN), fc.double()),
    fc.constantFrom(1, 1_000),
  )
  fc.assert(
    fc.property(typed, ([before, place, wanted, step]) => {
      const at = place % before.length
      const after = withWeight(before, at, wanted, step)
      expect(sum(after)).toBe(100_000)
      for (const { weight } of after) {
        expect(weight).toBeGreaterThanOrEqual(0)
        expect(weight % step).toBe(0)
      }
      if (
        Number.isInteger(wanted) &&
        wanted % step === 0 &&
        wanted >= 0 &&
        wanted <= 100_000 &&
        before.length > 1
      )
        expect(after[at]!.weight).toBe(wanted + 0) // -0 is 0
    }),
  )
})

it('the rest of a rollout is a share of nobody, and is not stored', () => {
  const rollout = { kind: 'rollout' as const, shares: [{ variationId: 'a', weight: 30_000 }] }
  const all = allShares(rollout)
  expect(all).toEqual([...rollout.shares, { variationId: null, weight: 70_000 }])
  expect(withShares(rollout, all)).toEqual(rollout)
})

it('the users who move are those of the buckets that change', () => {
  const before = { kind: 'fixed' as const, variationId: 'a' }
  const after = {
    kind: 'rollout' as const,
    shares: [
      { variationId: 'a', weight: 60_000 },
      { variationId: 'b', weight: 40_000 },
    ],
  }
  const bands = bandsOf(before, after)
  expect(movedShare(bands)).toBeCloseTo(0.4)
  expect(movedShare(bandsOf(after, after))).toBe(0)
})

const rule = (id: string, name: string) => ({
  id,
  name,
  anyOf: [[{ attribute: 'plan', operator: 'equals' as const, values: [name] }]],
  strategy: { kind: 'fixed' as const, variationId: 'on' },
})
const flags = fc
  .record({
    off: fc.constantFrom('on', 'off'),
    served: fc.constantFrom('on', 'off'),
    rules: fc.uniqueArray(fc.tuple(fc.constantFrom('r1', 'r2', 'r3', 'r4'), fc.constantFrom('x', 'y')), {
      selector: ([id]) => id,
    }),
  })
  .map(
    ({ off, served, rules }) =>
      ({
        variations: [
          { id: 'on', name: 'on', description: '', value: 'true' },
          { id: 'off', name: 'off', description: '', value: 'false' },
        ],
        offVariationId: off,
        prerequisites: [],
        targets: [],
        rules: rules.map(([id, name]) => rule(id, name)),
        defaultStrategy: { id: 'd', strategy: { kind: 'fixed', variationId: served } },
      }) as unknown as Flag,
  )
const editOf = (base: Flag, mine: Flag): Edit => ({ base, draft: draftOf(mine) })

it('an edit on what nobody else changed stays as it is, and no edit takes theirs', () => {
  fc.assert(
    fc.property(flags, flags, (base, other) => {
      expect(merge(editOf(base, other), base)).toEqual({ draft: draftOf(other), conflicts: [] })
      expect(merge(editOf(base, base), other)).toEqual({ draft: draftOf(other), conflicts: [] })
      expect(merge(editOf(base, other), other)).toEqual({ draft: draftOf(other), conflicts: [] })
    }),
  )
})

it('both sides are kept where they changed different things, and a choice decides the rest', () => {
  fc.assert(
    fc.property(flags, flags, flags, (base, mine, theirs) => {
      const { conflicts } = merge(editOf(base, mine), theirs)
      for (const { mine: my, theirs: their, base: old } of conflicts) {
        expect(my).not.toEqual(their)
        expect(my).not.toEqual(old)
        expect(their).not.toEqual(old)
      }
      const choices = Object.fromEntries(conflicts.map(({ place }) => [place, 'theirs' as const]))
      const chosen = merge(editOf(base, mine), theirs, choices).draft
      for (const { field, id, theirs: their } of conflicts)
        if (id === undefined) expect(chosen[field]).toEqual(their)
        else expect((chosen[field] as { id: string }[]).find((each) => each.id === id)).toEqual(their)
      const ids = chosen.rules.map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
    }),
  )
})

it('only what differs is sent', () => {
  fc.assert(
    fc.property(flags, flags, (base, mine) => {
      const changes = changesOf(editOf(base, mine)) ?? {}
      for (const field of draftFields)
        if (field in changes) expect(changes[field]).toEqual(mine[field])
        else expect(mine[field]).toEqual(base[field])
    }),
  )
})

it('a dragged rule stays where it came to lie, however tall the others are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 2, maxLength: 8 }),
      fc.nat(7),
      fc.integer({ min: -50, max: 2_500 }),
      (heights, from, y) => {
        const dragged = { id: 'dragged', height: 40 }
        const others = heights.map((height, i) => ({ id: `${i}`, height }))
        const list = others.toSpliced(Math.min(from, others.length), 0, dragged)
        const placeIn = (rows: typeof list) => {
          let top = 0
          const placed = rows.map(({ id, height }) => ({ id, top, bottom: (top += height) }))
          return placeAt(
            y,
            placed.filter(({ id }) => id !== 'dragged'),
          )
        }
        const to = placeIn(list)
        const after = moved(list, list.indexOf(dragged), to)
        expect(after.indexOf(dragged)).toBe(to)
        expect(placeIn(after)).toBe(to)
      },
    ),
  )
})

it('no element is lost or doubled by a move', () => {
  const list = fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(list, fc.nat(5), fc.integer({ min: -1, max: 6 }), (list, from, to) => {
      const start = Math.min(from, list.length - 1)
      const next = moved(list, start, to)
      expect(new Set(next)).toEqual(new Set(list))
      expect(next).toHaveLength(list.length)
      if (to >= 0 && to < list.length) expect(next[to]).toBe(list[start])
      else expect(next).toEqual(list)
    }),
  )
})

it('what a browser has kept is a draft if it has the shape of one', () => {
  const strategy = { kind: 'fixed', variationId: 'a' } as const
  const rule = { id: 'r', name: '', anyOf: [[]], strategy }
  const draft = {
    variations: [],
    prerequisites: [],
    targets: [],
    rules: [rule],
    defaultStrategy: { strategy },
  }
  const edit = { base: { ...draft, version: 3 }, draft }
  expect(isEdit(edit)).toBe(true)
  for (const part of Object.keys(draft)) {
    expect(isEdit({ ...edit, draft: { ...draft, [part]: undefined } }), part).toBe(false)
    expect(isEdit({ ...edit, base: { ...edit.base, [part]: {} } }), part).toBe(false)
  }
  for (const part of ['anyOf', 'strategy'])
    expect(isEdit({ ...edit, draft: { ...draft, rules: [{ ...rule, [part]: null }] } }), part).toBe(false)
  expect(isEdit({ ...edit, base: draft })).toBe(false)
  fc.assert(fc.property(fc.jsonValue(), (value) => !isEdit(value)))
})
