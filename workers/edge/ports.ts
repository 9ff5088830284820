// The ports that the protocols need, implemented with this Worker's bindings.
import type { Ports } from '../contracts/ports.ts'
import { eventQueue } from '../storage/event-queue.ts'
import { notifierFeed } from '../streams/feed.ts'
import { assignmentStore } from './assignments.ts'
import type { EdgeBindings, EnvironmentReader, RecentEnvironmentsReader } from './bindings.ts'
import { foreignKeys } from './foreign-keys.ts'
import { rateLimits } from './rate-limits.ts'
import { headCache } from './head-cache.ts'
import { snapshotSource } from './snapshot-source.ts'

export function edgePorts(env: EdgeBindings, defer: (work: Promise<unknown>) => void): Ports {
  const now = () => Date.now()
  const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
  return {
    snapshots: snapshotSource({
      kv: env.SNAPSHOTS,
      environment: (id) =>
        env.ENVIRONMENT.get(env.ENVIRONMENT.idFromName(id)) as unknown as EnvironmentReader,
      recent: () =>
        (env.RECENT.get(env.RECENT.idFromName('all')) as unknown as RecentEnvironmentsReader).list(),
      shared: headCache(caches.default),
      now,
      delay,
      defer,
    }),
    foreignKeys: foreignKeys(env.SNAPSHOTS, now, defer),
    limits: rateLimits({
      limiters: { key: env.RATE_BY_KEY, address: env.RATE_BY_ADDRESS },
      now,
      defer,
    }),
    events: eventQueue(env.EVENTS),
    assignments: assignmentStore({ objects: env.ASSIGNMENTS, delay, defer }),
    defer,
    feed: notifierFeed(env.NOTIFIER, Math.random),
    exposureSecret: env.EXPOSURE_SECRET || undefined,
    now,
  }
}
