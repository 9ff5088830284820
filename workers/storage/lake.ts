// Writes records to R2, one object per environment and hour of a batch.
import { lakeKey, portions, toNdjson } from '../../analytics/lake.ts'
import type { EventRecord } from '../../analytics/records.ts'
import { sha256Hex } from '../http/digest.ts'

export async function writePortions(bucket: R2Bucket, records: readonly EventRecord[]): Promise<void> {
  const writes = portions(records).map(async ({ environmentId, hour, records: portion }) => {
    const text = toNdjson(portion)
    const key = lakeKey(environmentId, hour, await sha256Hex(text))
    await bucket.put(key, await gzip(text), {
      httpMetadata: { contentType: 'application/x-ndjson', contentEncoding: 'gzip' },
    })
  })
  await Promise.all(writes)
}

/** Collects the compressed bytes, because R2 requires their length. */
function gzip(text: string): Promise<ArrayBuffer> {
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer()
}
