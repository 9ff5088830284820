// `npm run batch -- compact` killed with SIGKILL at each of its requests, before and after the store answered
// it: readers see the old or the new set of objects, and the next run heals.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manifestKey } from '../analytics/lake.ts'
import { hasChdb } from '../test/support/chdb.ts'
import { experiment, startAt, hourMs, visitRecords } from '../test/support/simulated-shop.ts'
import { type SimulatedStack, simulatedToken, startSimulatedStack } from '../test/support/simulated-stack.ts'
import { lakeCache } from './lake/cache.ts'
import { loadChdb, openClickHouse } from './lake/clickhouse.ts'
import { countEmbedded, countExperiment } from './counting/counts.ts'
import { s3Store } from './lake/s3.ts'

const users = 60
const rows = [{ variationId: 'green', users, conversions: 20 }]

let folder = ''
let stack: SimulatedStack
beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-killed-'))
  stack = await startSimulatedStack({ records: visitRecords('green', users, 20) })
})
afterEach(async () => {
  await stack.close()
  rmSync(folder, { recursive: true })
})

/** Kills the command at its request of this number. Resolves to the exit code; null if it was killed. */
async function compact(killAt = Infinity, when: 'before' | 'after' = 'before'): Promise<number | null> {
  const cli = path.join(import.meta.dirname, 'cli.ts')
  const options = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning']
  const env = {
    PATH: process.env['PATH'] ?? '',
    TACKLINE_URL: stack.url,
    TACKLINE_TOKEN: simulatedToken,
    TACKLINE_LAKE_CACHE: path.join(folder, 'cache'),
  }
  const child = spawn(process.execPath, [...options, cli, 'compact'], { cwd: folder, env, stdio: 'ignore' })
  let requests = 0
  stack.bucket.intercept = (_, response) => {
    if (++requests !== killAt) return requests > killAt
    if (when === 'before') child.kill('SIGKILL')
    else response.on('finish', () => child.kill('SIGKILL'))
    return when === 'before'
  }
  const exitCode = await new Promise<number | null>((resolve) => child.on('exit', resolve))
  stack.bucket.intercept = () => false
  return exitCode
}

/** As a reader with an empty cache counts. */
async function count() {
  const store = s3Store({
    endpoint: `${stack.url}/cdn-cgi/local/r2/s3`,
    bucket: 'tackline-lake',
    accessKeyId: 'local',
    secretAccessKey: 'local-secret',
  })
  const cache = lakeCache(store, mkdtempSync(path.join(folder, 'reader-')), startAt + 24 * hourMs)
  const window = { from: startAt, to: startAt + 24 * hourMs }
  const files = await cache.files('demo', window)
  if (!files.ok) throw new Error(files.problem.message)
  expect(files.value.damaged).toEqual([])
  const embedded = countEmbedded(openClickHouse(loadChdb))
  const counted = await countExperiment(embedded, files.value, experiment(), window, 'bought')
  return counted.ok ? counted.value : counted
}

describe.skipIf(!hasChdb)('a compaction that is killed', () => {
  it.each(['before', 'after'] as const)(
    '%s the store answered any of its requests loses nothing, and doubles nothing',
    async (when) => {
      let kills = 0
      for (let request = 1; ; request++) {
        const exitCode = await compact(request, when)
        expect(await count()).toMatchObject(rows)
        if (exitCode !== null) {
          expect(exitCode).toBe(0)
          break
        }
        kills++
      }
      expect(kills).toBeGreaterThanOrEqual(4)
      expect(stack.bucket.objects.has(manifestKey('demo', '2026-11-01'))).toBe(true)
      expect(await count()).toMatchObject(rows)
    },
    600_000, // each request takes one start of the command
  )
})
