// A model that failed once in a run is not asked again: a hanging Stan costs one time-out, not one for each
// goal. What happens instead is the caller's choice, and written on the result.
import { ok, refuse, type Result } from '../../core/model/problem.ts'
import { becauseStanFailed, type Engine, type Fit, type FitInput } from '../statistics/fit.ts'

/**
 * Refuses what the model cannot do, and from its first failure on everything, with that failure's sentence.
 * An input that the model finds invalid is no failure of the model.
 */
export function unlessBroken<Input, Output>(
  ask: (input: Input) => Promise<Result<Output>>,
): (input: Input) => Promise<Result<Output>> {
  let broken: string | undefined
  return async (input) => {
    if (broken !== undefined)
      return refuse('UNAVAILABLE', `Stan is not asked again in this run, since it failed: ${broken}`)
    const answer = await ask(input)
    if (!answer.ok && answer.problem.code === 'UNAVAILABLE') broken = answer.problem.message
    return answer
  }
}

export const withCircuitBreaker = (engine: Engine): Engine => ({
  fit: unlessBroken((input: FitInput) => engine.fit(input)),
})

/** The other engine's fit where the first one fails. The result says which one it was, and why. */
export const withFallback = (engine: Engine, other: Engine): Engine => ({
  async fit(input: FitInput): Promise<Result<Fit>> {
    const fit = await engine.fit(input)
    if (fit.ok || fit.problem.code !== 'UNAVAILABLE') return fit
    const instead = await other.fit(input)
    if (!instead.ok || instead.value.engine.kind !== 'exact') return instead
    const method = `${instead.value.engine.method}${becauseStanFailed}`
    return ok({ ...instead.value, engine: { kind: 'exact', method } })
  },
})
