// The ingest Worker: consumes the event queue. Each message is acknowledged when all of it is in R2, and only
// then. Others are delivered again, which is harmless, because objects are named by their content and events
// are counted once. What cannot be read goes to `bad/`, so it holds up nobody. It also consumes the
// dead-letter queue, so that nothing is in a queue alone: `npm run batch -- replay` brings dead letters into
// the lake.
import { type MessageContent, readMessage } from '../../analytics/messages.ts'
import { isKnown } from '../../analytics/records.ts'
import { lastExposures } from '../../analytics/usage.ts'
import { logError } from '../http/log.ts'
import { openDatabase } from '../storage/database.ts'
import { writeLive } from '../storage/analytics-engine.ts'
import { writeBad, writeDeadLetters, writeLines } from '../storage/lake.ts'
import { createUsageWriter } from '../storage/usage.ts'
import { retryDelay } from './retry-delay.ts'

export interface IngestBindings {
  readonly LAKE: R2Bucket
  readonly LIVE: AnalyticsEngineDataset
  readonly DB: D1Database
}

const writeUsage = createUsageWriter()

/** As in wrangler.toml. */
const deadLetterQueue = 'tackline-events-dead'

export default {
  queue: (batch, env) => (batch.queue === deadLetterQueue ? keepDeadLetters(batch, env) : store(batch, env)),
} satisfies ExportedHandler<IngestBindings>

async function store({ messages }: MessageBatch, env: IngestBindings): Promise<void> {
  const contents = messages.map(({ body }) => readMessage(body))
  const failed = await writeLines(
    env.LAKE,
    contents.flatMap(({ lines }) => lines),
  )
  const isStored = async ({ id, timestamp }: Message, { lines, bad }: MessageContent) => {
    const isBadWritten = bad.length === 0 || (await writeBad(env.LAKE, id, dayOf(timestamp), bad))
    return isBadWritten && !lines.some((line) => failed.has(line))
  }
  const outcomes = await Promise.all(messages.map((message, i) => isStored(message, contents[i]!)))
  for (const [i, message] of messages.entries()) settle(message, outcomes[i] === true)
  const stored = contents.flatMap(({ lines }, i) =>
    outcomes[i] ? lines.map(({ record }) => record).filter(isKnown) : [],
  )
  writeLive(env.LIVE, stored)
  try {
    await writeUsage(openDatabase(env.DB), lastExposures(stored))
  } catch (cause) {
    logError('usage', cause) // not retried: the next exposure writes a newer time
  }
}

async function keepDeadLetters({ messages }: MessageBatch, env: IngestBindings): Promise<void> {
  const byDay = Map.groupBy(messages, ({ timestamp }) => dayOf(timestamp))
  const writes = [...byDay].map(async ([day, own]) => {
    const lines = own.map(({ id, timestamp, body }) =>
      JSON.stringify({ id, timestamp: timestamp.getTime(), body }),
    )
    const isWritten = await writeDeadLetters(env.LAKE, day, lines.toSorted())
    for (const message of own) settle(message, isWritten)
  })
  await Promise.all(writes)
}

function settle(message: Message, isStored: boolean): void {
  if (isStored) message.ack()
  else message.retry({ delaySeconds: retryDelay(message.attempts) })
}

const dayOf = (timestamp: Date) => timestamp.toISOString().slice(0, 10)
