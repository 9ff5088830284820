// The shards of notifiers that listen to one environment, kept by the environment's object, which tells them
// of every publication.
import { logError } from '../http/log.ts'
import type { Notifier } from './notifier.ts'

const prefix = 'listener:'

export async function addListener(storage: DurableObjectStorage, shard: string): Promise<void> {
  await storage.put(prefix + shard, true)
}

/**
 * A shard that cannot be reached is told again the next time; its streams look for themselves at every
 * heartbeat.
 */
export async function tellListeners(
  storage: DurableObjectStorage,
  notifiers: DurableObjectNamespace<Notifier>,
  revision: number,
): Promise<void> {
  const listening = await storage.list({ prefix })
  await Promise.all(
    [...listening.keys()].map(async (key) => {
      try {
        const shard = notifiers.get(notifiers.idFromName(key.slice(prefix.length)))
        if ((await shard.hear(revision)) === 0) await storage.delete(key)
      } catch (cause) {
        logError('notify', cause)
      }
    }),
  )
}
