// Environments with keys on a running stack, and the event lake as the batch runner reads it. Also for
// programs outside of Vitest.
import { environmentPrefix, identityOf } from '../../analytics/lake.ts'
import { EventRecord } from '../../analytics/records.ts'
import { toContent } from '../../batch/lake/content.ts'
import { type ObjectStore, s3Store } from '../../batch/lake/s3.ts'
import { type Admin, call } from '../../scripts/admin.ts'

/** What a test needs to act as an SDK or as an editor of one environment. */
export interface TestEnvironment {
  readonly url: string
  readonly token: string
  readonly environmentId: string
  readonly clientKey: string
  readonly serverKey: string
}

/** Creates an environment with a key of each role. It is then at revision 3. */
export async function createTestEnvironment(
  { url, token }: Admin,
  environmentId: string,
  project?: string,
): Promise<TestEnvironment> {
  await call({ url, token }, 'POST', '/environments', { id: environmentId, ...(project && { project }) })
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

export const localStore = (url: string): ObjectStore =>
  s3Store({
    endpoint: `${url}/cdn-cgi/local/r2/s3`,
    bucket: 'tackline-lake',
    accessKeyId: 'local',
    secretAccessKey: 'local-secret',
  })

/** All records in the lake for an environment, copies included, by object. */
export async function readObjects({
  url,
  environmentId,
}: Pick<TestEnvironment, 'url' | 'environmentId'>): Promise<Map<string, EventRecord[]>> {
  const store = localStore(url)
  const keys = await store.list(environmentPrefix(environmentId))
  if (!keys.ok) throw new Error(keys.problem.message)
  const read = async (key: string) => {
    const body = await store.read(key)
    if (!body.ok) throw new Error(body.problem.message)
    if (body.value.kind !== 'read') throw new Error(`${key} is ${body.value.kind}`)
    const text = new TextDecoder().decode((await toContent(body.value.bytes)).text)
    const lines = text.trim().split('\n')
    return [key, lines.map((line) => EventRecord.parse(JSON.parse(line)))] as const
  }
  return new Map(await Promise.all(keys.value.map(({ key }) => read(key))))
}

/** All records in the lake for an environment, copies included. */
export const readLake = async (environment: TestEnvironment): Promise<EventRecord[]> =>
  [...(await readObjects(environment)).values()].flat()

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
