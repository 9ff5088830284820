// The ingest Worker: consumes the event queue. It acknowledges a batch only when all of it is in R2. A failed
// batch is delivered again, which is harmless, because objects are named by their content and events have
// ids.
import type { EventMessage } from '../../analytics/records.ts'
import { lastExposures } from '../../analytics/usage.ts'
import { logError } from '../http/log.ts'
import { openDatabase } from '../storage/database.ts'
import { writeLive } from '../storage/analytics-engine.ts'
import { writePortions } from '../storage/lake.ts'
import { writeUsage } from '../storage/usage.ts'

export interface IngestBindings {
  readonly LAKE: R2Bucket
  readonly LIVE: AnalyticsEngineDataset
  readonly DB: D1Database
}

export default {
  async queue(batch, env) {
    const records = batch.messages.flatMap(({ body }) => body.records)
    try {
      await writePortions(env.LAKE, records)
    } catch (cause) {
      logError('lake', cause)
      return batch.retryAll()
    }
    writeLive(env.LIVE, records)
    batch.ackAll()
    try {
      await writeUsage(openDatabase(env.DB), lastExposures(records))
    } catch (cause) {
      logError('usage', cause) // not retried: the next exposure writes a newer time
    }
  },
} satisfies ExportedHandler<IngestBindings, EventMessage>
