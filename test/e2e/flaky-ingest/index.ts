// The product's ingest, unchanged, with failing bindings: R2 refuses, R2 writes but its response is lost, or
// the consumer dies between the work and the acknowledgement. Every third delivery succeeds.
import { type IngestBindings, consume } from '../../../workers/ingest/consume.ts'

let delivery = 0

const fieldsOf = ({ id, timestamp, body, attempts }: Message) => ({ id, timestamp, body, attempts })
/** Ends without acknowledging or retrying. */
const unsettled = (message: Message) => ({ ...fieldsOf(message), ack: () => {}, retry: () => {} })
/**
 * Retries soon, because the real delays grow too long for a test, and every second one after the batch of the
 * others: what was written comes again in another batch, so in an object of another name.
 */
const impatient = (message: Message, place: number) => ({
  ...fieldsOf(message),
  ack: () => message.ack(),
  retry: () => message.retry({ delaySeconds: 2 * (place % 2) }),
})

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
      await consume(
        { ...batch, queue: batch.queue, messages: batch.messages.map(unsettled) } as typeof batch,
        env,
      )
      throw new Error('the consumer dies with everything written and nothing acknowledged')
    }
    await consume({ ...batch, queue: batch.queue, messages: batch.messages.map(impatient) } as typeof batch, {
      ...env,
      LAKE,
    })
  },
} satisfies ExportedHandler<IngestBindings>
