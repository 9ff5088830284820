// The models beside conversion, in real Stan: against the committed reference, against what is known in
// closed form, and their checks of themselves. Skipped if Stan is not built; with TACKLINE_STAN=required
// that is a failure.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { Breakdown } from '../../core/model/breakdown.ts'
import { breakdownsBy, breakdownsOf } from '../statistics/breakdown.ts'
import { mean } from '../statistics/diagnostics.ts'
import { examineChains } from '../statistics/summarise-draws.ts'
import type { ModelDraws } from './draw-model.ts'
import { findNative, pickEngine } from './engine.ts'
import { meansOf, models, payers, type ReferenceMean, segments } from './reference/models.ts'

const found = await findNative(process.env, 'hierarchical')
const skipped = !found.ok && process.env['TACKLINE_STAN'] !== 'required'
const why = found.ok ? '' : ` (${found.problem.message})`
const read = async (name: string) =>
  JSON.parse(await readFile(path.join(import.meta.dirname, 'reference', `${name}.json`), 'utf8')) as {
    readonly means: Record<string, ReferenceMean>
  }

describe.skipIf(skipped)(`Stan${why}`, () => {
  const draws = new Map<string, ModelDraws>()
  beforeAll(async () => {
    for (const [name, { draw }] of Object.entries(models)) {
      const executable = await findNative(process.env, name)
      if (!executable.ok) throw new Error(executable.problem.message)
      const drawn = await draw(executable.value.path)
      if (!drawn.ok) throw new Error(drawn.problem.message)
      draws.set(name, drawn.value)
    }
  })
  const meanOf = (name: string, column: string) =>
    mean(draws.get(name)!.chains.flatMap((chain) => [...chain.get(column)!]))

  it.each(Object.entries(models))('has the draws of the reference for %s', async (name, { parameters }) => {
    const { means } = await read(name)
    expect(Object.keys(means)).toEqual(parameters)
    const now = meansOf(draws.get(name)!, parameters)
    for (const [column, known] of Object.entries(means)) {
      const off = Math.abs(now[column]!.mean - known.mean) / Math.hypot(now[column]!.error, known.error)
      expect([column, off < 4.5]).toEqual([column, true])
    }
    const { divergences, rhatMax } = examineChains(draws.get(name)!.chains, parameters, 10)
    expect(divergences).toBe(0)
    expect(rhatMax).toBeLessThan(1.02)
  })

  it('has the shares of payers that are known in closed form, and each spread near its own', () => {
    const { alpha, beta } = payers.prior
    for (const [k, { users, payers: paying }] of payers.arms.entries())
      expect(meanOf('hurdle', `p.${k + 1}`)).toBeCloseTo((alpha + paying) / (alpha + beta + users), 3)
    for (const [k, { payers: paying, squaresLog }] of payers.arms.entries()) {
      const seen = Math.sqrt(squaresLog / (paying - 1))
      expect(Math.abs(Math.log(meanOf('hurdle', `sigma.${k + 1}`) / seen))).toBeLessThan(
        1 / Math.sqrt(paying),
      )
    }
  })

  const counts = segments.users.flatMap((row, s) =>
    row.map((users, k) => ({
      attribute: 'plan',
      value: String(s),
      variationId: `v${k}`,
      users,
      conversions: segments.conversions[s]![k]!,
    })),
  )

  it('is the engine of breakdowns where it is chosen by name, and of none with `auto`', async () => {
    const [chosen, auto] = await Promise.all(
      (['stan-native', 'auto'] as const).map((choice) => pickEngine(choice, process.env)),
    )
    if (!chosen!.ok || !auto!.ok) throw new Error('Stan is not built')
    expect(auto!.value.engine.pool).toBeUndefined()
    const sampled = await breakdownsBy(chosen!.value.engine.pool!, counts, 'v0', 7)
    const closed = breakdownsOf(counts, 'v0')
    expect(sampled[0]!.engine).toMatchObject({
      kind: 'stan-native',
      model: 'hierarchical',
      seed: 7,
      divergences: 0,
    })
    expect(Breakdown.parse(sampled[0])).toEqual(sampled[0])
    expect(closed[0]).not.toHaveProperty('engine')
    for (const [s, { value, variations, comparisons }] of sampled[0]!.segments.entries()) {
      expect([value, variations]).toEqual([closed[0]!.segments[s]!.value, closed[0]!.segments[s]!.variations])
      for (const [k, { observed, pooled }] of comparisons.entries()) {
        const known = closed[0]!.segments[s]!.comparisons[k]!
        expect(observed).toBe(known.observed)
        const off = (bound: 'estimate' | 'low' | 'high') =>
          Math.abs(Math.log1p(pooled[bound]) - Math.log1p(known.pooled[bound]))
        expect([value, off('estimate') < 0.06, off('low') < 0.15, off('high') < 0.15]).toEqual([
          value,
          true,
          true,
          true,
        ])
      }
    }
    expect(await breakdownsBy(chosen!.value.engine.pool!, counts, 'v0', 7)).toEqual(sampled)
  })

  it('pools segments as the closed form does', () => {
    const [{ segments: closed }] = breakdownsOf(counts, 'v0') as [ReturnType<typeof breakdownsOf>[number]]
    for (const { value, comparisons } of closed) {
      for (const [k, { pooled }] of comparisons.entries()) {
        const effect = meanOf('hierarchical', `effect.${Number(value) + 1}.${k + 1}`)
        expect(Math.abs(effect - Math.log1p(pooled.estimate))).toBeLessThan(0.06)
      }
    }
    expect(meanOf('hierarchical', 'as_far')).toBeGreaterThan(0.01)
  })
})
