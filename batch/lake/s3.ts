// The event lake over S3, with signed requests: Cloudflare R2 in production, wrangler's R2 locally.
import { AwsClient } from 'aws4fetch'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Answer, openEndpoint, type Patience, patience } from '../endpoint.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'

/** `unreadable`: the object itself is at fault, not the store. */
export type Reading = { readonly records: number | undefined } & (
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'unreadable'; readonly reason: string }
)

export interface ObjectStore {
  /** All keys with this prefix, in the store's order (by bytes). */
  list(prefix: string): Promise<Result<string[], Failure>>
  /** The folders directly below this prefix, as prefixes that end with a slash. */
  folders(prefix: string): Promise<Result<string[], Failure>>
  /** The content as the HTTP client gives it: if it was stored with a content encoding, that may be off. */
  read(key: string): Promise<Result<Reading, Failure>>
  /** For objects that are named by their content: one that exists is left as it is. */
  write(
    key: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
  ): Promise<Result<void, Failure>>
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

  /** The texts of an element on all pages. */
  async function listed(element: string, parameters: Readonly<Record<string, string>>) {
    const names: string[] = []
    let next: string | undefined
    do {
      const query = new URLSearchParams({ 'list-type': '2', ...parameters })
      if (next) query.set('continuation-token', next)
      const page = await send(`${base}?${query.toString()}`)
      if (!page.ok) return page
      if (!isSuccess(page.value)) return refusal(page.value)
      const xml = textOf(page.value.body)
      if (!xml.includes('<ListBucketResult'))
        return fail('lake-unreachable', `What answers at ${base} is not an S3 bucket.`)
      names.push(...elements(xml, element))
      next =
        elements(xml, 'IsTruncated')[0] === 'true' ? elements(xml, 'NextContinuationToken')[0] : undefined
    } while (next)
    return ok(names)
  }

  return {
    list: (prefix) => listed('Key', { prefix }),
    async folders(prefix) {
      const names = await listed('Prefix', { prefix, delimiter: '/' })
      // The page also repeats what was asked for.
      return names.ok ? ok(names.value.filter((name) => name !== prefix)) : names
    },

    async read(key) {
      const answer = await send(`${base}/${encodeKey(key)}`)
      if (!answer.ok) return answer
      const { status, headers, body, damage } = answer.value
      const count = headers.get(recordsHeader)
      const records = count === null ? undefined : Number(count)
      const unreadable = (reason: string) => ok({ kind: 'unreadable' as const, reason, records })
      // Listed a moment ago: deleted since, or the store's own fault. The others can still be read.
      if (status === 404 && describeError(status, textOf(body)).startsWith('NoSuchKey'))
        return unreadable('it is listed, and the store has no such object')
      if (!isSuccess(answer.value)) return refusal(answer.value)
      return damage === undefined
        ? ok({ kind: 'read', bytes: body, records })
        : unreadable(`its content encoding is damaged (${damage})`)
    },

    async write(key, body, headers) {
      const init = { method: 'PUT', body, headers: { ...headers, 'if-none-match': '*' } }
      const answer = await send(`${base}/${encodeKey(key)}`, init)
      if (!answer.ok) return answer
      const isThere = isSuccess(answer.value) || answer.value.status === alreadyThere
      return isThere ? ok(undefined) : refusal(answer.value)
    },

    async remove(key) {
      const answer = await send(`${base}/${encodeKey(key)}`, { method: 'DELETE' })
      if (!answer.ok) return answer
      return isSuccess(answer.value) ? ok(undefined) : refusal(answer.value)
    },
  }
}

/** Precondition Failed: what `If-None-Match: *` answers if the object exists. */
const alreadyThere = 412

/** How many records an object holds; ingest writes it as metadata. */
const recordsHeader = 'x-amz-meta-records'

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
