// The variables of a ClickHouse server that counts events in place of this process.
import { ok, type Result } from '../core/model/problem.ts'
import { type Failure, fail } from './failure.ts'

export interface ClickHouseConfiguration {
  /** Without a slash at its end. */
  readonly url: string
  readonly user: string
  readonly password: string
  /** A file of certificates (PEM) that the server's is signed by; undefined: those that Node trusts. */
  readonly certificatesFile: string | undefined
  readonly cluster: string | undefined
  /** Of the server, with the lake's URL and credentials. */
  readonly collection: string | undefined
  /** The lake's endpoint as the server sees it. */
  readonly s3Endpoint: string
}

type Variables = Readonly<Record<string, string | undefined>>

/** `s3Endpoint` is the lake's. Undefined if no server is named. */
export function readClickHouse(
  variables: Variables,
  s3Endpoint: string,
): Result<ClickHouseConfiguration | undefined, Failure> {
  const { TACKLINE_CLICKHOUSE_URL: url, TACKLINE_CLICKHOUSE_COLLECTION: collection } = variables
  if (!url) return readWithoutServer(variables)
  const parsed = URL.parse(url)
  if (!/^https?:$/.test(parsed?.protocol ?? ''))
    return fail('usage', `TACKLINE_CLICKHOUSE_URL is not a URL of http or https: ${withoutCredentials(url)}`)
  if (parsed?.username || parsed?.password)
    return fail(
      'usage',
      'TACKLINE_CLICKHOUSE_URL takes no user and password, because it is printed: use ' +
        'TACKLINE_CLICKHOUSE_USER and TACKLINE_CLICKHOUSE_PASSWORD.',
    )
  if (collection && !/^[A-Za-z_]\w*$/.test(collection))
    return fail('usage', `TACKLINE_CLICKHOUSE_COLLECTION is not the name of a collection: ${collection}`)
  const endpoint = (variables.TACKLINE_CLICKHOUSE_S3_ENDPOINT || s3Endpoint).replace(/\/+$/, '')
  if (!URL.canParse(endpoint))
    return fail('usage', `TACKLINE_CLICKHOUSE_S3_ENDPOINT is not a URL: ${endpoint}`)
  if (!collection && isLoopback(endpoint) && !isLoopback(url))
    return fail(
      'usage',
      `ClickHouse at ${url} cannot reach the event lake at ${endpoint}: set TACKLINE_CLICKHOUSE_S3_ENDPOINT.`,
    )
  return ok({
    url: url.replace(/\/+$/, ''),
    user: variables.TACKLINE_CLICKHOUSE_USER || 'default',
    password: variables.TACKLINE_CLICKHOUSE_PASSWORD ?? '',
    certificatesFile: variables.TACKLINE_CLICKHOUSE_CA || undefined,
    cluster: variables.TACKLINE_CLICKHOUSE_CLUSTER || undefined,
    collection: collection || undefined,
    s3Endpoint: endpoint,
  })
}

/** A forgotten URL would count in this process, without a word. */
function readWithoutServer(variables: Variables): Result<undefined, Failure> {
  const set = Object.keys(variables).find(
    (name) => name.startsWith('TACKLINE_CLICKHOUSE_') && variables[name],
  )
  return set === undefined
    ? ok(undefined)
    : fail('usage', `${set} is set, and TACKLINE_CLICKHOUSE_URL is not: name the server.`)
}

const withoutCredentials = (url: string) => url.replace(/\/\/[^/]*@/, '//')

export const isLoopback = (url: string) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname)
