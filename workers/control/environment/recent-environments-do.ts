// The Durable Object that lists the environments of the last minutes. KV may say for a minute that a new
// environment does not exist, if its id was requested before. Edge therefore checks this list, so that no
// unknown id ever reaches an environment's own object. There is one such object.
import { DurableObject } from 'cloudflare:workers'

/** Cloudflare: KV caches that a key does not exist for a minute. */
const recentMs = 2 * 60_000
/** The name of the only object. */
export const recentEnvironmentsName = 'all'

type Entry = readonly [environmentId: string, createdAt: number]

export class RecentEnvironments extends DurableObject<unknown> {
  async add(environmentId: string): Promise<void> {
    await this.ctx.storage.put('recent', [...(await this.#recent()), [environmentId, Date.now()]])
  }

  async list(): Promise<string[]> {
    return (await this.#recent()).map(([environmentId]) => environmentId)
  }

  async #recent(): Promise<Entry[]> {
    const entries = (await this.ctx.storage.get<Entry[]>('recent')) ?? []
    return entries.filter(([, createdAt]) => createdAt > Date.now() - recentMs)
  }
}
