// `userEvaluationsId`, by which an SDK knows that it is up to date. It changes with everything that a
// response depends on, and with nothing else.
import { describe, expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { compile } from '../../../core/evaluation/compile.ts'
import { evaluateAll } from '../../../core/evaluation/evaluate.ts'
import type { Flag } from '../../../core/model/flag.ts'
import type { Settings } from '../../../core/model/settings.ts'
import { defaultSettings } from '../../../core/model/snapshot.ts'
import { clause, compiled, flag, rule, segment, snapshotOf } from '../../../test/support/build/flags.ts'
import { featureFlags } from './definitions.ts'
import { evaluationText, userEvaluationsId } from './evaluations.ts'
import type { Evaluation } from './wire.ts'

const ada = { targetingKey: 'ada', attributes: { plan: 'pro' } }
const child: Partial<Flag> = {
  key: 'child',
  tags: ['web'],
  prerequisites: [{ flagKey: 'parent', variationId: 'a' }],
}
const staffOnly = { rules: [rule([clause('', 'in-segment', 'staff')])] }

interface Changes {
  readonly child?: Partial<Flag>
  readonly parent?: Partial<Flag>
  readonly stranger?: Partial<Flag>
  readonly staff?: object
  readonly unused?: object
}

const idIn = (changes: Changes, context = ada, tag = 'web') =>
  userEvaluationsId(
    compiled(
      [
        flag({ ...child, ...changes.child }),
        flag({ key: 'parent', tags: ['app'], ...staffOnly, ...changes.parent }),
        flag({ key: 'stranger', tags: ['app'], ...changes.stranger }),
      ],
      [
        segment({ key: 'staff', included: ['bob'], ...changes.staff }),
        segment({ key: 'unused', included: ['bob'], ...changes.unused }),
      ],
    ),
    context,
    tag,
  )

describe('the id', () => {
  it.each([
    ['a flag of the tag', { child: { version: 2 } }],
    ['a flag made anew under the same key', { child: { updatedAt: 5_000 } }],
    ['a flag that leaves the tag', { child: { tags: [] } }],
    ['a flag that joins the tag', { stranger: { tags: ['web'] } }],
    ['a prerequisite without the tag', { parent: { version: 2 } }],
    ['a segment that a prerequisite refers to', { staff: { version: 2 } }],
  ])('changes with %s', (_, changes) => {
    expect(idIn(changes)).not.toBe(idIn({}))
  })

  it('changes when panic mode starts and ends, although no flag was edited', () => {
    const idOf = (settings?: Settings) =>
      userEvaluationsId(compile({ ...snapshotOf([flag({ tags: ['web'] })]), settings }), ada, 'web')
    const panic = { ...defaultSettings, panic: true }
    expect(idOf(panic)).not.toBe(idOf())
    expect(idOf(defaultSettings)).toBe(idOf())
    const definitionsOf = (settings: Settings, has = '') =>
      featureFlags(
        compile({ ...snapshotOf([flag({ tags: ['web'] })]), settings }),
        { tag: 'web', featureFlagsId: has, requestedAt: 1, sourceId: 6, sdkVersion: '0.4.6' },
        5_000,
      )
    const before = definitionsOf(defaultSettings)
    const during = definitionsOf(panic, before.featureFlagsId)
    // an SDK that has no flag uses the default of the code
    expect(during).toMatchObject({ features: [], forceUpdate: true })
    expect(definitionsOf(defaultSettings, during.featureFlagsId).features).toMatchObject([{ enabled: true }])
  })

  it('changes with kept assignments, which are not in the snapshot', () => {
    const ready = compiled([flag({ key: 'one' }), flag({ key: 'two', tags: ['web'] })])
    const other = compiled([
      flag({ key: 'one', defaultStrategy: { id: 'o', strategy: { kind: 'fixed', variationId: 'b' } } }),
    ])
    const kept = evaluateAll(ready, ada)
    const changed = [evaluateAll(other, ada)[0]!, kept[1]!]
    const idOf = (decided?: typeof kept) => userEvaluationsId(ready, ada, '', decided)
    expect(new Set([idOf(), idOf(kept), idOf(changed)]).size).toBe(3)
    expect(idOf([...kept])).toBe(idOf(kept))
  })

  it('changes with user, attributes and tag, however these are written', () => {
    const users = [
      ada,
      { targetingKey: 'bob', attributes: { plan: 'pro' } },
      { targetingKey: 'ada', attributes: { plan: 'free' } },
      { targetingKey: 'ada', attributes: { plan: 'pro', age: '20' } },
      { targetingKey: 'ada', attributes: { a: '1b:2' } },
      { targetingKey: 'ada', attributes: { a: '1', b: '2' } },
      { targetingKey: 'adap', attributes: { lan: 'pro' } },
    ]
    const ids = users.flatMap((user) => ['', 'web', 'app'].map((tag) => idIn({}, user as typeof ada, tag)))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('does not change with anything outside the response', () => {
    expect(idIn({ stranger: { version: 2 } })).toBe(idIn({}))
    expect(idIn({ unused: { version: 2 } })).toBe(idIn({}))
    expect(idIn({ stranger: { version: 2 } }, ada, '')).not.toBe(idIn({}, ada, ''))
    const twoWays = [
      { plan: 'pro', age: '20' },
      { age: '20', plan: 'pro' },
    ]
    const [one, other] = twoWays.map((attributes) => idIn({}, { targetingKey: 'ada', attributes }))
    expect(one).toBe(other)
  })
})

it('writes any user id and any value as valid JSON with exactly these', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (userId, value) => {
      const variations = [{ id: 'a', name: value, description: '', value }]
      const [decided] = evaluateAll(compiled([flag({ variations })]), ada)
      expect(JSON.parse(evaluationText(decided!, userId)!)).toEqual({
        id: `flag:1:${userId}`,
        featureId: 'flag',
        featureVersion: 1,
        userId,
        variationId: 'a',
        variation: { id: 'a', value, name: value, description: '' },
        reason: { type: 'DEFAULT', ruleId: '' },
        variationValue: value,
        variationName: value,
      } satisfies Evaluation)
    }),
  )
})
