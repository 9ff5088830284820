// One run from top to bottom: chooses the environments, then applies operations, then concludes experiments.
// The command line and the demo call it.
import pLimit from 'p-limit'
import { ok, type Result } from '../core/model/problem.ts'
import { type AdminApi, adminApi } from './admin-api.ts'
import type { Environment } from './admin-api-schemas.ts'
import type { Configuration, RunOptions } from './configuration.ts'
import { exitCodeOf } from './exit-code.ts'
import { type Failure, fail } from './failure.ts'
import { applyOperations } from './jobs/apply-operations.ts'
import { bundleResult } from './jobs/bundle-result.ts'
import { concludeExperiments } from './jobs/conclude-experiments.ts'
import { moveAllocations } from './jobs/move-allocations.ts'
import { observeHoldouts } from './jobs/observe-holdouts.ts'
import { observeRollouts } from './jobs/observe-rollouts.ts'
import { replayDeadLetters } from './jobs/replay.ts'
import { replayResult } from './jobs/replay-result.ts'
import { withReport } from './jobs/report-run.ts'
import { showStatus } from './jobs/show-status.ts'
import { withLease } from './jobs/with-lease.ts'
import { lakeCache } from './lake/cache.ts'
import { s3Store, type ObjectStore } from './lake/s3.ts'
import { loadChdb, openClickHouse } from './lake/clickhouse.ts'
import type { DamagedObject } from './lake/objects.ts'
import { type Counting, openCounting, type Recount } from './lake/open-counting.ts'
import type { RunEvent } from './run-event.ts'
import { runOnLake } from './run-on-lake.ts'
import { keptFits } from './kept-fits.ts'
import { type EnvironmentVariables, pickEngine } from './stan/engine.ts'

export interface RunContext {
  readonly configuration: Configuration
  /** process.env; Stan's executables are looked up there. */
  readonly variables: EnvironmentVariables
  /** Epoch milliseconds. */
  readonly now: number
  /** Called with each event as soon as it happens. */
  readonly onEvent: (event: RunEvent) => void
}

/** Resolves to the exit code. */
export async function runBatch(options: RunOptions, context: RunContext): Promise<number> {
  const events: RunEvent[] = []
  const onEvent = (event: RunEvent) => {
    events.push(event)
    context.onEvent(event)
  }
  const completed = await run(options, { ...context, onEvent })
  if (!completed.ok) onEvent({ kind: 'failed', subject: '', failure: completed.problem })
  return exitCodeOf(events)
}

/** Fails only if the whole run cannot go on; a failed job is an event. */
async function run(options: RunOptions, context: RunContext): Promise<Result<void, Failure>> {
  const { work, environmentId, isDryRun, lakeOrder, result, output } = options
  const { configuration, now, onEvent } = context
  const store = s3Store(configuration.lake)
  if (work === 'replay' && !result) return replayDeadLetters(store, onEvent)
  const api = adminApi(configuration.api)
  const environments = await chooseEnvironments(api, environmentId)
  if (!environments.ok) return environments
  if (work === 'status') {
    for (const { id, archived } of environments.value)
      if (archived) onEvent({ kind: 'archived', environmentId: id })
      else await showStatus(id, api, onEvent)
    return ok(undefined)
  }
  const [first] = environments.value
  if (work === 'bundle' && result && first) {
    await bundleResult(first.id, result, { api, output, onEvent })
    return ok(undefined)
  }
  const clickHouse = openClickHouse(loadChdb)
  if (work === 'replay' && result && first) {
    const lakeAt = (asOf: number) => lakeCache(store, configuration.cacheFolder, asOf)
    const { variables } = context
    await replayResult(first.id, result, { api, lakeAt, clickHouse, variables, onEvent })
    return ok(undefined)
  }
  if (lakeOrder) {
    const ids = environments.value.map(({ id }) => id)
    const root = configuration.cacheFolder
    await runOnLake(ids, lakeOrder, { api, store, clickHouse, root, now, isDryRun, onEvent })
    return ok(undefined)
  }
  for (const { id } of environments.value.filter(({ archived }) => archived))
    onEvent({ kind: 'archived', environmentId: id })
  const environmentIds = environments.value.filter(({ archived }) => !archived).map(({ id }) => id)
  const counting = await openCounting(configuration, clickHouse)
  if (!counting.ok) return counting
  try {
    return await runJobs(environmentIds, options, { ...context, ...counting.value, store, api })
  } finally {
    await counting.value.close()
  }
}

interface JobsContext extends RunContext, Counting {
  readonly store: ObjectStore
  readonly api: AdminApi
}

/** Environments whose operations are looked at together: each may hold the counts of some million users. */
const watchedAtOnce = 2

async function runJobs(
  environmentIds: readonly string[],
  { work, engine: choice, isRecount }: RunOptions,
  {
    store,
    api,
    open,
    openMetrics,
    openOverlaps,
    openSegments,
    openMinutes,
    openAllocations,
    openHoldouts,
    parts,
    configuration,
    variables,
    now,
    onEvent,
  }: JobsContext,
): Promise<Result<void, Failure>> {
  const onDamaged = (id: string, object: DamagedObject) =>
    onEvent({ kind: 'damaged', environmentId: id, object })
  const root = configuration.cacheFolder
  const lake = lakeCache(store, root, now, onDamaged, parts)
  const kept: Parameters<Counting['openHoldouts']>[0] = {
    lake,
    root,
    now,
    recount: isRecount ? 'always' : 'daily',
    onRecounted(id, what, differs) {
      const message = `What was kept of ${what} was wrong; all is counted anew.`
      if (differs) onEvent({ kind: 'failed', subject: id, failure: { kind: 'job', message } })
    },
  }
  const context = {
    api,
    metrics: openMetrics(kept),
    overlaps: openOverlaps(kept),
    segments: openSegments({ lake, root }),
    minutes: openMinutes({ lake, root }),
    now,
    onEvent,
  }
  const countsOf = (recount: Recount) =>
    open({
      lake,
      root,
      now,
      recount,
      onRecounted(id, figures) {
        onEvent({ kind: 'recounted', environmentId: id, ...figures })
        const message = `${figures.differing} of ${figures.questions} kept counts were wrong; all is counted anew.`
        if (figures.differing > 0) onEvent({ kind: 'failed', subject: id, failure: { kind: 'job', message } })
      },
    })

  for (const id of environmentIds) {
    const published = await api.published(id)
    if (!published.ok) onEvent({ kind: 'failed', subject: id, failure: published.problem })
    else if (published.value.unpublished)
      onEvent({ kind: 'unpublished', environmentId: id, ...published.value.unpublished })
  }

  // Kill switches go first: they are urgent, need no engine, and do not wait for a full count. While one
  // environment waits for the API, another is counted.
  if (work !== 'experiments')
    await pLimit(watchedAtOnce).map(environmentIds, (id) =>
      withReport('operations', id, api, context, (own) =>
        withLease(id, own, async (lent) => {
          const counted = await applyOperations(id, { ...own, ...lent })
          await observeRollouts(id, counted, { ...own, ...lent })
        }),
      ),
    )
  if (work === 'operations') return ok(undefined)

  const allocations = openAllocations({ lake, root })
  const holdouts = openHoldouts(kept)
  const picked = await pickEngine(choice, variables)
  if (!picked.ok) return fail('stan-missing', picked.problem.message)
  const { kind, passedOver } = picked.value
  onEvent({ kind: 'engine', engine: kind, passedOver })
  const counts = countsOf(isRecount ? 'always' : 'daily')
  for (const id of environmentIds)
    await withReport('experiments', id, api, { ...context, counts }, async (own) => {
      await moveAllocations(id, { ...own, allocations })
      const fits = await keptFits(picked.value, root, id)
      await concludeExperiments(id, fits.engine, own)
      await fits.save()
      await observeHoldouts(id, { ...own, holdouts })
    })
  return ok(undefined)
}

async function chooseEnvironments(
  api: AdminApi,
  wanted: string | undefined,
): Promise<Result<Environment[], Failure>> {
  const environments = await api.environments()
  if (!environments.ok) return environments
  const all = environments.value.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const chosen = all.filter(({ id }) => wanted === undefined || id === wanted)
  if (wanted === undefined || chosen.length > 0) return ok(chosen)
  const ids = all.map(({ id }) => id)
  return fail('usage', `There is no environment ${wanted}; there are: ${ids.join(', ') || 'none'}.`)
}
