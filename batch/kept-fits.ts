// Posteriors in closed form that an environment's last run needed, kept on disk: a run without news computes
// none of them again. Those that this run did not need go.
import { createHash } from 'node:crypto'
import path from 'node:path'
import * as z from 'zod'
import { EngineReport } from '../core/model/engine-report.ts'
import { VariationPosterior } from '../core/model/experiment-result.ts'
import { ok } from '../core/model/problem.ts'
import { readSealed, writeSealed } from './lake/sealed-file.ts'
import { releaseOf } from './reproduce/sql-files.ts'
import { statisticsRelease } from './statistics/conclude.ts'
import type { Engine, Fit, FitInput } from './statistics/fit.ts'

const Kept = z.record(z.string(), z.object({ engine: EngineReport, variations: z.array(VariationPosterior) }))

export interface KeptFits {
  readonly engine: Engine
  /** A full disk costs the next run some seconds, and this one nothing. */
  save(): Promise<void>
}

/** `engine` gives equal fits for equal input, as the closed form does. `root`: the cache's folder. */
export async function keptFits(engine: Engine, root: string, environmentId: string): Promise<KeptFits> {
  const file = path.join(root, 'counts', `environment=${environmentId}`, 'fits.json')
  const known = Kept.safeParse(await readSealed(file)).data ?? {}
  const used: Record<string, Fit> = {}
  return {
    engine: {
      ...engine,
      async fit(input) {
        const key = keyOf(input)
        const kept = used[key] ?? known[key]
        const fit = kept ? ok(kept) : await engine.fit(input)
        if (fit.ok) used[key] = fit.value
        return fit
      },
    },
    async save() {
      const isSame =
        Object.keys(used).length === Object.keys(known).length &&
        Object.keys(used).every((key) => key in known)
      if (!isSame) await writeSealed(file, used).catch(() => undefined)
    },
  }
}

const keyOf = (input: FitInput): string =>
  createHash('sha256')
    .update(JSON.stringify([releaseOf(), statisticsRelease, Object.entries(input).toSorted(byName)]))
    .digest('hex')

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1)
