// Runs the batch runner against a stack of a test, in this process.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfiguration } from '../../batch/configuration.ts'
import type { RunEvent } from '../../batch/run-event.ts'
import { runBatch } from '../../batch/run.ts'
import type { Admin } from '../../scripts/admin.ts'

export async function runAll({ url, token }: Admin, environmentId: string): Promise<RunEvent[]> {
  const configured = readConfiguration(
    { ...process.env, TACKLINE_URL: url, TACKLINE_TOKEN: token },
    undefined,
  )
  if (!configured.ok) throw new Error(configured.problem.message)
  const cacheFolder = mkdtempSync(join(tmpdir(), 'tackline-batch-'))
  const events: RunEvent[] = []
  await runBatch(
    { work: 'all', environmentId, engine: 'exact', isDryRun: false, isRecount: false, lakeOrder: undefined },
    {
      configuration: { ...configured.value, cacheFolder },
      variables: process.env,
      now: Date.now(),
      onEvent: (event) => events.push(event),
    },
  )
  return events
}
