// A lake in a bucket that behaves as R2's does, with real ClickHouse: records go in as ingest writes them,
// and jobs run over it as in a new run each time.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import type { EventRecord } from '../../analytics/records.ts'
import { countEmbedded } from '../../batch/counting/counts.ts'
import { lakeCache } from '../../batch/lake/cache.ts'
import { type ClickHouse, loadChdb, openClickHouse } from '../../batch/lake/clickhouse.ts'
import { lakeListing } from '../../batch/lake/listing.ts'
import { s3Store } from '../../batch/lake/s3.ts'
import type { RunEvent } from '../../batch/run-event.ts'
import type { LakeContext } from '../../batch/jobs/lake-context.ts'
import { simulatedBucket } from './simulated-bucket.ts'
import { close, lakeObjects, listen } from './simulated-stack.ts'

export async function startSimulatedLake() {
  const bucket = simulatedBucket()
  const server = createServer((request, response) => void bucket.answer(request, response, '/lake'))
  const endpoint = await listen(server)
  const s3 = { endpoint, bucket: 'lake', accessKeyId: 'local', secretAccessKey: 'secret' }
  const clickHouse: ClickHouse = openClickHouse(loadChdb)
  const folders: string[] = []
  const newFolder = () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-lake-'))
    folders.push(folder)
    return folder
  }
  const root = newFolder()

  return {
    bucket,
    s3,
    root,
    newFolder,
    clickHouse,
    count: countEmbedded(clickHouse),
    /** One object for each hour and call. Resolves to the keys. */
    add(records: readonly EventRecord[]): string[] {
      const objects = lakeObjects(records)
      for (const [key, body] of objects)
        bucket.objects.set(key, { body, headers: { 'content-type': 'application/gzip' } })
      return objects.map(([key]) => key)
    },
    /** The events of a job in a run of its own. */
    async run(
      job: (context: LakeContext) => Promise<void>,
      now: number,
      { isDryRun = false, smallMax = 200_000, folder = root } = {},
    ): Promise<RunEvent[]> {
      const events: RunEvent[] = []
      const store = s3Store(s3)
      await job({
        store,
        listing: lakeListing(store),
        clickHouse,
        root: folder,
        now,
        smallMax,
        isDryRun,
        onEvent: (event) => events.push(event),
      })
      return events
    },
    /** As a new run reads it. */
    async files(window: { readonly from: number; readonly to: number }, now: number, folder = root) {
      const files = await lakeCache(s3Store(s3), folder, now).files('demo', window)
      if (!files.ok) throw new Error(files.problem.message)
      return files.value
    },
    async close() {
      await close(server)
      for (const folder of folders) rmSync(folder, { recursive: true, force: true })
    },
  }
}
