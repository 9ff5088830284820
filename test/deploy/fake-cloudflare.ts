// Cloudflare's API as far as `npm run deploy` needs it, for the real wrangler (CLOUDFLARE_API_BASE_URL). It
// keeps what is made, runs D1's statements in SQLite, and refuses names that are taken as Cloudflare does.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { unstable_splitSqlQuery as splitSqlQuery } from 'wrangler'

export interface FakeCloudflare {
  readonly url: string
  /** `POST /d1/database`, without the account. */
  readonly calls: string[]
  readonly kv: Map<string, string>
  readonly databases: Map<string, { name: string; jurisdiction?: string; sqlite: DatabaseSync }>
  readonly buckets: Map<string, string>
  readonly queues: Map<string, object>
  readonly workers: Map<string, { metadata: Metadata; secrets: Set<string> }>
  close(): void
}

interface Metadata {
  readonly bindings: readonly { type: string; name: string; text?: string; [key: string]: unknown }[]
  readonly migrations?: { new_tag: string }
}
type Reply = { result?: unknown; status?: number; errors?: { code: number; message: string }[] }

const accountId = 'f'.repeat(32)
const refused = (code: number, message: string, status = 400): Reply => ({
  status,
  errors: [{ code, message }],
})

export async function startFakeCloudflare(): Promise<FakeCloudflare> {
  const fake: FakeCloudflare = {
    url: '',
    calls: [],
    kv: new Map(),
    databases: new Map(),
    buckets: new Map(),
    queues: new Map(),
    workers: new Map(),
    close: () => server.close(),
  }
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const url = new URL(request.url ?? '/', 'http://x')
      const path = url.pathname.replace('/client/v4', '').replace(`/accounts/${accountId}`, '') || '/account'
      const call = `${request.method} ${path}`
      fake.calls.push(call)
      const reply = answer(fake, call, url.searchParams, body, request)
      const { status = 200, errors = [] } = reply
      // Everything fits on the first page.
      const isLaterPage = request.method === 'GET' && Number(url.searchParams.get('page') ?? 1) > 1
      const result = isLaterPage && Array.isArray(reply.result) ? [] : (reply.result ?? null)
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify({
          success: errors.length === 0,
          errors,
          messages: [],
          result,
          result_info: { page: 1, per_page: 100, count: 1, total_count: 1, total_pages: 1 },
        }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(fake, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4` })
}

interface Body {
  readonly text: string
  readonly json: Record<string, any>
  readonly form: FormData | undefined
}

async function read(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  const type = request.headers['content-type'] ?? ''
  const form = type.startsWith('multipart/form-data')
    ? await new Response(bytes, { headers: { 'content-type': type } }).formData()
    : undefined
  const text = form ? '' : bytes.toString()
  return { text, json: text.startsWith('{') ? JSON.parse(text) : {}, form }
}

function answer(
  fake: FakeCloudflare,
  call: string,
  query: URLSearchParams,
  body: Body,
  request: IncomingMessage,
): Reply {
  const [method, path] = call.split(' ') as [string, string]
  const parts = path.split('/').slice(1).map(decodeURIComponent)
  const { json, form } = body
  switch (`${method} ${parts.slice(0, 2).join('/')}`) {
    case 'GET user/tokens':
      return { result: { id: 't', status: 'active' } }
    case 'GET user':
      return { result: { email: 'owner@example.com' } }
    case 'GET accounts':
      return { result: [{ id: accountId, name: 'Example' }] }
    case 'GET memberships':
      return { result: [{ id: 'm', status: 'accepted', account: { id: accountId, name: 'Example' } }] }
    case 'GET storage/kv':
      return { result: [...fake.kv].map(([id, title]) => ({ id, title })) }
    case 'POST storage/kv': {
      if ([...fake.kv.values()].includes(json['title']))
        return refused(10014, 'a namespace with this account ID and title already exists')
      const id = 'a'.repeat(31) + fake.kv.size
      fake.kv.set(id, json['title'])
      return { result: { id, title: json['title'] } }
    }
    case 'DELETE storage/kv':
      return fake.kv.delete(parts[3]!) ? {} : refused(10013, 'namespace not found', 404)
  }
  if (parts[0] === 'd1') {
    const [, , id] = parts
    if (method === 'POST' && id === undefined) {
      if ([...fake.databases.values()].some(({ name }) => name === json['name']))
        return refused(7502, 'Database with name already exists')
      const uuid = `00000000-0000-4000-8000-00000000000${fake.databases.size}`
      fake.databases.set(uuid, {
        name: json['name'],
        jurisdiction: json['jurisdiction'],
        sqlite: new DatabaseSync(':memory:'),
      })
      return { result: { uuid, name: json['name'], version: 'production' } }
    }
    const found = [...fake.databases].filter(([uuid, { name }]) =>
      id === undefined ? name.includes(query.get('name') ?? '') : uuid === id || name === id,
    )
    if (id === undefined)
      return { result: found.map(([uuid, { name }]) => ({ uuid, name, version: 'production' })) }
    const [first] = found
    if (!first) return refused(7404, 'The database could not be found', 404)
    if (parts[3] === 'query') return { result: runSql(first[1].sqlite, json['sql'], json['params'] ?? []) }
    if (method === 'DELETE') fake.databases.delete(first[0])
    return { result: { uuid: first[0], name: first[1].name, version: 'production' } }
  }
  if (parts[0] === 'r2' && method === 'POST') {
    const name = json['name'] as string
    if (fake.buckets.has(name))
      return refused(10004, 'The bucket you tried to create already exists, and you own it.', 409)
    fake.buckets.set(name, String(request.headers['cf-r2-jurisdiction'] ?? 'default'))
    return { result: {} }
  }
  if (parts[0] === 'r2') {
    const name = parts[2]!
    if (!fake.buckets.has(name)) return refused(10006, 'The specified bucket does not exist.', 404)
    return method === 'DELETE'
      ? refused(10008, 'The bucket you tried to delete is not empty.', 409)
      : { result: { name } }
  }
  if (parts[0] === 'queues') return queues(fake, method, parts.slice(1), query, json)
  if (parts[0] === 'workers') return workers(fake, method, parts.slice(1), json, form)
  return refused(7003, `unknown: ${call}`, 404)
}

function queues(
  fake: FakeCloudflare,
  method: string,
  parts: string[],
  query: URLSearchParams,
  json: Record<string, any>,
): Reply {
  const list = () =>
    [...fake.queues].map(([name, settings]) => ({
      queue_id: `id-${name}`,
      queue_name: name,
      settings,
      consumers: [],
    }))
  const [id, what] = parts
  if (id === undefined && method === 'POST') {
    if (fake.queues.has(json['queue_name']))
      return refused(11009, 'Queue name is already taken. Please use a different name and try again.', 409)
    fake.queues.set(json['queue_name'], json['settings'] ?? {})
    return { result: { queue_id: 'id-' + json['queue_name'], queue_name: json['queue_name'] } }
  }
  if (id === undefined) {
    const names = query.getAll('name')
    return { result: list().filter(({ queue_name }) => names.length === 0 || names.includes(queue_name)) }
  }
  if (what === 'consumers') return { result: method === 'GET' ? [] : { consumer_id: 'c' } }
  if (method === 'DELETE')
    return fake.queues.delete(id.slice(3)) ? {} : refused(11000, 'Queue does not exist', 404)
  return { result: list().find(({ queue_id }) => queue_id === id) }
}

function workers(
  fake: FakeCloudflare,
  method: string,
  parts: string[],
  json: Record<string, any>,
  form: FormData | undefined,
): Reply {
  const [kind, name = '', ...rest] = parts
  const what = rest.join('/')
  if (kind === 'subdomain') return { result: { subdomain: 'example' } }
  const worker = fake.workers.get(name)
  const missing = refused(10007, 'This Worker does not exist on your account.', 404)
  if (kind === 'services')
    return worker
      ? { result: { default_environment: { script: { last_deployed_from: 'wrangler' } } } }
      : missing
  if (kind === 'workers')
    return worker
      ? { result: { id: name, name, subdomain: { enabled: true, previews_enabled: false } } }
      : missing
  if (kind !== 'scripts') return refused(7003, `unknown: workers/${parts.join('/')}`, 404)
  if (form && (what === '' || what === 'versions')) {
    const metadata = JSON.parse(form.get('metadata') as string) as Metadata
    const secrets = new Set(worker?.secrets)
    for (const { type, name: secret } of metadata.bindings) if (type === 'secret_text') secrets.add(secret)
    fake.workers.set(name, { metadata, secrets })
    return {
      result: {
        id: 'v1',
        tag: 't',
        etag: 'e',
        startup_time_ms: 1,
        deployment_id: 'd',
        mutable_pipeline_id: 'p',
      },
    }
  }
  if (what === 'assets-upload-session') return { result: { jwt: 'jwt', buckets: [] } }
  if (!worker) return missing
  if (what === '' && method === 'DELETE') {
    fake.workers.delete(name)
    return {}
  }
  if (what === 'secrets')
    return { result: [...worker.secrets].map((each) => ({ name: each, type: 'secret_text' })) }
  if (what === 'settings') return { result: { bindings: worker.metadata.bindings } }
  if (what === 'subdomain') return { result: { enabled: true, previews_enabled: false } }
  if (what.startsWith('deployments')) return { result: { deployments: [], id: 'd' } }
  return { result: {} }
}

/** As D1 does: the statements in order, each with its rows. */
function runSql(sqlite: DatabaseSync, sql: string, params: readonly any[]) {
  if (params.length > 0) return [{ success: true, results: sqlite.prepare(sql).all(...params), meta: {} }]
  return splitSqlQuery(sql).map((statement) => ({
    success: true,
    results: sqlite.prepare(statement).all(),
    meta: { duration: 0 },
  }))
}
