// The queue's consumer. A batch counts as taken only when all of it is in R2: whatever fails before is delivered again, and ids and
// content-derived names make the repetition harmless.
import type { EventMessage } from '../../analytics/records.ts'
import { logError } from '../http/log.ts'
import { writeLive } from '../storage/live.ts'
import { writePortions } from '../storage/lake.ts'

export interface IngestBindings {
  readonly LAKE: R2Bucket
  readonly LIVE: AnalyticsEngineDataset
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
  },
} satisfies ExportedHandler<IngestBindings, EventMessage>
