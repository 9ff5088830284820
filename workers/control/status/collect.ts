// Asks every part for what the status page needs. A part that does not answer in time is one that fails.
import { isJobLate } from '../../../core/model/job-run.ts'
import { logError } from '../../http/log.ts'
import { sumOfHours } from '../../live/intake-health.ts'
import { intakeOf } from '../../live/live-counters.ts'
import type { Head } from '../../contracts/environment-contract.ts'
import { openDatabase } from '../../storage/database.ts'
import { liveEnvironments } from '../../storage/organisations.ts'
import { readSnapshotText } from '../../storage/snapshots.ts'
import { within } from '../../storage/within.ts'
import type { ControlBindings } from '../bindings.ts'
import type { EnvironmentFacts, Facts } from './judge.ts'

const answerWithinMs = 2_000
const hourMs = 3_600_000
/** Intake is judged by these and the current one. */
const intakeHours = 2
/** Each takes four questions. Those marked as production come first. */
export const environmentsMax = 20

export async function collect(env: ControlBindings, now: number): Promise<Facts> {
  const ids = await asked('D1', () => liveEnvironments(openDatabase(env.DB), environmentsMax))
  const environments = ids && (await Promise.all(ids.map((id) => factsOf(env, id, now))))
  return { now, environments }
}

async function factsOf(env: ControlBindings, id: string, now: number): Promise<EnvironmentFacts> {
  const intakeObject = intakeOf(env, id)
  const fromHour = Math.floor(now / hourMs) - intakeHours
  const [published, hours, runs, page] = await Promise.all([
    asked('environment', async (): Promise<Head> =>
      env.ENVIRONMENT.get(env.ENVIRONMENT.idFromName(id)).head(id),
    ),
    asked('intake', async () => intakeObject.readIntake(fromHour)),
    asked('jobs', async () => intakeObject.jobRuns()),
    asked('publications', async () => intakeObject.publications(Number.MAX_SAFE_INTEGER, 1)),
  ])
  const revision = published?.status === 'known' ? published.revision : undefined
  const snapshot =
    revision === undefined
      ? undefined
      : await asked('KV', async () => ({ text: await readSnapshotText(env.SNAPSHOTS, id, revision) }))
  const sum = hours && sumOfHours(hours.hours)
  const dead = hours?.hours.filter(({ counts }) => (counts.dead ?? 0) > 0).map(({ hour }) => hour * hourMs)
  return {
    unpublishedSince: published?.status === 'known' ? (published.unpublished?.since ?? null) : undefined,
    isReadable: revision === undefined ? undefined : typeof snapshot?.text === 'string',
    publishedAt: page && (page.publications[0]?.publishedAt ?? null),
    intake: sum && { accepted: sum.accepted ?? 0, stored: sum.stored ?? 0, dead: sum.dead ?? 0 },
    deadSince: dead && dead.length > 0 ? Math.min(...dead) : null,
    jobs: runs?.map((run) => ({
      job: run.job,
      doneAt: run.doneAt,
      startedAt: run.startedAt,
      isLate: isJobLate(run, run.doneAt, now),
    })),
  }
}

async function asked<T>(what: string, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await within(answerWithinMs, ask())
  } catch (cause) {
    logError(`status: ${what}`, cause)
    return undefined
  }
}
