// Laws of the steps of a progressive rollout, over random rules, steps and users: it only adds users, and a
// rollback gives everybody what they had.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { fixed, flag, rollout, snapshotOf } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { compile } from '../evaluation/compile.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { Flag, type Strategy } from './flag.ts'
import { weightPerPercent } from './limits.ts'
import { movesOf } from './moves.ts'
import { endsOf, stepsOf, strategyAfter, withStrategy } from './progressive-rollout.ts'

const percents = (n: number) => n * weightPerPercent

/** What a rule may serve before, the ends of the rollout, and its steps. */
const plans = fc
  .record({
    shares: fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100)),
    isFixed: fc.boolean(),
    audience: fc.option(fc.integer({ min: 1, max: 99 })),
    from: fc.constantFrom('a', 'c', undefined),
    cuts: fc.array(fc.nat(100), { minLength: 1, maxLength: 8 }),
    allocation: fc.constantFrom('percent' as const, 'fine' as const),
  })
  .map(({ shares, isFixed, audience, from, cuts, allocation }) => {
    const [x = 0, y = 0, z = 0] = shares.toSorted((p, q) => p - q)
    const of = rollout(
      { a: percents(x), b: percents(y - x), c: percents(z - y) },
      audience === null ? undefined : { percentage: audience, defaultVariationId: 'a' },
    )
    const before: Strategy = isFixed ? fixed(from ?? 'a') : of
    const ends = { variationId: 'b', ...(from !== undefined && { fromVariationId: from }) }
    const { variation, from: most } = endsOf(before, ends)
    const unit = allocation === 'percent' ? weightPerPercent : 1
    const weights = cuts.map((cut) => variation + Math.ceil((cut / 100) * (most / unit)) * unit)
    const growing = [...new Set(weights)].filter((weight) => weight > variation).toSorted((p, q) => p - q)
    const steps = growing.map((weight) => ({ weight, holdMs: 1_000, approval: false }))
    return { before, allocation, rollout: { ...ends, steps } }
  })

const flagWith = (strategy: Strategy, allocation: Flag['allocation']): Flag =>
  withStrategy(flag({ key: 'f', allocation }), 'f-default', strategy)

describe('the steps of a progressive rollout', () => {
  it('only give the variation to users of the other end, as many as they say, and leave all others', () => {
    let moved = 0
    fc.assert(
      fc.property(plans, fc.array(fc.string(), { minLength: 20 }), ({ before, allocation, rollout }, ids) => {
        const flags = [...rollout.steps, undefined].map((_, made) =>
          flagWith(strategyAfter(before, rollout, made), allocation),
        )
        const served = flags.map((each) => {
          const compiled = compile(snapshotOf([each]))
          return ids.map((id) => evaluate(compiled, 'f', { targetingKey: id, attributes: {} }).variation?.id)
        })
        rollout.steps.forEach(({ weight }, i) => {
          const [was, is] = [flags[i]!, flags[i + 1]!]
          expect(Flag.safeParse(is).error?.issues).toBeUndefined()
          expect(endsOf(is.defaultStrategy.strategy, rollout).variation).toBe(weight)
          const flows = movesOf(was, is).flatMap((moves) => moves.flows)
          for (const flow of flows)
            expect(flow).toMatchObject({ from: rollout.fromVariationId ?? null, to: 'b' })
          served[i]!.forEach((variation, user) => {
            if (served[i + 1]![user] === variation) return
            moved++
            expect([variation, served[i + 1]![user]]).toEqual([rollout.fromVariationId, 'b'])
          })
        })
      }),
      { numRuns: scaled(300) },
    )
    expect(moved).toBeGreaterThan(100)
  })

  it.each<[what: string, template: Parameters<typeof stepsOf>[0], weights: number[]]>([
    ['equal steps', { to: 100_000, increment: 25_000, holdMs: 1, approval: false }, [25, 50, 75, 100]],
    [
      'a last one that is smaller',
      { to: 50_000, increment: 20_000, holdMs: 1, approval: false },
      [20, 40, 50],
    ],
    [
      'a first one of its own',
      { from: 1_000, to: 30_000, increment: 10_000, holdMs: 1, approval: true },
      [1, 11, 21, 30],
    ],
    ['one', { from: 5_000, to: 5_000, increment: 1_000, holdMs: 1, approval: false }, [5]],
  ])('of a template: %s', (_, template, weights) => {
    const { holdMs, approval } = template
    expect(stepsOf(template)).toEqual(weights.map((each) => ({ weight: percents(each), holdMs, approval })))
  })
})
