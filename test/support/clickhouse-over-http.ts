// ClickHouse's HTTP interface in front of chdb, which is ClickHouse of the same year as a library:
// statements, s3() and what they answer are the engine's own. Imitated is only what chdb leaves out: the form
// of a request with its limits, users, exceptions as statuses and headers, and clusters, which have one
// server here. Sources: https://clickhouse.com/docs/interfaces/http; HTTPHandler.cpp and HTMLForm.cpp of
// ClickHouse.
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { loadChdb } from '../../batch/lake/clickhouse.ts'
import { close, listen } from './simulated-stack.ts'

export interface Asked {
  /** Method and target, as a proxy logs them. */
  readonly line: string
  readonly query: string
}

export interface ClickHouseOverHttp {
  readonly url: string
  readonly asked: Asked[]
  /** Answers in its place; returns false to let it answer. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean
  close(): Promise<void>
}

export const serverUser = { user: 'runner', password: `p'w &"` }
export const serverCluster = 'tackline'

/** Bytes; ClickHouse's defaults. */
const fieldMax = 131_072
const uriMax = 1_048_576
/** Read by the HTTP interface itself; the rest of the query string are settings. */
const interfaceParameters = new Set(['query_id', 'database', 'wait_end_of_query', 'default_format'])

export async function startClickHouseOverHttp(tls?: {
  readonly key: string
  readonly cert: string
}): Promise<ClickHouseOverHttp> {
  const chdb = await loadChdb()
  const listener: RequestListener = (request, response) => {
    if (!clickHouse.intercept(request, response))
      void answer(request, response).catch((error: unknown) => refuse(response, String(error)))
  }
  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  const origin = await listen(server)
  const clickHouse: ClickHouseOverHttp = {
    url: tls ? origin.replace('http:', 'https:') : origin,
    asked: [],
    intercept: () => false,
    close: () => close(server),
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = formOf(request.headers['content-type'], await buffer(request))
    clickHouse.asked.push({ line: `${request.method} ${request.url}`, query: form.get('query') ?? '' })
    const refusal = faultOf(request, form)
    if (refusal !== undefined) return refuse(response, refusal)
    const { searchParams } = new URL(request.url ?? '', 'http://server')
    const settings = [...searchParams].filter(([name]) => !interfaceParameters.has(name))
    const unknown = await unknownOf(settings.map(([name]) => name))
    if (unknown !== undefined)
      return refuse(
        response,
        `Code: 115. DB::Exception: Setting ${unknown} is neither a builtin setting. (UNKNOWN_SETTING)`,
      )
    const query = form.get('query') ?? ''
    const values = [...form].filter(([name]) => name.startsWith('param_'))
    const parameters = Object.fromEntries(
      values.map(([name, text]) => [name.slice(6), decode(typeOf(query, name.slice(6)), text)]),
    )
    const isOnCluster = query.includes('s3Cluster(')
    if (isOnCluster && parameters['cluster'] !== serverCluster)
      return refuse(
        response,
        `Code: 701. DB::Exception: Requested cluster '${String(parameters['cluster'])}' not found. (CLUSTER_DOESNT_EXIST)`,
      )
    try {
      const own = withSettings(query.replaceAll(/s3Cluster\(\s*\{cluster:String\},\s*/g, 's3('), settings)
      const rows = await chdb.queryBindAsync(own, parameters)
      response.writeHead(200, { 'x-clickhouse-format': 'JSONEachRow', 'x-clickhouse-summary': '{}' })
      response.end(rows.bytes())
    } catch (error) {
      refuse(response, (error as Error).message)
    }
  }

  async function unknownOf(settings: readonly string[]): Promise<string | undefined> {
    const known = await chdb.queryBindAsync(
      'SELECT name FROM system.settings WHERE has({names:Array(String)}, name)',
      { names: settings },
      { format: 'TSV' },
    )
    const names = new Set(known.text().split('\n'))
    return settings.find((name) => !names.has(name))
  }
  return clickHouse
}

/** After the FORMAT that the client adds: what is set by the request holds for its whole query. */
const withSettings = (query: string, settings: readonly (readonly [string, string])[]) =>
  `${query}\nSETTINGS ${settings.map(([name, value]) => `${name} = '${value}'`).join(', ')}`

function faultOf(request: IncomingMessage, form: ReadonlyMap<string, string>): string | undefined {
  if ((request.url ?? '').length > uriMax) return 'Code: 1000. DB::Exception: URI Too Long. (POCO_EXCEPTION)'
  const isTooLong = [...form.values()].some((value) => Buffer.byteLength(value) > fieldMax)
  if (isTooLong)
    return 'Code: 1000. DB::Exception: HTML Form Exception: Field value too long. (POCO_EXCEPTION)'
  const { authorization = '', 'x-clickhouse-user': user, 'x-clickhouse-key': key } = request.headers
  const basic = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString()
  const given = user === undefined ? basic : `${String(user)}:${String(key)}`
  if (given === `${serverUser.user}:${serverUser.password}`) return undefined
  return (
    'Code: 516. DB::Exception: runner: Authentication failed: password is incorrect, or there is no user with ' +
    'such name. (AUTHENTICATION_FAILED)'
  )
}

function refuse(response: ServerResponse, message: string): void {
  const [, code = '1002'] = /Code: (\d+)/.exec(message) ?? []
  response.writeHead(code === '516' ? 403 : 500, { 'x-clickhouse-exception-code': code })
  response.end(`${message} (version 26.7.2.1)\n`)
}

/** RFC 7578, as far as a client without files needs it. */
function formOf(contentType = '', body: Buffer): Map<string, string> {
  const [, boundary] = /^multipart\/form-data; boundary=(.+)$/.exec(contentType) ?? []
  if (boundary === undefined) return new Map([['query', body.toString()]])
  const parts = body.toString().split(`--${boundary}`).slice(1, -1)
  return new Map(
    parts.map((part) => {
      const [, name = '', value = ''] = /^\r\n[^\n]*name="([^"]+)"\r\n\r\n(.*)\r\n$/s.exec(part) ?? []
      return [name, value]
    }),
  )
}

const typeOf = (query: string, name: string) =>
  new RegExp(`\\{${name}:([^}]+)\\}`).exec(query)?.[1] ?? 'String'

/** A parameter's text, as ClickHouse parses it: escaped as in TSV; texts inside a list are quoted besides. */
function decode(type: string, text: string): string | string[] {
  if (!type.startsWith('Array(')) return unescape(text)
  return [...text.matchAll(/'((?:[^'\\]|\\.)*)'/gs)].map(([, item = '']) => unescape(item))
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', 0: '\0', b: '\b', f: '\f' }
const unescape = (text: string) => text.replace(/\\(.)/gs, (_, sign: string) => escapes[sign] ?? sign)
