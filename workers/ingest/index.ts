// The queue's consumer. A batch counts as taken only when all of it is in R2: whatever fails before is
// delivered again, and ids and content-derived names make the repetition harmless.
import type { EventMessage } from '../../analytics/records.ts'
import { lastSeen } from '../../analytics/usage.ts'
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
      await writeUsage(openDatabase(env.DB), lastSeen(records))
    } catch (cause) {
      logError('usage', cause) // the next exposure says it again
    }
  },
} satisfies ExportedHandler<IngestBindings, EventMessage>
