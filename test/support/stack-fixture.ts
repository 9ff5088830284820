// Gives a test file a real stack of its own: all three Workers in workerd, environments with keys, and the
// event lake as the batch runner reads it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { environmentPrefix, identityOf } from '../../analytics/lake.ts'
import { EventRecord } from '../../analytics/records.ts'
import { toContent } from '../../batch/lake/content.ts'
import { s3Store } from '../../batch/lake/s3.ts'
import { type Admin, call } from '../../scripts/admin.ts'
import { type Stack, type StackOptions, startStack } from '../../scripts/stack.ts'
import { freePort } from './free-port.ts'

/** What a test needs to act as an SDK or as an editor of one environment. */
export interface TestEnvironment {
  readonly url: string
  readonly token: string
  readonly environmentId: string
  readonly clientKey: string
  readonly serverKey: string
}

/** Starts a stack before the first test of the file. Stops it and deletes its data after the last. */
export function useStack(configs: StackOptions['configs'] = {}): () => Stack {
  const directory = mkdtempSync(join(tmpdir(), 'tackline-test-'))
  let stack: Stack | undefined
  beforeAll(async () => {
    stack = await startStack({ port: await freePort(), directory, state: 'reset', configs })
  }, 60_000)
  afterAll(async () => {
    await stack?.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  return () => {
    if (!stack) throw new Error('the stack is not up before the first test')
    return stack
  }
}

/** Creates an environment with a key of each role. It is then at revision 3. */
export async function createTestEnvironment(
  { url, token }: Admin,
  environmentId: string,
): Promise<TestEnvironment> {
  await call({ url, token }, 'POST', '/environments', { id: environmentId })
  const createKey = (role: 'client' | 'server') =>
    call<{ key: string }>({ url, token }, 'POST', `/environments/${environmentId}/sdk-keys`, { role })
  const client = await createKey('client')
  const server = await createKey('server')
  return { url, token, environmentId, clientKey: client.key, serverKey: server.key }
}

export const createFlag = (environment: TestEnvironment, flag: unknown): Promise<unknown> =>
  call(environment, 'POST', `/environments/${environment.environmentId}/flags`, flag)

export const changeFlag = (environment: TestEnvironment, key: string, changes: unknown): Promise<unknown> =>
  call(environment, 'PATCH', `/environments/${environment.environmentId}/flags/${key}`, changes)

/** All records in the lake for an environment, copies included. */
export async function readLake({ url, environmentId }: TestEnvironment): Promise<EventRecord[]> {
  const store = s3Store({
    endpoint: `${url}/cdn-cgi/local/r2/s3`,
    bucket: 'tackline-lake',
    accessKeyId: 'local',
    secretAccessKey: 'local-secret',
  })
  const keys = await store.list(environmentPrefix(environmentId))
  if (!keys.ok) throw new Error(keys.problem.message)
  const texts = await Promise.all(
    keys.value.map(async ({ key }) => {
      const body = await store.read(key)
      if (!body.ok) throw new Error(body.problem.message)
      if (body.value.kind !== 'read') throw new Error(`${key} is ${body.value.kind}`)
      return new TextDecoder().decode((await toContent(body.value.bytes)).text)
    }),
  )
  return texts.flatMap((text) => text.trim().split('\n')).map((line) => EventRecord.parse(JSON.parse(line)))
}

/**
 * Waits until the lake holds `count` records, and a moment longer for records that should not come. Returns
 * each event once, as readers of the lake count them.
 */
export async function lakeHolding(count: number, environment: TestEnvironment): Promise<EventRecord[]> {
  const read = async () =>
    new Map((await readLake(environment)).map((record) => [identityOf(record), record]))
  const deadline = Date.now() + 20_000
  while (Date.now() < deadline && (await read()).size < count) await pause(200)
  await pause(1_500) // a local stack waits a second for a batch to fill
  return [...(await read()).values()]
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Runs SQL directly in the D1 of a local stack, bypassing the Workers. */
export async function executeSql(url: string, sql: string): Promise<void> {
  const response = await fetch(`${url}/cdn-cgi/local/explorer/api/d1/database/tackline/raw`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sql }),
  })
  if (!response.ok) throw new Error(`${sql}: ${response.status} ${await response.text()}`)
}
