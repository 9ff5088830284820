// Adds to the live counts, and finds the objects that hold them. What cannot be added is tried again, and
// then given up: the lake has the record, and nothing that counts waits for a view.
import type { IntakeCounts } from '../../analytics/intake.ts'
import type { EventEnvelope } from '../../analytics/records.ts'
import { murmur3x86 } from '../../core/hash/murmur3-x86-32.ts'
import type { FlagCounter, IntakeStore } from '../contracts/live-contract.ts'
import { logError } from '../http/log.ts'
import { within } from '../storage/within.ts'
import { liveBatches } from './live-batch.ts'

/** Objects that share the flags of an environment. Changing this number would lose every count so far. */
const flagShards = 4
const addWithinMs = 3_000
const attempts = 3

export interface LiveBindings {
  readonly FLAG_COUNTERS: DurableObjectNamespace
  readonly INTAKE: DurableObjectNamespace
}

const shardOf = (flagKey: string) => murmur3x86(flagKey) % flagShards

/** Beside the shards of flags: counts the events of goals by name. */
const eventShard = 'events'

const shardObject = (
  { FLAG_COUNTERS }: LiveBindings,
  environmentId: string,
  shard: number | typeof eventShard,
) => FLAG_COUNTERS.get(FLAG_COUNTERS.idFromName(`${environmentId}:${shard}`)) as unknown as FlagCounter

export const flagCounterOf = (env: LiveBindings, environmentId: string, flagKey: string): FlagCounter =>
  shardObject(env, environmentId, shardOf(flagKey))

/** Events are asked for by their name. */
export const eventCounterOf = (env: LiveBindings, environmentId: string): FlagCounter =>
  shardObject(env, environmentId, eventShard)

export const intakeOf = ({ INTAKE }: Pick<LiveBindings, 'INTAKE'>, environmentId: string): IntakeStore =>
  INTAKE.get(INTAKE.idFromName(environmentId)) as unknown as IntakeStore

/** Never fails. `batchId` names what is added, so that adding it twice counts it once. */
export async function addLive(
  env: LiveBindings,
  batchId: string,
  records: readonly EventEnvelope[],
  now: number,
): Promise<void> {
  const adding = [...liveBatches(records, now)].flatMap(
    ([environmentId, { variations, events, counts, attributes, exposed }]) => [
      persist(() => intakeOf(env, environmentId).add(batchId, environmentId, counts, attributes, exposed)),
      ...(events.length === 0
        ? []
        : [persist(() => eventCounterOf(env, environmentId).add(batchId, environmentId, events))]),
      ...[...Map.groupBy(variations, ({ flagKey }) => shardOf(flagKey))].map(([shard, own]) =>
        persist(() => shardObject(env, environmentId, shard).add(batchId, environmentId, own)),
      ),
    ],
  )
  await Promise.all(adding)
}

/** Counts what became of records that are not in the lake. Never fails. */
export const addIntake = (
  env: LiveBindings,
  batchId: string,
  environmentId: string,
  counts: IntakeCounts,
): Promise<void> => persist(() => intakeOf(env, environmentId).add(batchId, environmentId, counts, []))

/** Never fails. Without it, the report on how fast revisions spread lacks this one. */
export const notePublication = (
  env: Pick<LiveBindings, 'INTAKE'>,
  environmentId: string,
  revision: number,
  at: number,
): Promise<void> => persist(() => intakeOf(env, environmentId).notePublication(environmentId, revision, at))

async function persist(add: () => unknown): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    try {
      await within(addWithinMs, Promise.resolve(add()))
      return
    } catch (cause) {
      logError('live counts', cause)
    }
  }
}
