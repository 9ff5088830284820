// The event lake over S3, with signed requests: Cloudflare R2 in production, wrangler's R2 locally.
import { createHash } from 'node:crypto'
import { AwsClient } from 'aws4fetch'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Answer, openEndpoint, type Patience, patience } from '../endpoint.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'

/** `unreadable`: the object itself is at fault, not the store. */
export type Reading = { readonly records: number | undefined } & (
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'gone' }
)

export interface ListedObject {
  readonly key: string
  /** Of its content; empty if the store does not say. */
  readonly etag: string
}

/** Undefined: there is no such object. */
export type Version =
  | {
      readonly bytes: Uint8Array
      readonly etag: string
      /** False if the content is not what `replace` wrote, twice. */
      readonly isSound: boolean
    }
  | undefined

export interface ObjectStore {
  /** All objects with this prefix, in the store's order (by bytes); after a key, until a key (exclusive). */
  list(
    prefix: string,
    range?: { readonly after?: string; readonly until?: string },
  ): Promise<Result<ListedObject[], Failure>>
  /** The content as the HTTP client gives it: if it was stored with a content encoding, that may be off. */
  read(key: string): Promise<Result<Reading, Failure>>
  /** For objects that are named by their content: one that exists is left as it is. */
  write(
    key: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
  ): Promise<Result<void, Failure>>
  /** For objects that are replaced: the content and what `replace` needs to know. */
  readVersion(key: string): Promise<Result<Version, Failure>>
  /**
   * Writes the object if it still has this etag, or does not exist yet (undefined). `conflict`: it was not
   * written, or it was and the answer got lost.
   */
  replace(
    key: string,
    body: Uint8Array,
    etag: string | undefined,
  ): Promise<Result<'replaced' | 'conflict', Failure>>
  /** Also succeeds if there is no such object. */
  remove(key: string): Promise<Result<void, Failure>>
}

export interface S3Options {
  readonly endpoint: string
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** S3 answers 500 (InternalError) to what may be tried again. */
const storePatience: Patience = { ...patience, busy: [...patience.busy, 500] }

export function s3Store(
  { endpoint, bucket, accessKeyId, secretAccessKey }: S3Options,
  how = storePatience,
): ObjectStore {
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'auto' })
  const base = `${endpoint}/${encodeURIComponent(bucket)}`
  const ask = openEndpoint(how)

  /** Signed anew for each attempt: a signature is of a time. */
  async function send(url: string, init: RequestInit = {}): Promise<Result<Answer, Failure>> {
    try {
      return ok(await ask(() => client.sign(url, init)))
    } catch (error) {
      return fail('lake-unreachable', `The event lake does not answer at ${base}: ${reasonOf(error)}.`)
    }
  }

  const refusal = ({ status, body }: Answer) =>
    fail('lake-unreachable', `The event lake at ${base} refused: ${describeError(status, textOf(body))}`)

  return {
    async list(prefix, { after, until } = {}) {
      const objects: ListedObject[] = []
      for (let next: string | undefined, isFirst = true; isFirst || next; isFirst = false) {
        const query = new URLSearchParams({ 'list-type': '2', prefix })
        if (next) query.set('continuation-token', next)
        else if (after) query.set('start-after', after)
        const page = await send(`${base}?${query.toString()}`)
        if (!page.ok) return page
        if (!isSuccess(page.value)) return refusal(page.value)
        const xml = textOf(page.value.body)
        if (!xml.includes('<ListBucketResult'))
          return fail('lake-unreachable', `What answers at ${base} is not an S3 bucket.`)
        for (const [, object = ''] of xml.matchAll(/<Contents>(.*?)<\/Contents>/gs))
          for (const key of elements(object, 'Key'))
            if (until === undefined || key < until)
              objects.push({ key, etag: elements(object, 'ETag')[0] ?? '' })
            else return ok(objects)
        next =
          elements(xml, 'IsTruncated')[0] === 'true' ? elements(xml, 'NextContinuationToken')[0] : undefined
      }
      return ok(objects)
    },

    async read(key) {
      const answer = await send(`${base}/${encodeKey(key)}`)
      if (!answer.ok) return answer
      const { status, headers, body, damage } = answer.value
      const count = headers.get(recordsHeader)
      const records = count === null ? undefined : Number(count)
      // Listed a moment ago: deleted since, or the store's own fault. The others can still be read.
      if (status === 404 && describeError(status, textOf(body)).startsWith('NoSuchKey'))
        return ok({ kind: 'gone', records: undefined })
      if (!isSuccess(answer.value)) return refusal(answer.value)
      return damage === undefined
        ? ok({ kind: 'read', bytes: body, records })
        : ok({ kind: 'unreadable', reason: `its content encoding is damaged (${damage})`, records })
    },

    async readVersion(key) {
      for (let isSecond = false; ; isSecond = true) {
        const answer = await send(`${base}/${encodeKey(key)}`)
        if (!answer.ok) return answer
        const { status, headers, body, damage } = answer.value
        if (status === 404 && describeError(status, textOf(body)).startsWith('NoSuchKey'))
          return ok(undefined)
        if (!isSuccess(answer.value)) return refusal(answer.value)
        const etag = headers.get('etag')
        if (etag === null || damage !== undefined)
          return fail('lake-unreachable', `The event lake at ${base} answers ${key} without its etag.`)
        const digest = headers.get(digestHeader)
        const isSound = digest === null || digest === digestOf(body) // earlier releases wrote none
        if (isSound || isSecond) return ok({ bytes: body, etag, isSound })
      }
    },

    async replace(key, body, etag) {
      const condition = etag === undefined ? { 'if-none-match': '*' } : { 'if-match': etag }
      const headers = {
        ...condition,
        'content-type': 'application/json',
        [digestHeader]: digestOf(body),
      }
      const answer = await send(`${base}/${encodeKey(key)}`, { method: 'PUT', body, headers })
      if (!answer.ok) return answer
      if (answer.value.status === preconditionFailed) return ok('conflict')
      return isSuccess(answer.value) ? ok('replaced') : refusal(answer.value)
    },

    async write(key, body, headers) {
      const init = { method: 'PUT', body, headers: { ...headers, 'if-none-match': '*' } }
      const answer = await send(`${base}/${encodeKey(key)}`, init)
      if (!answer.ok) return answer
      const isThere = isSuccess(answer.value) || answer.value.status === preconditionFailed
      return isThere ? ok(undefined) : refusal(answer.value)
    },

    async remove(key) {
      const answer = await send(`${base}/${encodeKey(key)}`, { method: 'DELETE' })
      if (!answer.ok) return answer
      return isSuccess(answer.value) ? ok(undefined) : refusal(answer.value)
    },
  }
}

/** What `If-None-Match: *` answers if the object exists, and `If-Match` if it is another. */
const preconditionFailed = 412

/** How many records an object holds; ingest writes it as metadata. */
const recordsHeader = 'x-amz-meta-records'

/** Of an object whose name does not say what it holds: SHA-256, in hex. */
const digestHeader = 'x-amz-meta-sha256'
const digestOf = (body: Uint8Array) => createHash('sha256').update(body).digest('hex')

const isSuccess = ({ status }: Answer) => status >= 200 && status < 300
const textOf = (body: Uint8Array) => new TextDecoder().decode(body)

/**
 * Signature V4 signs the percent-encoded path. aws4fetch signs `=` as %3D but sends it bare, and wrangler's
 * R2 checks the path as sent. So a key like `day=2026-11-21` must be encoded here, or it is refused.
 */
const encodeKey = (key: string) => key.split('/').map(encodeURIComponent).map(encodeReserved).join('/')

/** What encodeURIComponent leaves and RFC 3986 reserves. */
const encodeReserved = (part: string) =>
  part.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/** The texts of all elements of this name. S3's XML is flat where it is read here, so no parser is needed. */
function elements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) =>
    unescapeXml(text),
  )
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

const unescapeXml = (text: string) =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) =>
    hex || decimal
      ? String.fromCodePoint(Number.parseInt(hex ?? decimal ?? '', hex ? 16 : 10))
      : (entities[name ?? ''] ?? whole),
  )

function describeError(status: number, xml: string): string {
  const [code] = elements(xml, 'Code')
  const [message] = elements(xml, 'Message')
  return code ? `${code}, ${message ?? ''}` : `status ${status}.`
}
