// Consumes the event queues. Each message is acknowledged when all of it is in R2, and
// only then. Others are delivered again, which is harmless, because objects are named by their content and
// events are counted once. What cannot be read goes to `bad/`, so it holds up nobody. It also consumes the
// dead-letter queue, so that nothing is in a queue alone: `npm run batch -- replay` brings dead letters
// into the lake. Live counts follow the acknowledgement, and may fail.
import { type BadContent, type MessageContent, readMessage } from '../../analytics/messages.ts'
import type { IntakeCount } from '../../analytics/intake.ts'
import { identityOf, type Line } from '../../analytics/lake.ts'
import { isKnown } from '../../analytics/records.ts'
import { sha256Hex } from '../http/digest.ts'
import { type LiveBindings, addIntake, addLive } from '../live/live-counters.ts'
import { writeLive } from '../storage/analytics-engine.ts'
import { writeBad, writeDeadLetters, writeLines } from '../storage/lake.ts'
import { retryDelay } from './retry-delay.ts'

export interface IngestBindings extends LiveBindings {
  readonly LAKE: R2Bucket
  readonly LIVE: AnalyticsEngineDataset
}

/** The end of its name, as in wrangler.toml; each installation of an account has a beginning of its own. */
const deadLetterQueue = '-events-dead'

export const consume = (batch: MessageBatch, env: IngestBindings): Promise<void> =>
  batch.queue.endsWith(deadLetterQueue) ? keepDeadLetters(batch, env) : store(batch, env)

async function store({ messages }: MessageBatch, env: IngestBindings): Promise<void> {
  const contents = messages.map(({ body }) => readMessage(body))
  const { failed, known } = await writeLines(
    env.LAKE,
    contents.flatMap(({ lines }) => lines),
  )
  const isStored = async ({ id, timestamp }: Message, { lines, bad }: MessageContent) => {
    const isBadWritten = bad.length === 0 || (await writeBad(env.LAKE, id, dayOf(timestamp), bad))
    return isBadWritten && !lines.some((line) => failed.has(line))
  }
  const outcomes = await Promise.all(messages.map((message, i) => isStored(message, contents[i]!)))
  for (const [i, message] of messages.entries()) settle(message, outcomes[i] === true)
  const stored = contents.filter((_, i) => outcomes[i])
  const storedLines = stored.flatMap(({ lines }) => lines)
  const records = storedLines.map(({ record }) => record).filter(isKnown)
  writeLive(env.LIVE, records)
  const batchId = await batchIdOf(messages.filter((_, i) => outcomes[i]))
  await Promise.all([
    addLive(env, batchId, records, Date.now()),
    count(env, batchId, 'bad', stored),
    countDuplicates(env, batchId, storedLines, known),
  ])
}

async function countDuplicates(
  env: IngestBindings,
  batchId: string,
  lines: readonly Line[],
  known: ReadonlySet<Line>,
): Promise<void> {
  const seen = new Set<string>()
  const copies = lines.filter((line) => {
    const identity = identityOf(line.record)
    const isCopy = known.has(line) || seen.has(identity)
    seen.add(identity)
    return isCopy
  })
  const byEnvironment = Map.groupBy(copies, ({ record }) => record.environmentId)
  await Promise.all(
    [...byEnvironment].map(([id, own]) =>
      addIntake(env, `duplicates ${batchId}`, id, { duplicates: own.length }),
    ),
  )
}

async function keepDeadLetters({ messages }: MessageBatch, env: IngestBindings): Promise<void> {
  const byDay = Map.groupBy(messages, ({ timestamp }) => dayOf(timestamp))
  const writes = [...byDay].map(async ([day, own]) => {
    const lines = own.map(({ id, timestamp, body }) =>
      JSON.stringify({ id, timestamp: timestamp.getTime(), body }),
    )
    const isWritten = await writeDeadLetters(env.LAKE, day, lines.toSorted())
    for (const message of own) settle(message, isWritten)
    if (isWritten)
      await count(
        env,
        await batchIdOf(own),
        'dead',
        own.map(({ body }) => readMessage(body)),
      )
  })
  await Promise.all(writes)
}

function settle(message: Message, isStored: boolean): void {
  if (isStored) message.ack()
  else message.retry({ delaySeconds: retryDelay(message.attempts) })
}

/** Counts events that are not in the lake for the environments that can be told. */
async function count(
  env: IngestBindings,
  batchId: string,
  name: Extract<IntakeCount, 'bad' | 'dead'>,
  contents: readonly MessageContent[],
): Promise<void> {
  const environments = contents.flatMap(({ lines, bad }) => {
    const [first] = lines
    const ofBad = bad.map((each) => environmentOf(each) ?? first?.record.environmentId)
    return name === 'bad' ? ofBad : [...ofBad, ...lines.map(({ record }) => record.environmentId)]
  })
  const counted = Map.groupBy(
    environments.filter((id) => id !== undefined),
    (id) => id,
  )
  await Promise.all(
    [...counted].map(([id, events]) => addIntake(env, `${name} ${batchId}`, id, { [name]: events.length })),
  )
}

/** A message has events of one environment. */
function environmentOf({ content }: BadContent): string | undefined {
  const id = (content as { environmentId?: unknown } | null | undefined)?.environmentId
  return typeof id === 'string' && /^[\w.-]{1,200}$/.test(id) ? id : undefined
}

/** The same messages are the same batch, in whatever order they come. */
const batchIdOf = (messages: readonly Message[]): Promise<string> =>
  sha256Hex(
    messages
      .map(({ id }) => id)
      .toSorted()
      .join(),
  )

const dayOf = (timestamp: Date) => timestamp.toISOString().slice(0, 10)
