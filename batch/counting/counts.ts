// One experiment, counted in full from the objects given. Runs ask for all of them at once.
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Experiment } from '../../core/model/experiment.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { RecordFiles, Window } from '../lake/cache.ts'
import type { ClickHouse } from '../lake/clickhouse.ts'
import { variationsOf } from './answers.ts'
import { addUp, countAll } from './count-events.ts'
import type { ObservedVariation } from './observed-variation.ts'
import { openProjections } from './projections.ts'
import { experimentQuestion } from './question.ts'
import type { CountQuestions } from './totals.ts'

/** A row for each variation that users were exposed to. `event` is the goal's. */
export async function countExperiment(
  count: CountQuestions,
  files: RecordFiles,
  experiment: Experiment,
  window: Window,
  event: string,
): Promise<Result<ObservedVariation[], Failure>> {
  const asked = [{ x: 1, question: experimentQuestion(experiment, window, [event]) }]
  const totals = await count(files, asked)
  return totals.ok ? ok(variationsOf(totals.value, 1, 1)) : totals
}

/** In this process, over files of this machine. */
export function countEmbedded(clickHouse: ClickHouse): CountQuestions {
  return async (files, asked, tolerances) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'tackline-count-'))
    try {
      const how = { clickHouse, folder, ...(tolerances && { tolerances }) }
      const parts = await openProjections(clickHouse, folder).of(files.parts)
      if (!parts.ok) return parts
      const contributions = await countAll({ ...files, parts: parts.value }, asked, how)
      return contributions.ok ? await addUp(contributions.value, clickHouse) : contributions
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}
