// Writes conversion.json, the results of the closed form and of Stan for the reference cases, and those of
// Stan for the other models. Run it when a model or Stan's version changes, and review the diff: node
// batch/stan/reference/record.ts
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { meanError, mean, sortedDraws } from '../../statistics/diagnostics.ts'
import { exactPosteriors } from '../../statistics/exact.ts'
import { modelColumns } from '../../statistics/summarise-draws.ts'
import { defaultSampler } from '../cmdstan.ts'
import { drawConversion, type ConversionDraws } from '../conversion.ts'
import { findNative } from '../engine.ts'
import { hostSummary } from '../host.ts'
import { cases } from './cases.ts'
import { meansOf, models } from './models.ts'

export interface StanMean {
  readonly mean: number
  /** Monte Carlo standard error; null for a constant, such as the baseline's uplift. */
  readonly error: number | null
}

/** Mean and error of each column of the model, except the uplift, whose mean is infinite in some cases. */
export function stanMeans({ chains }: ConversionDraws, variations: number): Record<string, StanMean> {
  const names = modelColumns
    .filter((name) => name !== 'uplift')
    .flatMap((name) => Array.from({ length: variations }, (_, k) => `${name}.${k + 1}`))
  return Object.fromEntries(
    names.map((name) => {
      const columns = chains.map((chain) => chain.get(name)!)
      const error = meanError(columns)
      return [name, { mean: mean(sortedDraws(columns)), error: Number.isFinite(error) ? error : null }]
    }),
  )
}

const write = (name: string, content: object) =>
  writeFile(path.join(import.meta.dirname, `${name}.json`), `${JSON.stringify(content, null, 2)}\n`)

if (import.meta.main) {
  const found = await findNative(process.env)
  if (!found.ok) throw new Error(found.problem.message)
  const { path: executable, modelSha256 } = found.value
  const recorded: Record<string, unknown> = {}
  let stanVersion = ''
  for (const [name, input] of Object.entries(cases)) {
    const drawn = await drawConversion(executable, input)
    if (!drawn.ok) throw new Error(drawn.problem.message)
    stanVersion = drawn.value.stanVersion
    recorded[name] = {
      input,
      exact: exactPosteriors(input),
      stan: stanMeans(drawn.value, input.variations.length),
    }
  }
  const packages = await readFile(path.join(path.dirname(executable), '..', 'versions.txt'), 'utf8')
  const { chains, warmup, draws } = defaultSampler
  const provenance = {
    stanVersion,
    modelSha256,
    chains,
    warmup,
    draws,
    host: await hostSummary(),
    packages: packages.trim().split('\n'),
  }
  await write('conversion', { provenance, cases: recorded })
  for (const [name, { parameters, draw }] of Object.entries(models)) {
    const other = await findNative(process.env, name)
    if (!other.ok) throw new Error(other.problem.message)
    const drawn = await draw(other.value.path)
    if (!drawn.ok) throw new Error(drawn.problem.message)
    const { host, packages: built } = provenance
    const of = { stanVersion, modelSha256: other.value.modelSha256, host, packages: built }
    await write(name, { provenance: of, means: meansOf(drawn.value, parameters) })
  }
}
