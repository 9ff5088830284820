// The notifier shards that listen to one environment. The environment's Durable Object stores them and
// notifies them of every published revision.
import { logError } from '../http/log.ts'
import type { Notifier } from './notifier.ts'

const prefix = 'listener:'

export async function addListener(storage: DurableObjectStorage, shard: string): Promise<void> {
  await storage.put(prefix + shard, true)
}

/**
 * Forgets shards without clients. An unreachable shard is notified of the next revision; until then its
 * streams find this one at their next heartbeat.
 */
export async function notifyListeners(
  storage: DurableObjectStorage,
  notifiers: DurableObjectNamespace<Notifier>,
  revision: number,
): Promise<void> {
  const listeners = await storage.list({ prefix })
  await Promise.all(
    [...listeners.keys()].map(async (key) => {
      try {
        const shard = notifiers.get(notifiers.idFromName(key.slice(prefix.length)))
        if ((await shard.notify(revision)) === 0) await storage.delete(key)
      } catch (cause) {
        logError('notify', cause)
      }
    }),
  )
}
