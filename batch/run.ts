// One run of the runner, to be called by the command line or in-process: environments, then operations, then
// experiments.
import { type AdminApi, adminApi } from './admin-api.ts'
import type { Configuration, Question } from './configuration.ts'
import {
  done,
  exitCodeOf,
  type Failure,
  fail,
  failureKinds,
  type Outcome,
  noEventsExitCode,
} from './failure.ts'
import { applyOperations } from './jobs/apply-operations.ts'
import { concludeExperiments } from './jobs/conclude-experiments.ts'
import { lakeCache } from './lake/cache.ts'
import { s3Store } from './lake/s3.ts'
import { loadChdb, openWarehouse } from './lake/warehouse.ts'
import type { Report, Tell } from './run-event.ts'
import { type Environment, pickEngine } from './stan/engine.ts'

export interface RunOptions {
  readonly configuration: Configuration
  readonly question: Omit<Question, 'print'>
  /** Where Stan's executables are named: process.env, as a rule. */
  readonly variables: Environment
  readonly now: number
  /** Hears of each piece of work as soon as it is done. */
  readonly tell: Tell
}

/** The exit code; all else is told. */
export async function runBatch({
  configuration,
  question,
  variables,
  now,
  tell,
}: RunOptions): Promise<number> {
  const failures: Failure[] = []
  let anythingDone = false
  let anyWithoutEvents = false
  let anyConcluded = false
  const listen = (report: Report) => {
    if (report.kind === 'failed') failures.push(report.failure)
    if (isWork(report)) anythingDone = true
    if (report.kind === 'no-events') anyWithoutEvents = true
    if (report.kind === 'concluded') anyConcluded = true
    tell(report)
  }
  const stop = (failure: Failure) => {
    tell({ kind: 'failed', subject: '', failure })
    return failureKinds[failure.kind].exitCode
  }

  const api = adminApi(configuration.api)
  const environmentIds = await chosenEnvironments(api, question.environmentId)
  if (!environmentIds.ok) return stop(environmentIds.failure)
  const lake = lakeCache(s3Store(configuration.lake), configuration.cacheFolder, now)
  const means = { api, lake, warehouse: openWarehouse(loadChdb), now, tell: listen }

  // Kill switches go first: they are urgent, and need no engine.
  if (question.work !== 'experiments') {
    for (const id of environmentIds.value) await applyOperations(id, means)
  }
  if (question.work === 'operations') return exitCodeOf(failures, anythingDone)

  const picked = await pickEngine(question.engine, variables)
  if (!picked.ok) return stop(fail('stan-missing', picked.problem.message).failure)
  const { kind, engine, passedOver } = picked.value
  listen({ kind: 'engine', engine: kind, passedOver })
  for (const id of environmentIds.value) await concludeExperiments(id, { ...means, engine })
  const isWaiting = anyWithoutEvents && !anyConcluded && failures.length === 0
  return isWaiting ? noEventsExitCode : exitCodeOf(failures, anythingDone)
}

async function chosenEnvironments(api: AdminApi, wanted: string | undefined): Promise<Outcome<string[]>> {
  const environments = await api.environments()
  if (!environments.ok) return environments
  const ids = environments.value.map(({ id }) => id).toSorted()
  if (wanted === undefined) return done(ids)
  if (ids.includes(wanted)) return done([wanted])
  return fail('usage', `There is no environment ${wanted}; there are: ${ids.join(', ') || 'none'}.`)
}

/** Whether something was brought to its end, so that a failure elsewhere is not all there is to say. */
function isWork({ kind }: Report): boolean {
  switch (kind) {
    case 'no-events':
    case 'concluded':
    case 'watched':
    case 'applied':
      return true
    case 'engine':
    case 'idle':
    case 'not-started':
    case 'settled':
    case 'failed':
      return false
    default:
      return kind satisfies never
  }
}
