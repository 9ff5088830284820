// Picks the engine: the user's CmdStan executable, the one that `npm run stan` builds, or the closed form.
// There is no silent fallback: an unavailable choice is refused, and `auto` says what it passed over.
import { createHash } from 'node:crypto'
import { access, constants, readFile } from 'node:fs/promises'
import path from 'node:path'
import * as z from 'zod'
import { ok, refuse, type Result } from '../../core/model/problem.ts'
import { exactEngine } from '../statistics/exact.ts'
import type { Engine } from '../statistics/fit.ts'
import { unlessBroken, withCircuitBreaker, withFallback } from './circuit-breaker.ts'
import { modelName, stanEngine, type StanExecutable } from './conversion.ts'
import { hierarchicalModel, poolInStan } from './hierarchical.ts'
import { hurdleModel, valuesInStan } from './hurdle.ts'

export const EngineChoice = z.enum(['auto', 'cmdstan', 'stan-native', 'exact'])
export type EngineChoice = z.infer<typeof EngineChoice>

export interface PickedEngine {
  readonly kind: Exclude<EngineChoice, 'auto'>
  readonly engine: Engine
  /** What its answers depend on besides the question: the hashes of its models. */
  readonly identity: string
  /** Why `auto` did not take a better engine: one sentence each. */
  readonly passedOver: readonly string[]
}

/** Only TACKLINE_STAN_CONVERSION and TACKLINE_STAN_DIR are read. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>

export const modelPath = path.join(import.meta.dirname, 'models', `${modelName}.stan`)
const repository = path.join(import.meta.dirname, '..', '..')

const Manifest = z.object({ models: z.record(z.string(), z.string()), stanVersion: z.string() })

export async function pickEngine(
  choice: EngineChoice,
  variables: EnvironmentVariables,
): Promise<Result<PickedEngine>> {
  switch (choice) {
    case 'exact':
      return ok({ kind: 'exact', engine: exactEngine, identity: '', passedOver: [] })
    case 'cmdstan':
      return picked(await findCmdstan(variables))
    case 'stan-native':
      return withMore(picked(await findNative(variables)), variables)
    case 'auto':
      return pickFirst(variables)
    default:
      return choice satisfies never
  }
}

async function pickFirst(variables: EnvironmentVariables): Promise<Result<PickedEngine>> {
  // A named executable is meant to be used, so a wrong path is an error and not passed over.
  if (variables.TACKLINE_STAN_CONVERSION) return picked(await findCmdstan(variables))
  const native = await findNative(variables)
  // Nobody asked for Stan, so the closed form may stand in if it fails in the run.
  if (native.ok) return picked(native, (engine) => withFallback(engine, exactEngine))
  return ok({
    kind: 'exact',
    engine: exactEngine,
    identity: '',
    passedOver: [native.problem.message],
  })
}

const picked = (found: Result<StanExecutable>, wrap = (engine: Engine) => engine): Result<PickedEngine> => {
  if (!found.ok) return found
  const engine = wrap(withCircuitBreaker(stanEngine(found.value)))
  const { kind, modelSha256: identity } = found.value
  return ok({ kind, engine, identity, passedOver: [] })
}

/**
 * Segments and values, each if its model is built. Only where Stan is asked for by name: it takes seconds for
 * each attribute and goal, and no verdict depends on it.
 */
async function withMore(
  chosen: Result<PickedEngine>,
  variables: EnvironmentVariables,
): Promise<Result<PickedEngine>> {
  if (!chosen.ok) return chosen
  const [segments, values] = await Promise.all(
    [hierarchicalModel, hurdleModel].map((model) => findNative(variables, model)),
  )
  const passedOver = [segments!, values!].flatMap((found) => (found.ok ? [] : [found.problem.message]))
  const hashes = [segments!, values!].map((found) => (found.ok ? found.value.modelSha256 : ''))
  const engine: Engine = {
    ...chosen.value.engine,
    ...(segments!.ok && { pool: unlessBroken(poolInStan(segments!.value)) }),
    ...(values!.ok && { values: unlessBroken(valuesInStan(values!.value)) }),
  }
  const identity = [chosen.value.identity, ...hashes].join(' ')
  return ok({ ...chosen.value, engine, identity, passedOver })
}

/**
 * CmdStan's make leaves the executable beside its source, so the source proves which model it is. Without it,
 * the result could carry our model's hash for another model.
 */
async function findCmdstan(variables: EnvironmentVariables): Promise<Result<StanExecutable>> {
  const executable = variables.TACKLINE_STAN_CONVERSION
  if (!executable) {
    return unavailable(
      'TACKLINE_STAN_CONVERSION does not name a CmdStan executable; ' +
        'without CmdStan, "npm run stan" builds one',
    )
  }
  if (!(await isExecutable(executable))) {
    return unavailable(
      `TACKLINE_STAN_CONVERSION names ${executable}, which cannot be executed; ` +
        `"npm run stan" builds an executable`,
    )
  }
  const source = `${executable}.stan`
  const [theirs, ours] = await Promise.all([hashOf(source), hashOf(modelPath)])
  if (!theirs)
    return unavailable(
      `${source} is missing; compile a copy of batch/stan/models/${modelName}.stan and leave it there`,
    )
  if (theirs !== ours)
    return unavailable(
      `${source} differs from batch/stan/models/${modelName}.stan; copy it and compile again`,
    )
  return ok({ kind: 'cmdstan', path: executable, modelSha256: theirs })
}

/** What `npm run stan` built of a model, if it is of the model as it is now. */
export async function findNative(
  variables: EnvironmentVariables,
  model = modelName,
): Promise<Result<StanExecutable>> {
  const folder = variables.TACKLINE_STAN_DIR || path.join(repository, '.stan')
  const executable = path.join(folder, 'bin', model)
  const text = await readFile(path.join(folder, 'manifest.json'), 'utf8').catch(() => undefined)
  if (text === undefined || !(await isExecutable(executable))) {
    return unavailable(`Stan is not built in ${folder}; run "npm run stan"`)
  }
  const manifest = Manifest.safeParse(parseJson(text))
  if (!manifest.success)
    return unavailable(`The manifest of Stan in ${folder} cannot be read; run "npm run stan"`)
  const modelSha256 = manifest.data.models[model] ?? ''
  if (modelSha256 !== (await hashOf(path.join(import.meta.dirname, 'models', `${model}.stan`)))) {
    return unavailable(
      `Stan in ${folder} was built from another version of ${model}.stan; run "npm run stan"`,
    )
  }
  return ok({ kind: 'stan-native', path: executable, modelSha256 })
}

const unavailable = (sentence: string) => refuse('UNAVAILABLE', `${sentence}.`)

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  )

const hashOf = (file: string): Promise<string | undefined> =>
  readFile(file).then(
    (content) => createHash('sha256').update(content).digest('hex'),
    () => undefined,
  )

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
