// What a million events cost on paper: Cloudflare's list prices, beyond what a plan includes, times what the
// product does for them. Batches are those of ingest's wrangler.toml; the rest was measured once or is
// assumed, as the fields say. Pure, but for reading that file.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Dollars. Read on 2026-11-29; the addresses are in docs/guides/costs.md. */
export const prices = {
  workersRequest: 0.3 / 1e6,
  workersCpuMs: 0.02 / 1e6,
  /** Of each 64 KB: written, read, deleted. */
  queueOperation: 0.4 / 1e6,
  classA: 4.5 / 1e6,
  storageGbMonth: 0.015,
  objectRequest: 0.15 / 1e6,
  objectRowWritten: 1 / 1e6,
}

/** Of 2026-11-29. A changed product needs new ones: no test compares them with what it does. */
export const measured = {
  /** A Bucketeer exposure with four attributes, as the queue gets it; counted by hand. */
  bytesInQueue: 478,
  /** Compacted; of docs/performance.md. */
  bytesInParts: 43,
  /**
   * Of edge: milliseconds of CPU for a request with so many events, the stand-ins' part included, by `npm run
   * bench:events -- intake` before Bucketeer's events had a shortcut. Ten lie in between by calculation.
   */
  edgeCpuMs: new Map([
    [1, 0.41],
    [10, 0.54],
    [50, 1.13],
  ]),
  /** Assumed, of a trial in Node: reading, joining and packing records, and the live counts. */
  ingestCpuMsPerRecord: 0.02,
}

/** What is assumed of the traffic. */
export const traffic = {
  eventsPerSecond: 100,
  /** Pairs of flag and variation that one batch touches, in all four objects of counters. */
  variationsPerBatch: 20,
  counterObjects: 4,
}

const queueChunkBytes = 64_000
export const monthSeconds = 30.4 * 86_400
/** A row of counts and one of usage for each variation. */
const rowsPerVariation = 2
/** At most four that note the batch, and the deletion of one a day later. */
const rowsPerObject = 5

export interface Cost {
  readonly step: string
  readonly dollars: number
}

/** Messages of one request each; a batch is full, or its time is over. */
export function batchOf(
  eventsPerMessage: number,
  toml: string,
  eventsPerSecond: number = traffic.eventsPerSecond,
) {
  const [, consumer = ''] = toml.split('[[queues.consumers]]')
  const setting = (name: string) => Number(new RegExp(`^${name} = (\\d+)`, 'm').exec(consumer)?.[1])
  const perSecond = eventsPerSecond / eventsPerMessage
  const messages = Math.max(1, Math.min(setting('max_batch_size'), perSecond * setting('max_batch_timeout')))
  return { messages, objectsPerHour: (3_600 * perSecond) / messages }
}

/** What is billed for some events. Storage is of what is compacted. */
export function quantitiesOf(
  events: number,
  eventsPerRequest: number,
  eventsPerSecond: number = traffic.eventsPerSecond,
  toml = ingestToml(),
) {
  const requests = events / eventsPerRequest
  const batches = requests / batchOf(eventsPerRequest, toml, eventsPerSecond).messages
  const chunks = Math.ceil((measured.bytesInQueue * eventsPerRequest) / queueChunkBytes)
  const objects = traffic.counterObjects + 1
  const rows = traffic.variationsPerBatch * rowsPerVariation + objects * rowsPerObject
  return {
    requests,
    batches,
    edgeCpuMs: requests * measured.edgeCpuMs.get(eventsPerRequest)!,
    ingestCpuMs: events * measured.ingestCpuMsPerRecord,
    queueOperations: 3 * requests * chunks,
    storageGb: (events * measured.bytesInParts) / 1e9,
    objectRequests: batches * objects,
    objectRowsWritten: batches * rows,
  }
}

/** Of a million events. Storage is for a month. */
export function costsOf(eventsPerRequest: number, toml = ingestToml()): Cost[] {
  const of = quantitiesOf(1e6, eventsPerRequest, traffic.eventsPerSecond, toml)
  const costs: Cost[] = [
    { step: 'edge: requests', dollars: of.requests * prices.workersRequest },
    { step: 'edge: CPU', dollars: of.edgeCpuMs * prices.workersCpuMs },
    { step: 'queue: operations', dollars: of.queueOperations * prices.queueOperation },
    {
      step: 'ingest: invocations and CPU',
      dollars: of.batches * prices.workersRequest + of.ingestCpuMs * prices.workersCpuMs,
    },
    { step: 'R2: class A', dollars: of.batches * prices.classA },
    { step: 'R2: storage of a month', dollars: of.storageGb * prices.storageGbMonth },
    {
      step: 'live counters',
      dollars: of.objectRequests * prices.objectRequest + of.objectRowsWritten * prices.objectRowWritten,
    },
  ]
  return [...costs, { step: 'together', dollars: costs.reduce((sum, { dollars }) => sum + dollars, 0) }]
}

const ingestToml = () => readFileSync(join(import.meta.dirname, '../../workers/ingest/wrangler.toml'), 'utf8')

const sizes = [1, 10, 50]

/** Markdown. */
export function costsTable(): string {
  const columns = sizes.map((size) => costsOf(size))
  const head = ['dollars a million events', ...sizes.map((size) => `${size} a request`)]
  const rows = columns[0]!.map(({ step }, i) => [
    step,
    ...columns.map((costs) => costs[i]!.dollars.toFixed(4)),
  ])
  const objects = sizes.map((size) => Math.round(batchOf(size, ingestToml()).objectsPerHour).toString())
  const monthly = columns.map((costs) =>
    Math.round((costs.at(-1)!.dollars * traffic.eventsPerSecond * monthSeconds) / 1e6).toLocaleString(
      'en-US',
    ),
  )
  const all = [
    ...rows,
    ['objects an hour', ...objects],
    [`dollars a month at ${traffic.eventsPerSecond} events a second`, ...monthly],
  ]
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(['---', ...sizes.map(() => '---:')]), ...all.map(line)].join('\n')
}
