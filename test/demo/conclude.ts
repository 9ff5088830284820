// From the lake to the verdict: waits until what was acknowledged has been ingested, then runs the batch
// runner as it is.
import { join } from 'node:path'
import { readConfiguration } from '../../batch/configuration.ts'
import { s3Store } from '../../batch/lake/s3.ts'
import { toText } from '../../batch/print.ts'
import type { Report } from '../../batch/run-event.ts'
import { runBatch } from '../../batch/run.ts'
import type { ExperimentResult } from '../../core/model/experiment-result.ts'
import { environmentPrefix } from '../../analytics/lake.ts'
import type { Admin } from '../../scripts/admin.ts'

const quietMs = 4_000
const waitMaxMs = 60_000

export interface Conclusion {
  readonly exitCode: number
  readonly result: ExperimentResult | undefined
  readonly applied: Extract<Report, { kind: 'applied' }> | undefined
}

export async function concludeFromLake({ url, token }: Admin, environmentId: string): Promise<Conclusion> {
  const configured = readConfiguration(
    { ...process.env, TACKLINE_URL: url, TACKLINE_TOKEN: token },
    undefined,
  )
  if (!configured.ok) throw new Error(configured.failure.message)
  const configuration = { ...configured.value, cacheFolder: join(configured.value.cacheFolder, 'demo') }
  await untilQuiet(() => countObjects(configuration.lake, environmentId))
  const reports: Report[] = []
  const exitCode = await runBatch({
    configuration,
    question: { work: 'all', environmentId, engine: 'auto' },
    variables: process.env,
    now: Date.now(),
    tell(report) {
      reports.push(report)
      console.log(toText(report))
    },
  })
  const concluded = reports.find((report) => report.kind === 'concluded')
  return { exitCode, result: concluded?.result, applied: reports.find((report) => report.kind === 'applied') }
}

async function countObjects(lake: Parameters<typeof s3Store>[0], environmentId: string): Promise<number> {
  const keys = await s3Store(lake).list(environmentPrefix(environmentId))
  if (!keys.ok) throw new Error(keys.failure.message)
  return keys.value.length
}

/** The queue delivers within a second or so: once nothing new has come for a while, everything is there. */
async function untilQuiet(count: () => Promise<number>): Promise<void> {
  const startedAt = Date.now()
  let last = -1
  let since = Date.now()
  while (Date.now() - startedAt < waitMaxMs) {
    const now = await count()
    if (now !== last) since = Date.now()
    else if (Date.now() - since >= quietMs) return
    last = now
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
