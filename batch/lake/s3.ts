// The event lake over S3: Cloudflare R2 in production, wrangler's own R2 on one's machine, both with signed
// requests.
import { AwsClient } from 'aws4fetch'
import { done, fail, type Outcome, reasonOf } from '../failure.ts'

export interface ObjectStore {
  /** Every key that starts so, in the store's order (by bytes). */
  list(prefix: string): Promise<Outcome<string[]>>
  read(key: string): Promise<Outcome<AsyncIterable<Uint8Array>>>
}

export interface S3Options {
  readonly endpoint: string
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Of 5xx and 429 answers; aws4fetch waits up to 50 ms, then twice as long each time. */
const retriesMax = 4
const answerWaitMaxMs = 60_000

export function s3Store({ endpoint, bucket, accessKeyId, secretAccessKey }: S3Options): ObjectStore {
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    service: 's3',
    region: 'auto',
    retries: retriesMax,
  })
  const base = `${endpoint}/${encodeURIComponent(bucket)}`

  async function get(url: string): Promise<Outcome<Response>> {
    try {
      const response = await client.fetch(url, { signal: AbortSignal.timeout(answerWaitMaxMs) })
      if (response.ok) return done(response)
      return fail(
        'lake-unreachable',
        `The event lake at ${base} refused: ${complaint(response.status, await response.text())}`,
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
          return fail('lake-unreachable', `The event lake at ${base} broke off while it listed ${prefix}.`)
        if (!xml.includes('<ListBucketResult'))
          return fail('lake-unreachable', `What answers at ${base} is no S3 bucket.`)
        keys.push(...elements(xml, 'Key'))
        next =
          elements(xml, 'IsTruncated')[0] === 'true' ? elements(xml, 'NextContinuationToken')[0] : undefined
      } while (next)
      return done(keys)
    },

    async read(key) {
      const response = await get(`${base}/${encodeKey(key)}`)
      if (!response.ok) return response
      const { body } = response.value
      return body
        ? done(body)
        : fail('lake-unreachable', `The event lake at ${base} sent no content for ${key}.`)
    },
  }
}

/**
 * Signature V4 signs the path percent-encoded. aws4fetch signs `=` as %3D but would send it bare, and
 * wrangler's R2 checks the path as sent, so a key like `day=2026-11-21` is refused unless it travels encoded.
 */
const encodeKey = (key: string) => key.split('/').map(encodeURIComponent).map(encodeRest).join('/')

const encodeRest = (part: string) =>
  part.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

const textOf = (response: Response) => response.text().catch(() => undefined)

/** S3's XML is flat where we read it, and written by machines: no parser is needed. */
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

function complaint(status: number, xml: string): string {
  const [code] = elements(xml, 'Code')
  const [message] = elements(xml, 'Message')
  return code ? `${code}, ${message ?? ''}` : `status ${status}.`
}
