// The product's ingest, unchanged, in a world that fails it: R2 refuses, R2 writes but the answer is lost,
// the consumer dies after the work is done and before it is acknowledged. Every third delivery goes well.
import type { EventMessage } from '../../../analytics/records.ts'
import ingest, { type IngestBindings } from '../../../workers/ingest/index.ts'

let delivery = 0

export default {
  async queue(batch, env) {
    const fault = ['refuse', 'lose-answer', 'none', 'die'][delivery++ % 4]
    const LAKE = {
      async put(...given: Parameters<R2Bucket['put']>) {
        if (fault === 'refuse') throw new Error('R2 refuses')
        const stored = await env.LAKE.put(...given)
        if (fault === 'lose-answer') throw new Error('R2 has it, but the answer is lost')
        return stored
      },
    } as R2Bucket
    if (fault === 'die') {
      await ingest.queue(
        { ...batch, messages: batch.messages, ackAll: () => {}, retryAll: () => {} } as typeof batch,
        env,
      )
      throw new Error('the consumer dies with everything written and nothing acknowledged')
    }
    await ingest.queue(batch, { ...env, LAKE })
  },
} satisfies ExportedHandler<IngestBindings, EventMessage>
