// The ports that the protocols need, implemented with this Worker's bindings.
import type { IntakeMeter } from '../contracts/intake-contract.ts'
import type { Ports } from '../contracts/ports.ts'
import { type EventQueue, eventQueue } from '../storage/event-queue.ts'
import { notifierFeed } from '../streams/feed.ts'
import { assignmentStore } from './assignments.ts'
import type { EdgeBindings, EnvironmentReader, RecentEnvironmentsReader } from './bindings.ts'
import { foreignKeys } from './foreign-keys.ts'
import { rateLimits } from './rate-limits.ts'
import { intake } from './intake.ts'
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
    events: intake({
      queue: eventQueue(queuesOf(env)),
      meterOf: meterOf(env.INTAKE),
      now,
      delay,
      defer,
    }),
    assignments: assignmentStore({ objects: env.ASSIGNMENTS, delay, defer }),
    defer,
    feed: notifierFeed(env.NOTIFIER, Math.random),
    exposureSecret: env.EXPOSURE_SECRET || undefined,
    now,
  }
}

/** `EVENTS` and, without a gap, `EVENTS_1`, `EVENTS_2`, ... */
function queuesOf(env: EdgeBindings): EventQueue[] {
  const queues: EventQueue[] = [env.EVENTS]
  for (let more = env.EVENTS_1; more; more = env[`EVENTS_${queues.length}`]) queues.push(more)
  return queues
}

const meterOf = (objects: EdgeBindings['INTAKE']) =>
  objects &&
  ((environmentId: string) => objects.get(objects.idFromName(environmentId)) as unknown as IntakeMeter)
