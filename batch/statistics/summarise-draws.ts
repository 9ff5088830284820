// Summarises draws of the conversion model into the same figures as the closed form, and takes the worst
// diagnostics of its parameters.
import type { VariationPosterior } from '../../core/model/experiment-result.ts'
import { diagnose, mean, quantileOf, sortedDraws, variance, type Diagnostics } from './diagnostics.ts'
import { upliftMeanExists } from './exact.ts'
import type { Direction, FitInput } from './fit.ts'
import type { Standing } from './marginal.ts'

/** The columns of one chain by Stan's names: `p.1`, `is_best.2`, ... */
export type ChainColumns = ReadonlyMap<string, Float64Array>

export const modelColumns = ['p', 'is_best', 'beats_baseline', 'loss', 'uplift'] as const

export function summariseDraws(chains: readonly ChainColumns[], input: FitInput): VariationPosterior[] {
  const pooled = (name: string) => sortedDraws(columnOf(chains, name))
  const baseline = input.variations.find(({ variationId }) => variationId === input.baselineVariationId)
  const finiteUplift = upliftMeanExists(input.prior.alpha + (baseline?.conversions ?? 0))

  const baselineAt = input.variations.findIndex(
    ({ variationId }) => variationId === input.baselineVariationId,
  )
  const rates = vectorOf(chains, 'p', input.variations.length)
  const lowest = input.direction === 'decrease' ? standingsOfDraws(rates, baselineAt, 'decrease') : undefined
  return input.variations.map(({ variationId }, k) => {
    const rate = pooled(`p.${k + 1}`)
    const uplift = pooled(`uplift.${k + 1}`)
    return {
      variationId,
      rate: {
        mean: mean(rate),
        sd: Math.sqrt(variance(rate)),
        q025: quantileOf(rate, 0.025),
        median: quantileOf(rate, 0.5),
        q975: quantileOf(rate, 0.975),
      },
      ...(lowest?.[k] ?? {
        // The mean of indicators, which rounding may carry past 1.
        probabilityBest: Math.min(1, mean(pooled(`is_best.${k + 1}`))),
        probabilityBeatsBaseline: Math.min(1, mean(pooled(`beats_baseline.${k + 1}`))),
        expectedLoss: mean(pooled(`loss.${k + 1}`)),
      }),
      uplift:
        variationId === input.baselineVariationId
          ? null
          : {
              mean: finiteUplift ? mean(uplift) : null,
              q025: quantileOf(uplift, 0.025),
              q975: quantileOf(uplift, 0.975),
            },
    }
  })
}

/** Of all chains, one after the other: `p.1`, `p.2`, ... */
export const vectorOf = (chains: readonly ChainColumns[], name: string, length: number): number[][] =>
  Array.from({ length }, (_, k) => columnOf(chains, `${name}.${k + 1}`).flatMap((column) => [...column]))

/** How arms stand by their draws; `baseline` is an index. Ties are split. */
export function standingsOfDraws(
  arms: readonly (readonly number[])[],
  baseline: number,
  direction: Direction,
): Standing[] {
  const sign = direction === 'increase' ? 1 : -1
  const draws = arms[0]!.length
  const sums = arms.map(() => ({ best: 0, beats: 0, loss: 0 }))
  for (let i = 0; i < draws; i++) {
    const top = arms.reduce((highest, arm) => Math.max(highest, sign * arm[i]!), -Infinity)
    const ties = arms.filter((arm) => sign * arm[i]! === top).length
    arms.forEach((arm, k) => {
      if (sign * arm[i]! === top) sums[k]!.best += 1 / ties
      if (sign * (arm[i]! - arms[baseline]![i]!) > 0) sums[k]!.beats++
      sums[k]!.loss += top - sign * arm[i]!
    })
  }
  return sums.map(({ best, beats, loss }) => ({
    probabilityBest: Math.min(1, best / draws),
    probabilityBeatsBaseline: beats / draws,
    expectedLoss: loss / draws,
  }))
}

export interface ChainFigures {
  readonly rhatMax: number
  readonly essBulkMin: number
  readonly essTailMin: number
  readonly divergences: number
  readonly maxTreedepthHits: number
}

/** The log density is diagnosed with the parameters, because it shows problems that no single one does. */
export function examineChains(
  chains: readonly ChainColumns[],
  parameters: readonly string[],
  maxTreedepth: number,
): ChainFigures {
  const names = ['lp__', ...parameters]
  const diagnostics: Diagnostics[] = names.map((name) => diagnose(columnOf(chains, name)))
  const counted = (name: string, matches: (value: number) => boolean) =>
    columnOf(chains, name).reduce((sum, column) => sum + column.filter(matches).length, 0)
  return {
    rhatMax: Math.max(...diagnostics.map(({ rhat }) => rhat)),
    essBulkMin: Math.min(...diagnostics.map(({ essBulk }) => essBulk)),
    essTailMin: Math.min(...diagnostics.map(({ essTail }) => essTail)),
    divergences: counted('divergent__', (value) => value !== 0),
    maxTreedepthHits: counted('treedepth__', (depth) => depth >= maxTreedepth),
  }
}

function columnOf(chains: readonly ChainColumns[], name: string): Float64Array[] {
  return chains.map((chain) => {
    const column = chain.get(name)
    if (!column) throw new Error(`The draws have no column ${name}`)
    return column
  })
}
