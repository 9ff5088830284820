// The inputs of the models beside conversion that Stan and the committed reference are compared on.
import { drawHierarchical, parametersOf, type SegmentTable } from '../hierarchical.ts'
import { drawHurdle, type HurdleInput, hurdleParameters } from '../hurdle.ts'
import { meanError, mean, sortedDraws } from '../../statistics/diagnostics.ts'
import type { ModelDraws } from '../draw-model.ts'
import type { Result } from '../../../core/model/problem.ts'

export const payers: HurdleInput = {
  arms: [
    { users: 10_000, payers: 200, meanLog: 3, squaresLog: 450 },
    { users: 10_000, payers: 230, meanLog: 3.1, squaresLog: 500 },
    { users: 1_000, payers: 12, meanLog: 2.4, squaresLog: 20 },
  ],
  prior: { alpha: 0.5, beta: 0.5 },
  location: 3,
  cap: undefined,
  seed: 20_261_130,
}

export const segments: SegmentTable = {
  users: [
    [20_000, 20_000, 20_000],
    [5_000, 5_100, 4_900],
    [1_000, 990, 1_010],
    [100, 90, 110],
    [20, 25, 15],
  ],
  conversions: [
    [1_000, 1_080, 1_010],
    [300, 340, 280],
    [40, 52, 41],
    [8, 5, 10],
    [0, 3, 1],
  ],
  location: -3,
}

interface Case {
  readonly parameters: readonly string[]
  readonly draw: (executable: string) => Promise<Result<ModelDraws>>
}

export const models: Readonly<Record<string, Case>> = {
  hurdle: {
    parameters: hurdleParameters(payers.arms.length),
    draw: (executable) => drawHurdle(executable, payers),
  },
  hierarchical: {
    parameters: parametersOf(segments),
    draw: (executable) => drawHierarchical(executable, segments, payers.seed),
  },
}

export interface ReferenceMean {
  readonly mean: number
  /** Monte Carlo standard error. */
  readonly error: number
}

export const meansOf = ({ chains }: ModelDraws, names: readonly string[]): Record<string, ReferenceMean> =>
  Object.fromEntries(
    names.map((name) => {
      const columns = chains.map((chain) => chain.get(name)!)
      return [name, { mean: mean(sortedDraws(columns)), error: meanError(columns) }]
    }),
  )
