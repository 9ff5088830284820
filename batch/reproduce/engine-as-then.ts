// The engine that computed a result, as it answered then: where the closed form stood in for Stan, it does
// again.
import type { EngineReport } from '../../core/model/engine-report.ts'
import type { ExperimentResult } from '../../core/model/experiment-result.ts'
import { ok, refuse, type Result } from '../../core/model/problem.ts'
import { withFallback } from '../stan/circuit-breaker.ts'
import { type EnvironmentVariables, pickEngine } from '../stan/engine.ts'
import { because, becauseStanFailed, becauseUnconverged, type Engine } from '../statistics/fit.ts'

export async function engineAsThen(
  result: ExperimentResult,
  variables: EnvironmentVariables,
): Promise<Result<Engine>> {
  const picked = await pickEngine(result.engine.kind, variables)
  return picked.ok ? ok(asThen(result, picked.value.engine)) : picked
}

export function asThen({ engine: report, breakdowns = [] }: ExperimentResult, engine: Engine): Engine {
  const failing = async () => refuse('UNAVAILABLE', 'Stan failed then.')
  const again = isInstead(report, becauseStanFailed) ? withFallback({ fit: failing }, engine) : engine
  const fit: Engine['fit'] = (input) => again.fit(input)
  const values = valuesAsThen(report, engine, failing)
  const own = { fit, ...(values && { values }) }
  // Breakdowns say their engine where they were asked of one, and each may have got another answer.
  if (breakdowns.every((breakdown) => breakdown.engine === undefined)) return own
  const pool: Engine['pool'] = async (input) => {
    const pooledBy = breakdowns.find(({ attribute }) => attribute === input.attribute)?.engine
    if (isInstead(pooledBy, becauseUnconverged)) return refuse('INVALID', 'The chains did not converge then.')
    return engine.pool && !isInstead(pooledBy, becauseStanFailed) ? engine.pool(input) : failing()
  }
  return { ...own, pool }
}

/** Where the closed form stood in for a model of values, it does so for the same reason. */
function valuesAsThen(
  report: EngineReport,
  engine: Engine,
  failing: NonNullable<Engine['values']>,
): Engine['values'] {
  if (report.kind !== 'exact') return engine.values
  if (isInstead(report, becauseStanFailed)) return failing
  const [, why] = report.method.split(because)
  return why === undefined ? undefined : async () => refuse('INVALID', why)
}

const isInstead = (report: EngineReport | undefined, why: string) =>
  report?.kind === 'exact' && report.method.endsWith(why)
