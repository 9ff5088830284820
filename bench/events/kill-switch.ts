// How long a kill switch takes, end to end on this machine: from the first failing users at edge to edge
// serving the flag's off variation, with `batch serve` as it is by default and a week of events in the lake.
// The stack is real; only its lake is filled by ClickHouse, with parts as compactions leave them.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { manifestKey, partName, partsDayPrefix } from '../../analytics/lake.ts'
import { bucketsMax, manifestVersion, type Part } from '../../analytics/manifest.ts'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { loadChdb, openClickHouse, sqlFile } from '../../batch/lake/clickhouse.ts'
import { type ObjectStore, s3Store } from '../../batch/lake/s3.ts'
import { call } from '../../scripts/admin.ts'
import { type DemoKeys, seedDemo } from '../../scripts/demo-data.ts'
import { freePort } from '../../scripts/free-port.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'

const dayMs = 86_400_000
const days = 7
const environmentId = 'demo'
const [flagKey, variationId, goal] = ['fast-search', 'search-on', 'search-error']
const offWithinMs = 600_000
/** A second's traffic, half of which fails. */
const usersEachSecond = 50
const root = path.join(import.meta.dirname, '..', '..')

/** Of a day: a tenth of the exposures are of the flag that is watched, of whose users few fail. */
const makeDay = `
  INSERT INTO FUNCTION file({target:String}, 'Parquet') PARTITION BY bucket
  SELECT
    toUInt8(sipHash64(targetingKey) % {buckets:UInt8}) AS bucket, 2::UInt8 AS v, kind,
    lower(hex(reinterpretAsFixedString(sipHash128(n, {from:Int64})))) AS id, {environmentId:String} AS environmentId,
    at, at + n % 3000 AS receivedAt, 'ofrep' AS protocol, 'js/1.0' AS sdk, targetingKey,
    map('country', 'de', 'plan', 'pro') AS attributes,
    multiIf(kind != 'exposure', '', n % 10 = 0, {flagKey:String}, concat('flag-', toString(n % 10))) AS flagKey,
    3::Int64 AS flagVersion, if(kind = 'exposure', {variationId:String}, '') AS variationId,
    if(kind = 'exposure', 'default', '') AS ruleId,
    multiIf(kind = 'exposure', '', n % 12 = 5, {goal:String}, 'bought') AS event,
    0. AS value, '' AS content, 0::Int64 AS sentAt, 'client' AS keyKind,
    lower(hex(sipHash64(targetingKey, 1))) AS source, 7::Int64 AS revision, true AS verified, '' AS unitAttribute,
    '' AS unit, 'goal' AS type, '' AS page, '' AS currency, 0::Int64 AS items, '' AS previousKey
  FROM (
    SELECT
      number AS n, concat('user-', toString(cityHash64(n) % {users:UInt64})) AS targetingKey,
      if(n % 6 = 5, 'tracking', 'exposure') AS kind,
      {from:Int64} + intDiv(n * 86000000, {records:UInt64})::Int64 AS at
    FROM numbers({records:UInt64})
  )
  ORDER BY kind, flagKey, event, targetingKey, at, id
  SETTINGS max_partitions_per_insert_block = 0, output_format_parquet_compression_method = 'zstd',
    output_format_parquet_row_group_size = 20000`

const Summary = z.object({
  file: z.string(),
  kind: z.string(),
  records: z.int(),
  earliest: z.int(),
  latest: z.int(),
})

export async function benchKillSwitch(records: number): Promise<void> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tackline-kill-'))
  const start = async (state: 'reset' | 'keep') => startStack({ port: await freePort(), directory, state })
  let stack = await start('reset')
  let runner: ChildProcess | undefined
  try {
    const keys = await seedDemo(stack, environmentId)
    await stack.stop()
    watchSince(directory, Date.now() - days * dayMs)
    stack = await start('keep')
    const store = s3Store({
      endpoint: `${stack.url}/cdn-cgi/local/r2/s3`,
      bucket: 'tackline-lake',
      accessKeyId: 'local',
      secretAccessKey: 'local-secret',
    })
    await fill(store, records, directory)
    const served = serve(stack, directory)
    runner = served.runner
    const readyMs = await served.ready
    console.log(
      `${records} events in ${days} days of the lake; the first round of all jobs took ${seconds(readyMs)}`,
    )
    const { crossed, off } = await failUntilOff(stack, keys)
    console.log(`from the first failing users to the flag off at edge: ${seconds(off - crossed)} (aim: 90 s)`)
    const { jobs } = await call<{ jobs: { job: string; durationMs: number }[] }>(
      stack,
      'GET',
      `/environments/${environmentId}/jobs`,
    )
    const look = jobs.find(({ job }) => job === 'operations')
    console.log(`the newest look of the runner that ended took ${seconds(look?.durationMs ?? Number.NaN)}`)
  } finally {
    if (runner && runner.exitCode === null) {
      runner.kill('SIGTERM')
      await once(runner, 'exit')
    }
    await stack.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`

/** Straight in D1's file: an operation counts from its creation on. */
function watchSince(directory: string, at: number): void {
  const folder = path.join(directory, 'state/v3/d1/miniflare-D1DatabaseObject')
  const file = readdirSync(folder).find((name) => name.endsWith('.sqlite') && name !== 'metadata.sqlite')
  const database = new DatabaseSync(path.join(folder, file!))
  const { changes } = database
    .prepare(
      "update entities set value = json_set(value, '$.countingFrom', ?) where kind = 'operation' and environment_id = ?",
    )
    .run(at, environmentId)
  database.close()
  if (changes !== 1) throw new Error(`${changes} operations are watched from ${at} on`)
}

async function fill(store: ObjectStore, records: number, directory: string): Promise<void> {
  const clickHouse = openClickHouse(loadChdb)
  const today = Math.floor(Date.now() / dayMs) * dayMs
  const perDay = Math.ceil(records / days)
  for (let i = 1; i <= days; i++) {
    const from = today - i * dayMs
    const day = new Date(from).toISOString().slice(0, 10)
    const folder = mkdtempSync(path.join(directory, 'parts-'))
    const values = { environmentId, flagKey, variationId, goal, buckets: bucketsMax, from, records: perDay }
    const target = path.join(folder, '{_partition_id}.parquet')
    const made = await clickHouse.run('make', makeDay, { ...values, users: Math.ceil(perDay / 3), target })
    if (!made.ok) throw new Error(made.problem.message)
    const summary = { parts: path.join(folder, '*.parquet'), columns: recordColumns }
    const rows = await clickHouse.rows('summary', sqlFile('compact-summary'), Summary, summary)
    if (!rows.ok) throw new Error(rows.problem.message)
    const parts: Part[] = []
    for (const [file, kinds] of Map.groupBy(rows.value, (row) => row.file)) {
      const bytes = readFileSync(path.join(folder, file))
      const bucket = Number.parseInt(file, 10)
      const name = partName(Date.now(), bucket, createHash('sha256').update(bytes).digest('hex'))
      const put = await store.write(partsDayPrefix(environmentId, day) + name, bytes, {})
      if (!put.ok) throw new Error(put.problem.message)
      parts.push({
        name,
        bucket,
        buckets: bucketsMax,
        bytes: bytes.length,
        records: Object.fromEntries(kinds.map((row) => [row.kind, row.records])),
        from: Math.min(...kinds.map((row) => row.earliest)),
        to: Math.max(...kinds.map((row) => row.latest)),
      })
    }
    const manifest = { version: manifestVersion, parts, replaced: [] }
    const body = Buffer.from(JSON.stringify(manifest))
    const put = await store.replace(manifestKey(environmentId, day), body, undefined)
    if (!put.ok) throw new Error(put.problem.message)
    rmSync(folder, { recursive: true })
  }
}

function serve(stack: Stack, directory: string) {
  const env = {
    ...process.env,
    TACKLINE_URL: stack.url,
    TACKLINE_TOKEN: stack.token,
    TACKLINE_LAKE_CACHE: path.join(directory, 'cache'),
  }
  const options = ['serve', '--engine', 'exact', '--listen', '127.0.0.1:0']
  const strip = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning']
  const runner = spawn(process.execPath, [...strip, 'batch/cli.ts', ...options], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const begun = performance.now()
  const address = new Promise<string>((resolve) => {
    createInterface({ input: runner.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as Record<string, unknown>
      const found = /^(http:\S+): /.exec(String(line['message']))?.[1]
      if (found !== undefined) resolve(found)
    })
  })
  const ready = address.then(async (url) => {
    while ((await fetch(`${url}/readyz`)).status !== 200) await pause(500)
    return performance.now() - begun
  })
  return { runner, ready }
}

/** Sends a second's traffic each second. Resolves to when it began to fail, and when edge served the rest. */
async function failUntilOff(stack: Stack, { clientKey }: DemoKeys) {
  const crossed = performance.now()
  for (let second = 0; performance.now() - crossed < offWithinMs; second++) {
    await report(stack, clientKey, second)
    const until = crossed + (second + 1) * 1_000
    do {
      if (!(await isOn(stack, clientKey))) return { crossed, off: performance.now() }
      await pause(200)
    } while (performance.now() < until)
  }
  const { operations } = await call<{ operations: unknown[] }>(
    stack,
    'GET',
    `/environments/${environmentId}/operations`,
  )
  throw new Error(`the flag was never turned off: ${JSON.stringify(operations)}`)
}

async function report(stack: Stack, clientKey: string, second: number): Promise<void> {
  const type = 'type.googleapis.com/bucketeer.event.client.'
  const events = Array.from({ length: usersEachSecond }, (_, i) => {
    const userId = `new-${second}-${i}`
    const common = {
      timestamp: Math.floor(Date.now() / 1_000),
      sourceId: 7,
      sdkVersion: '2.6.1',
      metadata: {},
      userId,
      user: { id: userId, data: {} },
      tag: 'web',
    }
    const reason = { type: 'DEFAULT' }
    const met = { ...common, featureId: flagKey, featureVersion: 1, variationId, reason }
    const failed = { ...common, goalId: goal, value: 0 }
    return [
      { '@type': `${type}EvaluationEvent`, ...met },
      ...(i % 2 === 0 ? [{ '@type': `${type}GoalEvent`, ...failed }] : []),
    ].map((event) => ({ id: randomUUID(), event }))
  }).flat()
  const response = await fetch(`${stack.url}/register_events`, {
    method: 'POST',
    headers: { authorization: clientKey, 'content-type': 'application/json' },
    body: JSON.stringify({ events, sdkVersion: '2.6.1', sourceId: 7 }),
  })
  if (!response.ok) throw new Error(`edge answered ${response.status}`)
  await response.body?.cancel()
}

async function isOn(stack: Stack, clientKey: string): Promise<boolean> {
  const response = await fetch(`${stack.url}/ofrep/v1/evaluate/flags/${flagKey}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
    body: '{"context":{"targetingKey":"ada"}}',
  })
  return ((await response.json()) as { value: boolean }).value
}

const pause = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms))
