// Months of progressive rollouts beside a model.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { fixed } from '../../test/support/build/flags.ts'
import { dayMs, world, create, command, of, servedBy, edit } from '../../test/support/rollout-world.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { strategyAfter } from '../model/progressive-rollout.ts'

describe('months of rollouts, with people and absences in between', () => {
  const act = fc.record({
    afterMs: fc.integer({ min: 1, max: 5 * dayMs }),
    step: fc.constantFrom('approve', 'pause', 'resume', 'step-back', 'advance', 'off', 'on', 'away'),
  })
  const list = fc
    .uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 6 })
    .chain((weights) =>
      fc.tuple(
        ...weights
          .toSorted((a, b) => a - b)
          .map((weight) =>
            fc.record({
              weight: fc.constant(weight * 1_000),
              holdMs: fc.integer({ min: 1_000, max: 10 * dayMs }),
              approval: fc.boolean(),
            }),
          ),
      ),
    )

  it('each step is made once, in order, after its hold and its approval, and never while it is held', () => {
    let finished = 0
    fc.assert(
      fc.property(list, fc.array(act, { maxLength: 30 }), (planned, acts) => {
        const here = world()
        here.make(create({ steps: planned }))
        // The model: how many steps were made, how long the last one still holds, what keeps it.
        const model = {
          made: 1,
          left: planned[0]!.holdMs,
          approved: !planned[0]!.approval,
          isPaused: false,
          isOff: false,
        }
        let isDone = false
        const pass = (ms: number) => {
          for (let rest = ms; !isDone && !model.isPaused;) {
            const needed = model.left
            if (needed > rest || (!model.approved && needed === 0)) {
              model.left = Math.max(0, needed - rest)
              return
            }
            rest -= needed
            model.left = 0
            if (!model.approved) return
            next()
          }
        }
        const next = () => {
          if (model.made === planned.length) {
            isDone = true
            return
          }
          const step = planned[model.made++]!
          Object.assign(model, { left: step.holdMs, approved: !step.approval })
        }
        for (const { afterMs, step } of acts) {
          if (step === 'away') {
            here.now += afterMs
            here.ring() // late: one step at most, which holds from now on
            if (!isDone && !model.isPaused && model.left <= afterMs) {
              model.left = 0
              if (model.approved) next()
            } else if (!model.isPaused) model.left = Math.max(0, model.left - afterMs)
            continue
          }
          here.advanceTo(here.now + afterMs)
          pass(afterMs)
          if (step === 'on' || step === 'off') {
            here.make(edit({ enabled: step === 'on' }))
            if (step === 'off' && !model.isOff && !isDone) model.isPaused = true
            model.isOff = step === 'off'
          } else {
            here.run(command(step))
            if (step === 'pause' && !isDone) model.isPaused = true
            if (step === 'step-back' && !isDone && model.made > 0) {
              const last = planned[--model.made - 1]
              const { holdMs = 0, approval = false } = last ?? {}
              Object.assign(model, { left: holdMs, approved: !approval, isPaused: true })
            }
            if (step === 'resume' && !model.isOff && !isDone) model.isPaused = false
            if (step === 'approve' && !model.isPaused && !isDone) {
              if (!model.approved && model.left === 0) next()
              else model.approved = true
            }
            // What is due at this very time rings with the alarm.
            here.ring()
            pass(0)
          }
          const { status, stepsMade } = of(here)
          expect({ stepsMade, isDone, isPaused: status === 'paused' }).toEqual({
            stepsMade: model.made,
            isDone,
            isPaused: model.isPaused,
          })
          expect(servedBy(here)).toEqual(strategyAfter(fixed('a'), of(here), model.made))
        }
        if (isDone) finished++
        const made = here.log.filter(({ writes }) =>
          writes.some(({ kind, id }) => kind === 'flag' && id === 'f'),
        )
        const versions = made.flatMap(({ writes }) =>
          writes.flatMap((w) => (w.kind === 'flag' ? [w.value!.version] : [])),
        )
        expect(versions).toEqual(versions.toSorted((a, b) => a - b))
      }),
      { numRuns: scaled(150) },
    )
    expect(finished).toBeGreaterThan(0)
  })
})
