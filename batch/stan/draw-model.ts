// Draws of any of our models: runs the chains, and refuses what is missing or no finite number.
import { ok, refuse, type Result } from '../../core/model/problem.ts'
import type { ChainColumns } from '../statistics/summarise-draws.ts'
import { sample, type SamplerRun, type SamplerSettings } from './cmdstan.ts'

export interface ModelDraws {
  readonly chains: readonly ChainColumns[]
  readonly stanVersion: string
}

export interface ModelRun {
  readonly executable: string
  readonly model: string
  readonly data: SamplerRun['data']
  /** Columns as CmdStan names them: `p.1`, `effect.2.1`. */
  readonly names: readonly string[]
  readonly seed: number
  readonly settings: SamplerSettings
}

export async function drawModel(run: ModelRun): Promise<Result<ModelDraws>> {
  const { executable, model, data, names, seed, settings } = run
  const wanted = new Set(names)
  const outputs = await sample({
    executable,
    data,
    seed,
    settings,
    wanted: (name: string) => wanted.has(name),
  })
  if (!outputs.ok) return outputs
  const missing = names.find((name) => outputs.value.some(({ columns }) => !columns.has(name)))
  if (missing)
    return refuse('UNAVAILABLE', `${executable} is not our ${model} model: its output has no ${missing}.`)
  const odd = names.find((name) =>
    outputs.value.some(({ columns }) => columns.get(name)!.some((value) => !Number.isFinite(value))),
  )
  if (odd) return refuse('UNAVAILABLE', `Stan failed: a draw of ${odd} is no finite number.`)
  return ok({
    chains: outputs.value.map(({ columns }) => columns),
    stanVersion: outputs.value[0]!.stanVersion,
  })
}

/** What every sampler says of its steps. */
export const stepColumns = ['lp__', 'treedepth__', 'divergent__'] as const

/** `p.1`, `p.2`, ... */
export const vectorColumns = (name: string, length: number): string[] =>
  Array.from({ length }, (_, k) => `${name}.${k + 1}`)

/** Column by column, as CmdStan writes a matrix. */
export const matrixColumns = (name: string, rows: number, columns: number): string[] =>
  vectorColumns(name, columns).flatMap((_, k) =>
    Array.from({ length: rows }, (__, s) => `${name}.${s + 1}.${k + 1}`),
  )
