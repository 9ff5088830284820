// What documents make of layers and holdouts, and what they cannot.
import { describe, expect, it } from 'vitest'
import { start, dayMs, world, experimentOn, allot, held, codeOf } from '../../test/support/hold-back-world.ts'
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
