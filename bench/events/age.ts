// One event a second for 90 days: how many objects a day keeps, and what a run asks of the store as the lake
// grows older. Real ClickHouse compacts, over a bucket in memory that behaves as R2's does. The last day is
// whole, with an object for each ten seconds; the days before it have one for each of their hours, which a
// compaction turns into the same number of objects.
import type { EventRecord } from '../../analytics/records.ts'
import { compact } from '../../batch/jobs/compact.ts'
import { lakeCache } from '../../batch/lake/cache.ts'
import { s3Store } from '../../batch/lake/s3.ts'
import { startSimulatedLake } from '../../test/support/simulated-lake.ts'

const days = 90
const startAt = Date.UTC(2026, 7, 1)
const [secondMs, hourMs, dayMs] = [1_000, 3_600_000, 86_400_000]
/** An experiment of the last month looks at so much. */
const windowMs = 30 * dayMs

interface Requests {
  readonly list: number
  readonly get: number
}

export async function benchAge(): Promise<void> {
  const lake = await startSimulatedLake()
  try {
    const figures: [number, { full: Requests; again: Requests }][] = []
    for (let day = 0; day < days; day++) {
      const isWhole = day === days - 1
      addDay(day, isWhole ? 10 : 3_600)
      const dayAt = startAt + day * dayMs
      // A whole day is compacted every hour.
      for (let hour = isWhole ? 1 : 24; hour <= 24; hour++)
        await lake.run((context) => compact('demo', context), dayAt + hour * hourMs)
      await lake.run((context) => compact('demo', context), dayAt + dayMs + 3 * hourMs)
      if ([30, 60, 90].includes(day + 1))
        figures.push([day + 1, await requestsOf(dayAt + dayMs + 4 * hourMs)])
    }
    // What was replaced is deleted a day later.
    await lake.run((context) => compact('demo', context), startAt + (days + 2) * dayMs)
    const perDay = objectsByDay([...lake.bucket.objects.keys()])
    console.log(
      `objects a day after compaction: at most ${Math.max(...perDay.values())}, in ${perDay.size} days`,
    )
    console.log('| age of the lake, days | requests of a first run | of the next |\n| ---: | ---: | ---: |')
    for (const [age, { full, again }] of figures)
      console.log(`| ${age} | ${full.list} LIST, ${full.get} GET | ${again.list} LIST, ${again.get} GET |`)
  } finally {
    await lake.close()
  }

  function addDay(day: number, everySeconds: number): void {
    const dayAt = startAt + day * dayMs
    for (let from = 0; from < 86_400; from += everySeconds) {
      const events = everySeconds === 10 ? 10 : 1
      lake.add(Array.from({ length: events }, (_, i) => exposure(dayAt + (from + i) * secondMs)))
    }
  }

  /** What a run with an empty cache asks for, and the next one. */
  async function requestsOf(now: number): Promise<{ full: Requests; again: Requests }> {
    const folder = lake.newFolder()
    const once = async () => {
      lake.bucket.requests.length = 0
      const window = { from: now - windowMs, to: now }
      const files = await lakeCache(s3Store(lake.s3), folder, now).files('demo', window)
      if (!files.ok) throw new Error(files.problem.message)
      const asked = (method: string) =>
        lake.bucket.requests.filter((request) => request.startsWith(method)).length
      return { list: asked('LIST'), get: asked('GET') }
    }
    return { full: await once(), again: await once() }
  }
}

const exposure = (at: number): EventRecord => ({
  v: 2,
  kind: 'exposure',
  id: `e${at}`,
  environmentId: 'demo',
  at,
  receivedAt: at,
  protocol: 'ofrep',
  sdk: '',
  keyKind: 'client',
  source: '',
  targetingKey: `user-${at % 7_919}`,
  attributes: {},
  flagKey: 'checkout',
  flagVersion: 1,
  variationId: 'a',
  ruleId: 'split',
  verified: true,
  revision: 1,
  unitAttribute: '',
  unit: '',
})

function objectsByDay(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys) {
    const day = /day=([^/]+)/.exec(key)?.[1] ?? ''
    counts.set(day, (counts.get(day) ?? 0) + 1)
  }
  return counts
}
