// What a run costs that concludes many experiments: three arms, five goals each, in closed form. Its
// counting, its statistics and what it keeps are those of the runner; the admin API is in memory, and the
// lake is Parquet on disk, as a compaction leaves it. Users see flags at random, so experiments share them.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { bucketsMax } from '../../analytics/manifest.ts'
import type { AdminApi } from '../../batch/admin-api.ts'
import { keptFits } from '../../batch/kept-fits.ts'
import { concludeExperiments } from '../../batch/jobs/conclude-experiments.ts'
import type { JobContext } from '../../batch/jobs/job-context.ts'
import type { LakeCache, PartFile } from '../../batch/lake/cache.ts'
import { loadChdb, openClickHouse } from '../../batch/lake/clickhouse.ts'
import { openCounting } from '../../batch/lake/open-counting.ts'
import type { Configuration } from '../../batch/configuration.ts'
import { exactEngine } from '../../batch/statistics/exact.ts'
import type { ExperimentResult } from '../../core/model/experiment-result.ts'
import type { Experiment } from '../../core/model/experiment.ts'
import { ok } from '../../core/model/problem.ts'
import { type Figure, make, startAt, timed } from './counting.ts'

const goals = ['bought', 'read', 'shared', 'asked', 'left']
const dayMs = 86_400_000
const kept = { version: 1, createdAt: startAt, updatedAt: startAt }

export async function benchConcluding(asked: {
  /** A sixth are goals. */
  readonly records: number
  readonly experiments: number
}): Promise<void> {
  const root = mkdtempSync(path.join(os.tmpdir(), 'tackline-bench-'))
  const clickHouse = openClickHouse(loadChdb)
  try {
    const how = { users: Math.ceil(asked.records / 3), flags: asked.experiments, arms: 3, goals: 5 } as const
    mkdirSync(path.join(root, 'lake'))
    const parts: PartFile[] = []
    for (let bucket = 0; bucket < bucketsMax; bucket++)
      parts.push(
        await make(path.join(root, 'lake'), {
          ...how,
          records: asked.records,
          bucket,
          buckets: bucketsMax,
          salt: 0,
        }),
      )
    const lake: LakeCache = {
      files: () => Promise.resolve(ok({ raw: [], parts, damaged: [], latest: startAt + 14 * dayMs })),
      distrust: () => undefined,
    }
    const configuration = { cacheFolder: root } as Configuration
    const counting = await openCounting(configuration, clickHouse)
    if (!counting.ok) throw new Error(counting.problem.message)
    const results = new Map<string, ExperimentResult>()
    const api = apiInMemory(asked.experiments, results)
    const run = async (now: number) => {
      const failures: string[] = []
      const options = { lake, root, now, recount: 'daily' } as const
      const context: JobContext = {
        api,
        counts: counting.value.open(options),
        metrics: counting.value.openMetrics(options),
        overlaps: counting.value.openOverlaps(options),
        segments: counting.value.openSegments(options),
        minutes: counting.value.openMinutes(options),
        now,
        onEvent: (event) => event.kind === 'failed' && failures.push(event.failure.message),
      }
      const fits = await keptFits({ engine: exactEngine, kind: 'exact', identity: '' }, root, 'demo')
      await concludeExperiments('demo', fits.engine, context)
      await fits.save()
      if (failures.length > 0) throw new Error(failures[0])
      return ok(results.size)
    }
    const figures: Figure[] = []
    const now = startAt + 15 * dayMs
    const load = () => os.loadavg()[0]!.toFixed(1)
    const before = load()
    const stored = await timed(figures, `the first run, ${asked.experiments} experiments`, () => run(now))
    await timed(figures, 'a run without news', () => run(now + 60_000))
    console.table(figures.map(({ ofScan: _, ...figure }) => figure))
    const tested = [...results.values()].flatMap(({ interactions = [] }) => interactions)
    console.log(
      `${asked.records} records, ${stored} results, ${tested.length} pairs of experiments; load of the machine ` +
        `${before} before, ${load()} after`,
    )
  } finally {
    rmSync(root, { recursive: true })
  }
}

/** What concluding asks of control. */
function apiInMemory(experiments: number, results: Map<string, ExperimentResult>): AdminApi {
  const all = Array.from({ length: experiments }, (_, i): Experiment => ({
    id: `experiment-${i}`,
    name: '',
    flagKey: `flag-${i}`,
    ruleId: 'split',
    goalKeys: goals,
    baselineVariationId: 'a',
    startAt,
    stopAt: startAt + 40 * dayMs,
    status: 'running',
    phases: [{ startAt, weights: { a: 1, b: 1, c: 1 } }],
    ...kept,
  }))
  const nothing = { entries: [], unknown: [] }
  const asked: Partial<AdminApi> = {
    experiments: () => Promise.resolve(ok({ entries: all, unknown: [] })),
    flags: () => Promise.resolve(ok([])),
    goals: () => Promise.resolve(ok(goals.map((key) => ({ key, name: '', event: key, ...kept })))),
    layers: () => Promise.resolve(ok(nothing)),
    newestResult: (_, id, goalKey) => Promise.resolve(ok(results.get(`${id}/${goalKey}`))),
    storeResult: (_, id, result) => {
      results.set(`${id}/${result.goalKey}`, result)
      return Promise.resolve(ok(undefined))
    },
  }
  return asked as AdminApi
}
