// A bucket over HTTP that behaves as R2's S3 endpoint does: pages, folders, conditional writes, and objects
// answered as they are stored, with the headers they were stored with. wrangler's emulator differs: it packs
// what has `Content-Encoding: gzip` a second time.
// Sources: https://developers.cloudflare.com/r2/api/s3/api/, Amazon S3 API reference (ListObjectsV2,
// PutObject with If-None-Match and If-Match).
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

export interface BucketObject {
  readonly body: Uint8Array
  /** Lower-case names: `content-type`, `content-encoding`, `x-amz-meta-...`. */
  readonly headers: Readonly<Record<string, string>>
}

/** `unpacking`: something on the way takes the content encoding off, as Cloudflare's cache may. */
export type Delivery = 'as-stored' | 'unpacking'

/** Answers a request in the bucket's place; returns false to let the bucket answer. */
export type Interception = (request: IncomingMessage, response: ServerResponse) => boolean

export interface SimulatedBucket {
  readonly objects: Map<string, BucketObject>
  /** Method and key of each request, or `LIST` and the prefix. */
  readonly requests: string[]
  readonly accessKeyId: string
  delivery: Delivery
  intercept: Interception
  /** `path` is that of the bucket itself: `/tackline-lake`. */
  answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>
}

/** S3 and R2 list this many keys and folders per page. */
const pageLength = 1000
/** ClickHouse refuses an object without it. */
const storedAt = new Date(0).toUTCString()
const storedHeaders = /^(content-type|content-encoding|x-amz-meta-.+)$/

export function simulatedBucket(accessKeyId = 'local'): SimulatedBucket {
  const objects = new Map<string, BucketObject>()
  const bucket: SimulatedBucket = {
    objects,
    requests: [],
    accessKeyId,
    delivery: 'as-stored',
    intercept: () => false,
    async answer(request, response, path) {
      const url = new URL(request.url ?? '', 'http://simulated')
      const key = decodeURIComponent(url.pathname.slice(path.length + 1))
      const { method = 'GET' } = request
      bucket.requests.push(key === '' ? `LIST ${url.searchParams.get('prefix') ?? ''}` : `${method} ${key}`)
      if (bucket.intercept(request, response)) return
      if (!request.headers.authorization?.includes(`Credential=${accessKeyId}/`))
        return refuse(response, 403, 'AccessDenied', 'Access Denied')
      if (key === '') return void response.end(list(objects, url.searchParams))
      switch (method) {
        case 'GET':
        case 'HEAD':
          return get(request, response, objects.get(key), bucket.delivery)
        case 'PUT':
          return put(request, response, objects, key)
        case 'DELETE':
          objects.delete(key)
          return void response.writeHead(204).end()
        default:
          return refuse(response, 405, 'MethodNotAllowed', 'The specified method is not allowed.')
      }
    },
  }
  return bucket
}

const etagOf = ({ body }: BucketObject) => `"${createHash('md5').update(body).digest('hex')}"`

function get(
  { method, headers: { range } }: IncomingMessage,
  response: ServerResponse,
  object: BucketObject | undefined,
  delivery: Delivery,
) {
  if (!object) return refuse(response, 404, 'NoSuchKey', 'The specified key does not exist.')
  const { 'content-encoding': encoding, ...others } = object.headers
  const isUnpacked = delivery === 'unpacking' && encoding === 'gzip'
  const whole = isUnpacked ? gunzipSync(object.body) : object.body
  const stored = isUnpacked || encoding === undefined ? others : { ...others, 'content-encoding': encoding }
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
  const [from, to] = [Number(first), Math.min(Number(last || Infinity), whole.byteLength - 1)]
  const body = first === undefined ? whole : whole.subarray(from, to + 1)
  const part = first === undefined ? {} : { 'content-range': `bytes ${from}-${to}/${whole.byteLength}` }
  const described = { 'content-length': body.byteLength, etag: etagOf(object), 'last-modified': storedAt }
  response.writeHead(first === undefined ? 200 : 206, { ...stored, ...described, ...part })
  response.end(method === 'HEAD' ? undefined : body)
}

async function put(
  request: IncomingMessage,
  response: ServerResponse,
  objects: Map<string, BucketObject>,
  key: string,
): Promise<void> {
  const body = await buffer(request)
  const before = objects.get(key)
  const { 'if-none-match': ifNoneMatch, 'if-match': ifMatch } = request.headers
  const isMet =
    (ifNoneMatch !== '*' || !before) && (ifMatch === undefined || (before && etagOf(before) === ifMatch))
  if (!isMet)
    return refuse(response, 412, 'PreconditionFailed', 'At least one of the preconditions did not hold.')
  const headers = Object.entries(request.headers).filter(([name]) => storedHeaders.test(name))
  const object = { body, headers: Object.fromEntries(headers) as Record<string, string> }
  objects.set(key, object)
  response.writeHead(200, { etag: etagOf(object) }).end()
}

/** ListObjectsV2. The continuation token is the last key or folder of the page before. */
function list(objects: ReadonlyMap<string, BucketObject>, query: URLSearchParams): string {
  const all = [...objects.keys()]
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter')
  const after = query.get('continuation-token') ?? query.get('start-after') ?? ''
  const folderOf = (key: string) => {
    const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1
    return end === -1 ? undefined : key.slice(0, end + 1)
  }
  const own = all.filter((key) => key.startsWith(prefix))
  const entries = [...new Set(own.map((key) => folderOf(key) ?? key))].filter((name) => name > after)
  const page = entries.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).slice(0, pageLength)
  const isTruncated = page.length < entries.length
  const contents = page.map((name) =>
    delimiter && name.endsWith(delimiter) && !all.includes(name)
      ? `<CommonPrefixes><Prefix>${escapeXml(name)}</Prefix></CommonPrefixes>`
      : `<Contents><Key>${escapeXml(name)}</Key><ETag>${escapeXml(etagOf(objects.get(name)!))}</ETag></Contents>`,
  )
  const next = isTruncated
    ? `<NextContinuationToken>${escapeXml(page.at(-1) ?? '')}</NextContinuationToken>`
    : ''
  return (
    `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Prefix>${escapeXml(prefix)}</Prefix>` +
    `${contents.join('')}<IsTruncated>${isTruncated}</IsTruncated>${next}</ListBucketResult>`
  )
}

const escapeXml = (text: string) => text.replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`)

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  const xml = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`
  response.writeHead(status, { 'content-type': 'application/xml' }).end(xml)
}
