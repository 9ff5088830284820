// The only module that calls the admin API: token, headers, refusals. Shapes come from the API's
// declarations.
import type { ChangeAnswer, Problem } from '../../../workers/control/api/shapes.ts'
import { endFor, readToken } from '../session.ts'

export type ExperimentChoice = 'stop' | 'new-phase'

/** `UNREACHABLE` if there was no answer of the admin API. */
export type RefusalCode = Problem['code'] | 'UNREACHABLE'

/** Why a request failed, as problem details. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly code: RefusalCode
  readonly problem: Partial<Problem>

  constructor(code: RefusalCode, message: string, problem: Partial<Problem> = {}) {
    super(message)
    this.code = code
    this.problem = problem
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  /** A body that is no JSON: a file of ids, a YAML document. */
  readonly upload?: { readonly type: string; readonly content: BodyInit }
  /** The version that the change is based on: If-Match. */
  readonly version?: number
  /** For the audit trail. */
  readonly comment?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Asks the admin API and reads its JSON. Throws `Refused`. */
export async function ask<Answer>(
  method: Method,
  path: string,
  options: RequestOptions = {},
): Promise<Answer> {
  const token = readToken()
  const response = await send(method, path, options)
  return (await readAnswer(response, token)) as Answer
}

/**
 * The text of an answer that is no JSON: an export in YAML, a list of ids.
 *
 * @public
 */
export async function askText(method: Method, path: string, options: RequestOptions = {}): Promise<string> {
  const token = readToken()
  const response = await send(method, path, options)
  return response.ok ? response.text() : Promise.reject(await refusalOf(response, token))
}

/** The bytes of an answer that is a file. */
export async function askFile(path: string, options: RequestOptions = {}): Promise<Blob> {
  const token = readToken()
  const response = await send('GET', path, options)
  return response.ok ? response.blob() : Promise.reject(await refusalOf(response, token))
}

async function send(method: Method, path: string, options: RequestOptions): Promise<Response> {
  const token = readToken()
  const response = await sent(method, path, options)
  // Cloudflare Access answers so when its session has ended: the API itself leads nowhere else
  if (response.type === 'opaqueredirect') {
    endFor(token)
    throw new Refused('UNAUTHENTICATED', 'the session has ended')
  }
  return response
}

async function sent(method: Method, path: string, options: RequestOptions): Promise<Response> {
  try {
    return await fetch(`/api/v1${path}${queryOf(options.query)}`, {
      method,
      headers: headersOf(options),
      cache: 'no-store',
      redirect: 'manual',
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      ...(options.upload && { body: options.upload.content }),
      ...(options.signal && { signal: options.signal }),
    })
  } catch (cause) {
    if (options.signal?.aborted) throw cause
    throw new Refused('UNREACHABLE', 'the admin API cannot be reached')
  }
}

function headersOf({ body, upload, version, comment, headers }: RequestOptions): Headers {
  const sent = new Headers(headers)
  const token = readToken()
  if (token !== '') sent.set('authorization', `Bearer ${token}`)
  if (body !== undefined) sent.set('content-type', 'application/json')
  if (upload) sent.set('content-type', upload.type)
  if (version !== undefined) sent.set('if-match', `"${version}"`)
  if (comment) sent.set('x-comment', encodeURIComponent(comment))
  return sent
}

function queryOf(query: RequestOptions['query'] = {}): string {
  const set = Object.entries(query).filter(([, value]) => value !== undefined)
  const text = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString()
  return text && `?${text}`
}

/** The token is the one that was sent. */
async function readAnswer(response: Response, token: string): Promise<unknown> {
  if (!response.ok) throw await refusalOf(response, token)
  try {
    return await response.json()
  } catch {
    throw new Refused('UNREACHABLE', 'the admin API gave no answer that can be read')
  }
}

async function refusalOf(response: Response, token: string): Promise<Refused> {
  try {
    const problem = (await response.json()) as Partial<Problem>
    if (problem.code === 'UNAUTHENTICATED') endFor(token)
    return new Refused(problem.code ?? 'UNREACHABLE', problem.detail ?? `status ${response.status}`, problem)
  } catch {
    return new Refused('UNREACHABLE', `the admin API answered with status ${response.status}`)
  }
}

/**
 * Sends a file and tells how much of it has arrived, in [0, 1]: `fetch` cannot. Throws `Refused`.
 */
export const sendFile = <Answer>(
  method: Method,
  path: string,
  file: Blob,
  options: RequestOptions & { readonly onProgress: (share: number) => void },
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const token = readToken()
    const request = new XMLHttpRequest()
    request.open(method, `/api/v1${path}${queryOf(options.query)}`)
    for (const [name, value] of headersOf(options)) request.setRequestHeader(name, value)
    request.setRequestHeader('content-type', file.type || 'text/plain')
    request.upload.addEventListener('progress', ({ loaded, total }) => options.onProgress(loaded / total))
    request.addEventListener('error', () =>
      reject(new Refused('UNREACHABLE', 'the admin API cannot be reached')),
    )
    request.addEventListener('load', () => {
      const { status, responseText } = request
      readAnswer(new Response(responseText, { status }), token).then(
        (answer) => resolve(answer as Answer),
        reject,
      )
    })
    request.send(file)
  })

/** The path of what belongs to an environment; ids may hold slashes. */
export const pathOf = (environment: string, ...parts: readonly string[]): string =>
  ['/environments', environment, ...parts].map((part, i) => (i ? encodeURIComponent(part) : part)).join('/')

export interface ChangeOptions extends RequestOptions {
  readonly dryRun?: boolean
  /** What becomes of a running experiment that the change would disturb. */
  readonly experiment?: ExperimentChoice | undefined
}

/** Changes something in an environment, or tries to. */
export const change = <Entity>(
  method: Method,
  path: string,
  { dryRun, experiment, query, ...options }: ChangeOptions,
): Promise<ChangeAnswer<Entity>> =>
  ask(method, path, { ...options, query: { ...query, dryRun: dryRun || undefined, experiment } })

/** All pages of a list. For lists that may be long, ask for pages as they are shown. */
export async function askAll<Entity>(path: string, field: string, query = {}): Promise<Entity[]> {
  const all: Entity[] = []
  for (let cursor: string | undefined; ;) {
    const page = await ask<Record<string, unknown> & { nextCursor?: string }>('GET', path, {
      query: { ...query, limit: 200, cursor },
    })
    all.push(...(page[field] as Entity[]))
    cursor = page.nextCursor
    if (cursor === undefined) return all
  }
}
