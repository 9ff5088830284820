// The demo's last step: waits until all acknowledged events are in the lake, then runs the batch runner in
// this process.
import { join } from 'node:path'
import { readConfiguration } from '../../batch/configuration.ts'
import { s3Store } from '../../batch/lake/s3.ts'
import { toText } from '../../batch/print.ts'
import type { RunEvent } from '../../batch/run-event.ts'
import { runBatch } from '../../batch/run.ts'
import type { ExperimentResult } from '../../core/model/experiment-result.ts'
import { environmentPrefix } from '../../analytics/lake.ts'
import type { Admin } from '../../scripts/admin.ts'

const quietMs = 4_000
const waitMaxMs = 60_000

export interface Conclusion {
  readonly exitCode: number
  readonly result: ExperimentResult | undefined
  readonly applied: Extract<RunEvent, { kind: 'applied' }> | undefined
}

export async function concludeFromLake({ url, token }: Admin, environmentId: string): Promise<Conclusion> {
  const configured = readConfiguration(
    { ...process.env, TACKLINE_URL: url, TACKLINE_TOKEN: token },
    undefined,
  )
  if (!configured.ok) throw new Error(configured.problem.message)
  const configuration = { ...configured.value, cacheFolder: join(configured.value.cacheFolder, 'demo') }
  await untilQuiet(() => countObjects(configuration.lake, environmentId))
  const events: RunEvent[] = []
  const exitCode = await runBatch(
    { work: 'all', environmentId, engine: 'auto', isDryRun: false, isRecount: false, lakeOrder: undefined },
    {
      configuration,
      variables: process.env,
      now: Date.now(),
      onEvent(event) {
        events.push(event)
        console.log(toText(event))
      },
    },
  )
  const concluded = events.find((event) => event.kind === 'concluded')
  return { exitCode, result: concluded?.result, applied: events.find((event) => event.kind === 'applied') }
}

async function countObjects(lake: Parameters<typeof s3Store>[0], environmentId: string): Promise<number> {
  const keys = await s3Store(lake).list(environmentPrefix(environmentId))
  if (!keys.ok) throw new Error(keys.problem.message)
  return keys.value.length
}

/** Waits until the count has not changed for a while. The queue delivers within a second or so. */
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
