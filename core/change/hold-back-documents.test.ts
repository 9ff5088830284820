// What documents make of layers and holdouts, and what they cannot.
import { describe, expect, it } from 'vitest'
import { fixed, rollout } from '../../test/support/build/flags.ts'
import {
  start,
  dayMs,
  split,
  world,
  experimentOn,
  allot,
  held,
  codeOf,
} from '../../test/support/hold-back-world.ts'
import { SimulatedEnvironment } from '../../test/support/simulated-environment.ts'
import { toDocument } from './document/export.ts'
import { Document } from './document/schema.ts'

describe('a document', () => {
  it('has layers and holdouts, and applied anew it changes nothing', () => {
    const here = world()
    here.make({ kind: 'create-layer', layer: { id: 'l', name: 'Checkout' } })
    here.make(allot('x', 1_000))
    here.make({ kind: 'create-holdout', holdout: { id: 'h', slices: 500, goalKeys: ['buy'] } })
    here.make(experimentOn('x'))
    const document = Document.parse(toDocument(here.state))
    expect(here.make({ kind: 'apply', document }).writes).toEqual([])
    const elsewhere = new SimulatedEnvironment(start)
    elsewhere.make({ kind: 'apply', document })
    expect(elsewhere.state.layer.get('l')).toMatchObject({ salt: here.state.layer.get('l')!.salt })
    expect(toDocument(elsewhere.state)).toEqual(toDocument(here.state))
  })

  describe('about a holdout', () => {
    const applied = (here: SimulatedEnvironment, change: object) => {
      const document = Document.parse(toDocument(here.state))
      const holdouts = { h: { ...document.holdouts['h']!, ...change } }
      return here.run({ kind: 'apply', document: { holdouts } })
    }
    const running = () => {
      const here = world()
      here.make({ kind: 'create-holdout', holdout: { id: 'h', slices: 500, flagKeys: ['y'] } })
      return here
    }

    it.each<[string, object]>([
      ['begin again', { status: 'running', stopAt: start + 90 * dayMs }],
      ['wait again', { status: 'waiting', startAt: start + dayMs, stopAt: start + 90 * dayMs }],
    ])('that has ended does not let it %s', (_, change) => {
      const here = running()
      here.make({ kind: 'end-holdout', id: 'h' })
      const made = applied(here, change)
      expect(made.ok ? here.state.holdout.get('h')!.status : 'refused').toMatch(/^(ended|refused)$/)
    })

    it.each<[string, object]>([
      ['its salt', { salt: 'other' }],
      ['its slices', { slices: 900 }],
      ['its start', { startAt: start + dayMs }],
      ['its flags', { flagKeys: ['x'] }],
      ['its goals', { goalKeys: ['buy'] }],
    ])('that runs cannot change %s', (_, change) => {
      expect(applied(running(), change)).toMatchObject({ ok: false, problem: { code: 'CONFLICT' } })
    })

    it('that runs cannot change whom it holds', () => {
      const here = running()
      const before = held(here)
      applied(here, { held: [{ flagKey: 'x', ruleId: 'x-d', variationId: 'b', since: start }] })
      expect(held(here)).toEqual(before)
    })
  })

  it('names rules by the ids of where it comes from, and means those that they are here', () => {
    const there = world()
    const anyOf = [[{ attribute: 'plan', operator: 'equals', values: ['pro'] }]]
    const rule = { name: 'pro', anyOf, strategy: rollout({ a: 50_000, b: 50_000 }) }
    const withRule = (here: SimulatedEnvironment, id: string) =>
      here.make({ kind: 'update-flag', key: 'x', changes: { rules: [{ ...rule, id }] } })
    withRule(there, 'there')
    there.make({ kind: 'create-layer', layer: { id: 'l' } })
    there.make(allot('x', 1_000, { ruleId: 'there' }))
    there.make(allot('y', 2_000))
    there.make({ kind: 'create-holdout', holdout: { id: 'h', slices: 500, flagKeys: ['x', 'y'] } })
    there.make({ ...experimentOn('x', { ruleId: 'there', status: 'draft' }) })
    const document = Document.parse(toDocument(there.state))
    const here = new SimulatedEnvironment(start, [
      split('x'),
      { ...split('y'), defaultStrategy: { ...split('y').defaultStrategy, id: 'y-here' } },
      split('z'),
    ])
    withRule(here, 'here')
    here.make({ kind: 'apply', document })
    expect(here.state.layer.get('l')!.allotments.map(({ ruleId }) => ruleId)).toEqual(['here', 'y-here'])
    expect(held(here).map(([, ruleId]) => ruleId)).toEqual(['here', 'x-d', 'y-here'])
    expect(here.state.experiment.get('x-test')!.ruleId).toBe('here')
    expect(here.make({ kind: 'apply', document }).writes).toEqual([])
  })

  describe('about layers', () => {
    const layer = (id: string, ruleId: string, flagKey = 'x', from = 0) => ({
      [id]: {
        allotments: [{ flagKey, ruleId, ranges: [{ from, to: from + 100 }], outsideVariationId: 'a' }],
      },
    })
    const problemsOf = (here: SimulatedEnvironment, layers: object) => {
      const made = here.run({ kind: 'apply', document: { layers } })
      return made.ok ? [] : (made.problem.fields ?? []).map(({ path }) => path)
    }

    it('takes one in that a command would allot', () => {
      expect(problemsOf(world(), layer('l', 'x-d'))).toEqual([])
    })

    it('cannot put one rule in two layers', () => {
      const two = { ...layer('l', 'x-d'), ...layer('m', 'x-d') }
      expect(problemsOf(world(), two)).toEqual([
        'layers.l.allotments.0.ruleId',
        'layers.m.allotments.0.ruleId',
      ])
      const here = world()
      here.make({ kind: 'create-layer', layer: { id: 'l' } })
      here.make(allot('x', 1_000))
      expect(problemsOf(here, layer('m', 'x-d'))).toEqual(['layers.m.allotments.0.ruleId'])
    })

    it('cannot put in a fixed rule, or one under an open progressive rollout', () => {
      const here = world()
      here.make({ kind: 'update-flag', key: 'y', changes: { defaultStrategy: { strategy: fixed('a') } } })
      expect(problemsOf(here, layer('l', 'y-d', 'y'))).toEqual(['layers.l.allotments.0.ruleId'])
      here.make({
        kind: 'create-progressive-rollout',
        progressiveRollout: {
          id: 'p',
          flagKey: 'x',
          fromVariationId: 'a',
          variationId: 'b',
          steps: [
            { weight: 70_000, holdMs: dayMs },
            { weight: 100_000, holdMs: dayMs },
          ],
        },
      })
      expect(problemsOf(here, layer('l', 'x-d'))).toEqual(['layers.l.allotments.0.ruleId'])
    })

    it('keeps the slices of a rule that became fixed later', () => {
      const here = world()
      here.make({ kind: 'create-layer', layer: { id: 'l' } })
      here.make(allot('x', 1_000))
      here.make({ kind: 'update-flag', key: 'x', changes: { defaultStrategy: { strategy: fixed('a') } } })
      const document = Document.parse(toDocument(here.state))
      const renamed = { ...document, layers: { l: { ...document.layers['l']!, name: 'Checkout' } } }
      expect(codeOf(here, { kind: 'apply', document: renamed })).toBe('ok')
      expect(here.state.layer.get('l')!.allotments).toHaveLength(1)
    })
  })

  it('cannot take slices from a running experiment', () => {
    const here = world()
    here.make({ kind: 'create-layer', layer: { id: 'l' } })
    here.make(allot('x', 1_000))
    here.make(experimentOn('x'))
    const { layers: _, ...rest } = Document.parse(toDocument(here.state))
    expect(codeOf(here, { kind: 'apply', document: { ...rest, prune: true } })).toBe('CONFLICT')
    here.make({ kind: 'stop-experiment', id: 'x-test' })
    const { layers: __, ...later } = Document.parse(toDocument(here.state))
    expect(codeOf(here, { kind: 'apply', document: { ...later, prune: true } })).toBe('ok')
    expect(here.state.layer.size).toBe(0)
  })
})
