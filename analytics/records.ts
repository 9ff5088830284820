// The contract between ingest and batch: what one line of the event lake is. Versioned; fields are only ever
// added, with a default. Every record carries an id of its own, and whoever reads counts each id once:
// delivery is at least once everywhere.
import * as z from 'zod/mini'

export const recordVersion = 1

export const protocols = ['bucketeer', 'flagship-io', 'ofrep'] as const

/**
 * How far apart the times of one event's copies may lie: the difference between two ways here, and a client's
 * clock.
 */
export const sameWithinMs = 5_000

const common = {
  v: z.literal(recordVersion),
  id: z.string().check(z.minLength(1), z.maxLength(200)),
  environmentId: z.string().check(z.minLength(1)),
  /** Epoch milliseconds: when it happened, by the client's account. */
  at: z.int(),
  /** Epoch milliseconds: when edge took it. */
  receivedAt: z.int(),
  protocol: z.enum(protocols),
  /** Name and version that the SDK gave itself; may be empty. */
  sdk: z.string().check(z.maxLength(200)),
  targetingKey: z.string().check(z.maxLength(1_000)),
  attributes: z.record(z.string(), z.string()),
}

/**
 * A user met a variation. `ruleId` names the rule or default strategy that decided, where the protocol tells.
 */
export const Exposure = z.strictObject({
  ...common,
  kind: z.literal('exposure'),
  flagKey: z.string(),
  flagVersion: z.int(),
  variationId: z.string(),
  ruleId: z.string(),
})
export type Exposure = z.infer<typeof Exposure>

/** A user did something that a goal may count. */
export const Tracking = z.strictObject({
  ...common,
  kind: z.literal('tracking'),
  event: z.string(),
  value: z.number(),
  /**
   * Where the wire has no event ids: a digest of all that was said. What a user says again within
   * `sameWithinMs` is the same event, for two copies that came through two isolates may have two ids.
   */
  content: z.optional(z.string().check(z.maxLength(32))),
})
export type Tracking = z.infer<typeof Tracking>

/** What an SDK says of its own work (latency, errors, defaults served); never enters a result. */
export const SdkReport = z.strictObject({
  ...common,
  kind: z.literal('sdk-report'),
  event: z.string(),
  value: z.number(),
})
export type SdkReport = z.infer<typeof SdkReport>

export const EventRecord = z.discriminatedUnion('kind', [Exposure, Tracking, SdkReport])
export type EventRecord = z.infer<typeof EventRecord>

/** One queue message: records of one environment that came in one request. */
export interface EventMessage {
  readonly records: readonly EventRecord[]
}
