// Creates and reads entities of an environment through the admin API, for tests in workerd, with an owner's
// token.
import type { Snapshot } from '../../core/model/snapshot.ts'
import { addToken, call as callAs, env, host, newEnvironment, worker } from './control-plane.ts'

export interface Answer {
  readonly status: number
  readonly etag: string | null
  readonly body: any
}

export const authorization = 'Bearer entities-token'
export const useOwner = () => addToken({ id: 'entities', role: 'owner' })

export async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await callAs(method, path, body, { authorization, ...headers })
  return { ...answer, etag: answer.headers.get('etag') }
}

/** For bodies that are not JSON. Returns the text of the response. */
export async function upload(
  method: string,
  path: string,
  body?: string | Uint8Array<ArrayBuffer>,
  type = 'text/plain',
  headers: Record<string, string> = {},
): Promise<Answer & { readonly text: string }> {
  const response = await worker.fetch(`${host}/api/v1${path}`, {
    method,
    headers: { authorization, 'content-type': type, ...headers },
    ...(body !== undefined && { body }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  const etag = response.headers.get('etag')
  return { status: response.status, etag, body: isJson ? JSON.parse(text) : {}, text }
}

export const inSegment = (key: string) => ({
  anyOf: [[{ operator: 'in-segment', values: [key] }]],
  strategy: { kind: 'fixed', variationId: 'off' },
})

/** The path of a new environment. */
export const environment = async () => `/environments/${await newEnvironment({}, { authorization })}`

export const objectOf = (path: string) => env.ENVIRONMENT.get(env.ENVIRONMENT.idFromName(path.split('/')[2]!))

export const publishedNow = async (path: string) => {
  const { body } = await call('GET', `${path}/published`)
  return env.SNAPSHOTS.get<Snapshot>(`snapshot:${path.split('/')[2]}:${body.revision}`, 'json')
}
