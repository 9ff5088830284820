// The event lake over S3, with signed requests: Cloudflare R2 in production, wrangler's R2 locally.
import { AwsClient } from 'aws4fetch'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'

export interface ObjectStore {
  /** All keys with this prefix, in the store's order (by bytes). */
  list(prefix: string): Promise<Result<string[], Failure>>
  read(key: string): Promise<Result<AsyncIterable<Uint8Array>, Failure>>
}

export interface S3Options {
  readonly endpoint: string
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** aws4fetch retries 5xx and 429 responses, after a random wait of up to 50 ms that doubles each time. */
const retriesMax = 4
const responseWaitMaxMs = 60_000

export function s3Store({ endpoint, bucket, accessKeyId, secretAccessKey }: S3Options): ObjectStore {
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    service: 's3',
    region: 'auto',
    retries: retriesMax,
  })
  const base = `${endpoint}/${encodeURIComponent(bucket)}`

  async function get(url: string): Promise<Result<Response, Failure>> {
    try {
      const response = await client.fetch(url, { signal: AbortSignal.timeout(responseWaitMaxMs) })
      if (response.ok) return ok(response)
      return fail(
        'lake-unreachable',
        `The event lake at ${base} refused: ${describeError(response.status, await response.text())}`,
      )
    } catch (error) {
      return fail('lake-unreachable', `The event lake does not answer at ${base}: ${reasonOf(error)}.`)
    }
  }

  return {
    async list(prefix) {
      const keys: string[] = []
      let next: string | undefined
      do {
        const query = new URLSearchParams({
          'list-type': '2',
          prefix,
          ...(next ? { 'continuation-token': next } : {}),
        })
        const page = await get(`${base}?${query.toString()}`)
        if (!page.ok) return page
        const xml = await textOf(page.value)
        if (xml === undefined)
          return fail('lake-unreachable', `The event lake at ${base} broke off while listing ${prefix}.`)
        if (!xml.includes('<ListBucketResult'))
          return fail('lake-unreachable', `What answers at ${base} is not an S3 bucket.`)
        keys.push(...elements(xml, 'Key'))
        next =
          elements(xml, 'IsTruncated')[0] === 'true' ? elements(xml, 'NextContinuationToken')[0] : undefined
      } while (next)
      return ok(keys)
    },

    async read(key) {
      const response = await get(`${base}/${encodeKey(key)}`)
      if (!response.ok) return response
      const { body } = response.value
      return body
        ? ok(body)
        : fail('lake-unreachable', `The event lake at ${base} sent no content for ${key}.`)
    },
  }
}

/**
 * Signature V4 signs the percent-encoded path. aws4fetch signs `=` as %3D but sends it bare, and wrangler's
 * R2 checks the path as sent. So a key like `day=2026-11-21` must be encoded here, or it is refused.
 */
const encodeKey = (key: string) => key.split('/').map(encodeURIComponent).map(encodeReserved).join('/')

/** What encodeURIComponent leaves and RFC 3986 reserves. */
const encodeReserved = (part: string) =>
  part.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

const textOf = (response: Response) => response.text().catch(() => undefined)

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
