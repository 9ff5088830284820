// Whatever is edited, split anew, removed and rolled back, layers and holdouts stay sound.
import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { fixed, rollout } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { allot, publishedRules, world } from '../../test/support/hold-back-world.ts'
import { pastOf, SimulatedEnvironment } from '../../test/support/simulated-environment.ts'
import { entitySchemas, type EnvironmentState } from '../model/environment-state.ts'
import { toDocument } from './document/export.ts'
import { Document } from './document/schema.ts'

const keys = ['x', 'y'] as const
const oneOf = <T>(...all: T[]) => fc.constantFrom(...all)
const onlyFor = (plan: string) => [[{ attribute: 'plan', operator: 'equals', values: [plan] }]]
const halves = rollout({ a: 50_000, b: 50_000 })
/** Two ids for one targeting, two rules of one, one that is fixed, and the id that a default strategy had. */
const rules = [
  { id: 'r', anyOf: onlyFor('pro'), strategy: halves },
  { id: 'q', anyOf: onlyFor('pro'), strategy: rollout({ a: 90_000, b: 10_000 }) },
  { id: 's', anyOf: onlyFor('free'), strategy: halves },
  { id: 't', anyOf: onlyFor('free'), strategy: fixed('b') },
  { id: 'x-d', anyOf: onlyFor('old'), strategy: halves },
]
const place = fc.nat({ max: 3 })
const key = oneOf(...keys)
const layerId = oneOf('l', 'm')

type Step = (here: SimulatedEnvironment, states: readonly EnvironmentState[]) => void
const ruleAt = (here: SimulatedEnvironment, flagKey: string, at: number) => {
  const { rules: own, defaultStrategy } = here.state.flag.get(flagKey)!
  return [defaultStrategy, ...own][at % (own.length + 1)]!.id
}
const update = (flagKey: string, changes: object): Step => {
  return (here) => void here.run({ kind: 'update-flag', key: flagKey, changes })
}
const rolledBack = (command: object, to: number): Step => {
  return (here, states) =>
    void here.run({ ...command, revision: 1 }, undefined, pastOf(here.state, states[to % states.length]!))
}
const steps: fc.Arbitrary<Step> = fc.oneof(
  key.map((flagKey) => update(flagKey, { resetSeed: true })),
  fc
    .tuple(key, fc.shuffledSubarray(rules), fc.boolean())
    .map(([flagKey, own, resetSeed]) => update(flagKey, { rules: own, ...(resetSeed && { resetSeed }) })),
  fc
    .tuple(key, oneOf('company', null))
    .map(([flagKey, bucketBy]) => update(flagKey, { bucketBy, resetSeed: true })),
  fc.tuple(key, layerId, place, oneOf(1_000, 4_000)).map(
    ([flagKey, id, at, slices]): Step =>
      (here) =>
        void here.run({ ...allot(flagKey, slices, { ruleId: ruleAt(here, flagKey, at) }), id }),
  ),
  fc.tuple(key, layerId, place, oneOf('release-slices', 'release-held')).map(
    ([flagKey, id, at, kind]): Step =>
      (here) =>
        void here.run({
          kind,
          id: kind === 'release-slices' ? id : 'h',
          flagKey,
          ruleId: ruleAt(here, flagKey, at),
        }),
  ),
  oneOf(
    { kind: 'create-layer', layer: { id: 'm' } },
    { kind: 'delete-layer', id: 'm' },
    { kind: 'create-holdout', holdout: { id: 'h', slices: 500, flagKeys: ['x', 'y'] } },
    { kind: 'end-holdout', id: 'h' },
    { kind: 'delete-holdout', id: 'h' },
  ).map(
    (command): Step =>
      (here) =>
        void here.run(command),
  ),
  fc.tuple(key, fc.nat()).map(([flagKey, to]) => rolledBack({ kind: 'roll-back-flag', key: flagKey }, to)),
  fc.nat().map((to) => rolledBack({ kind: 'roll-back' }, to)),
)

it('no rule has slices or a place in a holdout twice, and what is stored is valid', () => {
  fc.assert(
    fc.property(fc.array(steps, { minLength: 4, maxLength: 24 }), (all) => {
      const here = world()
      here.make({ kind: 'create-layer', layer: { id: 'l' } })
      const states = [here.state]
      for (const step of all) {
        here.now += 1_000
        step(here, states)
        states.push(here.state)
        expectSound(here)
      }
      expect(applyingItself(here)).toMatchObject({ ok: true })
    }),
    { numRuns: scaled(200) },
  )
})

function expectSound(here: SimulatedEnvironment) {
  const { layer, holdout } = here.state
  const names = (all: readonly { readonly flagKey: string; readonly ruleId: string }[]) =>
    all.map(({ flagKey, ruleId }) => `${flagKey}:${ruleId}`)
  const allotted = names([...layer.values()].flatMap(({ allotments }) => allotments))
  expect(allotted).toEqual([...new Set(allotted)])
  for (const each of layer.values()) expect(entitySchemas.layer.safeParse(each).error).toBeUndefined()
  for (const each of holdout.values()) {
    expect(names(each.held)).toEqual([...new Set(names(each.held))])
    expect(entitySchemas.holdout.safeParse(each).error).toBeUndefined()
  }
  for (const each of keys) {
    const published = publishedRules(here, each)
    expect(published).toEqual([...new Set(published)])
  }
}

function applyingItself({ now, state }: SimulatedEnvironment) {
  const again = new SimulatedEnvironment(now)
  again.state = state
  return again.run({ kind: 'apply', document: Document.parse(toDocument(state)) })
}
