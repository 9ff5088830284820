// Runs a query of analytics/sql in real ClickHouse both ways, embedded and over HTTP, which must agree.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import * as z from 'zod'
import { loadChdb, openClickHouse, type Parameters } from '../../batch/lake/clickhouse.ts'
import { openClickHouseServer } from '../../batch/lake/clickhouse-server.ts'
import { inBucket } from '../../batch/lake/record-source.ts'
import { openWarehouse, type Warehouse } from '../../batch/lake/warehouse.ts'
import { serverUser, startClickHouseOverHttp } from './clickhouse-over-http.ts'
import { simulatedBucket } from './simulated-bucket.ts'
import { close, listen } from './simulated-stack.ts'

export interface QueryWays {
  /** Each list of lines becomes one object of the lake. */
  run(name: string, objects: readonly (readonly string[])[], parameters: Parameters): Promise<unknown[]>
  close(): Promise<void>
}

export async function openQueryWays(): Promise<QueryWays> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-ways-'))
  const bucket = simulatedBucket()
  const bucketServer = createServer((request, response) => void bucket.answer(request, response, '/lake'))
  const endpoint = await listen(bucketServer)
  const clickHouse = await startClickHouseOverHttp()
  const lake = { endpoint, bucket: 'lake', accessKeyId: 'local', secretAccessKey: 'secret' }
  const client = openClickHouseServer({ ...serverUser, url: clickHouse.url })
  const embedded = openWarehouse(openClickHouse(loadChdb))
  const server = openWarehouse(
    client,
    inBucket({ root: folder, lake, collection: undefined, cluster: undefined }),
  )
  return {
    async run(name, objects, parameters) {
      const raw = objects.map((text, i) => {
        const body = gzipSync(text.map((line) => `${line}\n`).join(''))
        bucket.objects.set(`${i}.ndjson.gz`, { body, headers: {} })
        const file = path.join(folder, `${i}.ndjson.gz`)
        writeFileSync(file, body)
        return file
      })
      const ask = async (way: Warehouse) => {
        const bound = { slices: 1, slice: 0, ...parameters }
        const rows = await way.query({ name, row: z.unknown() }, { raw, parts: [] }, bound)
        if (!rows.ok) throw new Error(rows.problem.message)
        return rows.value
      }
      const rows = await ask(embedded)
      expect(await ask(server)).toEqual(rows)
      return rows
    },
    async close() {
      rmSync(folder, { recursive: true })
      await client.close()
      await clickHouse.close()
      await close(bucketServer)
    },
  }
}
