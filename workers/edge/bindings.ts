import type { EventMessage } from '../../analytics/records.ts'
import type { Head } from '../environment-object.ts'
import type { Snapshot } from '../../core/snapshot.ts'

/** The part of the environment's object that edge may call. */
export interface EnvironmentReader {
  head(environmentId: string): Promise<Head>
  snapshot(environmentId: string): Promise<Snapshot | undefined>
}

export interface EdgeBindings {
  readonly SNAPSHOTS: KVNamespace
  readonly ENVIRONMENT: DurableObjectNamespace
  readonly EVENTS: Queue<EventMessage>
  readonly CONTROL: Fetcher
}
