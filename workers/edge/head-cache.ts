// What isolates of one data centre tell each other of the newest revision, through the data centre's cache: so the environment's object is
// asked about as often as there are data centres, not isolates. Losing it costs questions, never an answer.
import type { Head } from '../contracts/environment-contract.ts'

export interface KnownHead {
  readonly head: Head
  /** When the object was asked. */
  readonly askedAt: number
}

export interface HeadCache {
  read(environmentId: string): Promise<KnownHead | undefined>
  write(environmentId: string, known: KnownHead): Promise<void>
}

/** Cloudflare's cache knows whole seconds; how old an entry is, is in the entry. */
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
        return // there is no cache where the Worker runs under workers.dev
      }
    },
  }
}
