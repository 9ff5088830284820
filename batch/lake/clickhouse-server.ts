// ClickHouse on a server or cluster, over HTTP. Everything but settings is in the request's body, so no
// secret gets into the log of a proxy, and a list of many objects is not too long for a URL.
import type { ClickHouseClientConfigOptions } from '@clickhouse/client'
import { EndpointError, openRetries, type Patience, patience, Silence } from '../endpoint.ts'
import { fail, reasonOf } from '../failure.ts'
import { type ClickHouse, type Parameters, toRows } from './clickhouse.ts'

export interface ServerOptions {
  /** `https://clickhouse.example:8443`. */
  readonly url: string
  readonly user: string
  readonly password: string
  /** PEM, if the server's certificate is not signed by one that Node trusts. */
  readonly certificates?: Buffer | undefined
  /** Never printed: a server's message may repeat what it was sent. */
  readonly secrets?: readonly string[]
}

/** A query may take minutes and sends its progress meanwhile; merging at its end has no progress to send. */
export const serverPatience: Omit<Patience, 'busy'> = { ...patience, silenceMaxMs: 60_000 }

/** Of the form of a request: ClickHouse's http_max_field_value_size is 131,072 bytes by default. */
const pieceMax = 100_000

/**
 * Codes that may be well a moment later. Source: ErrorCodes.cpp of ClickHouse (TOO_MANY_SIMULTANEOUS_QUERIES,
 * SOCKET_TIMEOUT, NETWORK_ERROR, ALL_CONNECTION_TRIES_FAILED, SERVER_OVERLOADED, KEEPER_EXCEPTION).
 */
const busyCodes = new Set(['202', '209', '210', '279', '745', '999'])
/** UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, AUTHENTICATION_FAILED, ACCESS_DENIED, READONLY. */
const refusalCodes = new Set(['192', '193', '194', '516', '497', '164'])

type Reply =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'error'; readonly code: string; readonly message: string }
  /** What answers is a proxy, or no ClickHouse at all. */
  | { readonly kind: 'foreign'; readonly message: string }

export function openClickHouseServer(
  { url, user, password, certificates, secrets = [] }: ServerOptions,
  how = serverPatience,
): Pick<ClickHouse, 'rows'> & { close(): Promise<void> } {
  const configuration: ClickHouseClientConfigOptions = {
    url,
    username: user,
    password,
    application: 'tackline-batch',
    use_multipart_params: true,
    request_timeout: how.silenceMaxMs,
    max_response_headers_size: 4 * 1024 * 1024, // a line of progress every five seconds
    clickhouse_settings: {
      wait_end_of_query: 1, // so that a failure is a status, not the end of a table
      send_progress_in_http_headers: 1,
      http_headers_progress_interval_ms: '5000',
      cancel_http_readonly_queries_on_client_close: 1,
      s3_skip_empty_files: 0, // no object is empty, unless it is damaged
      s3_retry_attempts: '3', // some seconds; 500, the default, may take hours
    },
    ...(certificates === undefined ? {} : { tls: { ca_cert: certificates } }),
  }
  const client = once(async () => {
    const { ClickHouseLogLevel, createClient } = await import('@clickhouse/client')
    return createClient({ ...configuration, log: { level: ClickHouseLogLevel.OFF } })
  })
  const persist = openRetries<Reply>(how, (reply) => {
    if (reply.kind === 'foreign') return { reason: 'its answer is not of ClickHouse', retryAfterMs: 0 }
    return reply.kind === 'error' && busyCodes.has(reply.code)
      ? { reason: `code ${reply.code}`, retryAfterMs: 0 }
      : undefined
  })

  async function ask(query: string, values: Parameters): Promise<Reply> {
    const { ClickHouseError } = await import('@clickhouse/client')
    try {
      const pieces = inPieces(query, values)
      const answer = await (await client()).query({ ...pieces, format: 'JSONEachRow' })
      return { kind: 'text', text: await answer.text() }
    } catch (error) {
      if (error instanceof ClickHouseError)
        return { kind: 'error', code: error.code, message: `${error.message.trim()} (${error.type})` }
      if (!(error instanceof Error) || 'code' in error) throw error
      if (error.message === 'Timeout error.') throw new Silence(how.silenceMaxMs)
      return { kind: 'foreign', message: error.message.slice(0, 200) }
    }
  }

  return {
    async rows(name, sql, row, values) {
      let reply: Reply
      try {
        reply = await persist(() => ask(sql, values))
      } catch (error) {
        if (!(error instanceof EndpointError)) throw error
        return fail('clickhouse-unreachable', `ClickHouse does not answer at ${url}: ${reasonOf(error)}.`)
      }
      if (reply.kind === 'text') return toRows(name, reply.text, row)
      const said = hide(reply.message, [password, ...secrets])
      if (reply.kind === 'foreign')
        return fail('clickhouse-unreachable', `What answers at ${url} is not ClickHouse: ${said}`)
      if (busyCodes.has(reply.code))
        return fail('clickhouse-unreachable', `ClickHouse at ${url} is too busy: ${said}`)
      if (refusalCodes.has(reply.code))
        return fail('clickhouse-refused', `ClickHouse at ${url} refuses ${user}: ${said}`)
      return fail('job', `ClickHouse at ${url} could not answer ${name}: ${said}`)
    },
    async close() {
      await (await client()).close()
    },
  }
}

/** Longer values travel as several parameters that the statement puts together. */
export function inPieces(query: string, values: Parameters): { query: string; query_params: Parameters } {
  let text = query
  const bound: Record<string, Parameters[string]> = {}
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string' || value.length <= pieceMax) bound[name] = value
    else {
      const pieces = Array.from({ length: Math.ceil(value.length / pieceMax) }, (_, i) => `${name}_${i}`)
      pieces.forEach((piece, i) => (bound[piece] = value.slice(i * pieceMax, (i + 1) * pieceMax)))
      const whole = `concat(${pieces.map((piece) => `{${piece}:String}`).join(', ')})`
      text = text.replaceAll(`{${name}:String}`, whole)
    }
  }
  return { query: text, query_params: bound }
}

const hide = (message: string, secrets: readonly string[]) =>
  secrets
    .filter((secret) => secret !== '')
    .reduce((text, secret) => text.replaceAll(secret, '[HIDDEN]'), message)

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
