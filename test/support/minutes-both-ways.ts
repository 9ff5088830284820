// Counts what operations watch in real ClickHouse both ways, embedded and over HTTP, which must agree.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { type AskedMinutes, minutesCounter } from '../../batch/counting/operation-minutes.ts'
import { openProjections } from '../../batch/counting/projections.ts'
import { projectedRecords } from '../../batch/counting/projected-records.ts'
import { recordsInPlace } from '../../batch/counting/records-in-place.ts'
import type { Tolerances } from '../../batch/counting/totals.ts'
import { loadChdb, openClickHouse } from '../../batch/lake/clickhouse.ts'
import { openClickHouseServer } from '../../batch/lake/clickhouse-server.ts'
import { inBucket } from '../../batch/lake/record-source.ts'
import { serverUser, startClickHouseOverHttp } from './clickhouse-over-http.ts'
import { simulatedBucket } from './simulated-bucket.ts'
import { close, listen } from './simulated-stack.ts'

export async function openBothWays() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-ways-'))
  const bucket = simulatedBucket()
  const bucketServer = createServer((request, response) => void bucket.answer(request, response, '/lake'))
  const endpoint = await listen(bucketServer)
  const clickHouse = await startClickHouseOverHttp()
  const lake = { endpoint, bucket: 'lake', accessKeyId: 'local', secretAccessKey: 'secret' }
  const client = openClickHouseServer({ ...serverUser, url: clickHouse.url })
  const source = inBucket({ root: folder, lake, collection: undefined, cluster: undefined })
  const chdb = openClickHouse(loadChdb)
  const projections = openProjections(chdb, path.join(folder, 'projections'))
  const embedded = minutesCounter(chdb, projectedRecords(chdb, projections))
  const server = minutesCounter(client, recordsInPlace(client, source))
  return {
    /** Each list of lines becomes one object of the lake. */
    async minutes(
      objects: readonly (readonly string[])[],
      asked: readonly AskedMinutes[],
      tolerances: Tolerances,
      dayMs: number,
    ) {
      const raw = objects.map((text, i) => {
        const body = gzipSync(text.map((line) => `${line}\n`).join(''))
        bucket.objects.set(`${i}.ndjson.gz`, { body, headers: {} })
        const file = path.join(folder, `${i}.ndjson.gz`)
        writeFileSync(file, body)
        return file
      })
      const files = { raw, parts: [] }
      const [own, other] = await Promise.all(
        [embedded, server].map((count) => count(files, asked, tolerances, dayMs)),
      )
      if (!own!.ok) throw new Error(own!.problem.message)
      expect(other).toEqual(own)
      return own!.value.flatMap((rows, i) => rows.map((row) => ({ x: asked[i]!.x, ...row })))
    },
    async close() {
      rmSync(folder, { recursive: true })
      await client.close()
      await clickHouse.close()
      await close(bucketServer)
    },
  }
}
