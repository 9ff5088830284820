// One real stack per test file: all three Workers in workerd, an environment per question, and the lake as
// the batch runner reads it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll } from 'vitest'
import { environmentPrefix } from '../../analytics/lake.ts'
import { EventRecord } from '../../analytics/records.ts'
import { s3Store } from '../../batch/lake/s3.ts'
import { type Admin, call } from '../../scripts/admin.ts'
import { freePort, type Stack, type StackOptions, startStack } from '../../scripts/stack.ts'

/** Everything a test has to know to act as an SDK or as an editor of one environment. */
export interface Place {
  readonly url: string
  readonly token: string
  readonly environmentId: string
  readonly clientKey: string
  readonly serverKey: string
}

/** Starts before the first test of the file and is gone, with all it stored, after the last. */
export function useStack(configs: StackOptions['configs'] = {}): () => Stack {
  const directory = mkdtempSync(join(tmpdir(), 'tackline-test-'))
  let stack: Stack | undefined
  beforeAll(async () => {
    stack = await startStack({ port: await freePort(), directory, state: 'reset', configs })
  })
  afterAll(async () => {
    await stack?.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  return () => {
    if (!stack) throw new Error('the stack is not up before the first test')
    return stack
  }
}

/** A new environment with a key of each role: revision 3. */
export async function createPlace({ url, token }: Admin, environmentId: string): Promise<Place> {
  await call({ url, token }, 'POST', '/environments', { id: environmentId })
  const createKey = (role: 'client' | 'server') =>
    call<{ key: string }>({ url, token }, 'POST', `/environments/${environmentId}/sdk-keys`, { role })
  const client = await createKey('client')
  const server = await createKey('server')
  return { url, token, environmentId, clientKey: client.key, serverKey: server.key }
}

export const createFlag = (place: Place, flag: unknown): Promise<unknown> =>
  call(place, 'POST', `/environments/${place.environmentId}/flags`, flag)

export const changeFlag = (place: Place, key: string, changes: unknown): Promise<unknown> =>
  call(place, 'PATCH', `/environments/${place.environmentId}/flags/${key}`, changes)

/** Every line that is in the lake for an environment, as often as it is there. */
export async function readLake({ url, environmentId }: Place): Promise<EventRecord[]> {
  const store = s3Store({
    endpoint: `${url}/cdn-cgi/local/r2/s3`,
    bucket: 'tackline-lake',
    accessKeyId: 'local',
    secretAccessKey: 'local-secret',
  })
  const keys = await store.list(environmentPrefix(environmentId))
  if (!keys.ok) throw new Error(keys.failure.message)
  const texts = await Promise.all(
    keys.value.map(async (key) => {
      const body = await store.read(key)
      if (!body.ok) throw new Error(body.failure.message)
      return gunzipSync(await buffer(body.value)).toString()
    }),
  )
  return texts.flatMap((text) => text.trim().split('\n')).map((line) => EventRecord.parse(JSON.parse(line)))
}

/**
 * The records once there are `count`, and for a moment longer: what should not be there would have come by
 * then. One of each id, which is how often whoever reads the lake counts it.
 */
export async function lakeHolding(count: number, place: Place): Promise<EventRecord[]> {
  const read = async () => new Map((await readLake(place)).map((record) => [record.id, record]))
  const deadline = Date.now() + 15_000
  while (Date.now() < deadline && (await read()).size < count) await pause(200)
  await pause(1_500) // the queue waits a second for a batch to fill
  return [...(await read()).values()]
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
