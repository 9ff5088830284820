// Isolates of one data centre share the newest revision through the data centre's cache, so the environment's
// object is asked once per data centre instead of once per isolate. A lost entry costs one more question,
// never an answer.
import type { Head } from '../contracts/environment-contract.ts'

export interface KnownHead {
  readonly head: Head
  /** Epoch milliseconds of the call to the object. */
  readonly askedAt: number
}

export interface HeadCache {
  read(environmentId: string): Promise<KnownHead | undefined>
  write(environmentId: string, known: KnownHead): Promise<void>
}

/** The cache only counts whole seconds, so each entry carries the time of its question. */
const cacheControl = 'max-age=1'
const urlOf = (environmentId: string) => `https://tackline.internal/head/${environmentId}`

export function headCache(cache: Cache): HeadCache {
  return {
    async read(environmentId) {
      try {
        const response = await cache.match(urlOf(environmentId))
        return response && (await response.json<KnownHead>())
      } catch {
        return undefined
      }
    },
    async write(environmentId, known) {
      try {
        const response = Response.json(known, { headers: { 'cache-control': cacheControl } })
        await cache.put(urlOf(environmentId), response)
      } catch {
        return // Under workers.dev there is no cache.
      }
    },
  }
}
