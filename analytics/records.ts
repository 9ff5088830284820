// The contract between ingest and batch: one line of the event lake. Versioned; fields are only ever added,
// with a default. Delivery is at least once, so every record has an id, and readers count each event once, by
// environment, kind, targeting key and id.
import * as z from 'zod/mini'

export const recordVersion = 1

export const protocols = ['bucketeer', 'flagship-io', 'ofrep'] as const

/**
 * The largest difference between the times of two copies of one event: they may reach edge by different
 * routes, and clients' clocks vary.
 */
export const sameWithinMs = 5_000

const common = {
  v: z.literal(recordVersion),
  id: z.string().check(z.minLength(1), z.maxLength(200)),
  environmentId: z.string().check(z.minLength(1)),
  /** Epoch milliseconds by the client's clock: when it happened. */
  at: z.int(),
  /** Epoch milliseconds by edge's clock: when edge received it. */
  receivedAt: z.int(),
  protocol: z.enum(protocols),
  /** Name and version as the SDK reports them; may be empty. */
  sdk: z.string().check(z.maxLength(200)),
  targetingKey: z.string().check(z.maxLength(1_000)),
  attributes: z.record(z.string(), z.string()),
}

/**
 * A user was exposed to a variation. `ruleId` is the rule or default strategy that decided, if the protocol
 * says so.
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
   * If the protocol has no event ids: a digest of the event. Two copies through two isolates may get
   * different ids, so equal content of one user within `sameWithinMs` counts as one event.
   */
  content: z.optional(z.string().check(z.maxLength(32))),
})
export type Tracking = z.infer<typeof Tracking>

/** An SDK's report on its own work (latency, errors, defaults served). It never counts in a result. */
export const SdkReport = z.strictObject({
  ...common,
  kind: z.literal('sdk-report'),
  event: z.string(),
  value: z.number(),
})
export type SdkReport = z.infer<typeof SdkReport>

export const EventRecord = z.discriminatedUnion('kind', [Exposure, Tracking, SdkReport])
export type EventRecord = z.infer<typeof EventRecord>

/**
 * A record of any version, as ingest and the runner check it: a newer writer may add kinds and fields, but
 * what is a column (sql/columns.ts) has its type, because one wrong value would fail a whole query. Ids of
 * environments are parts of keys.
 */
export const EventEnvelope = z
  .looseObject({
    ...common,
    v: z.int().check(z.minimum(1), z.maximum(255)),
    environmentId: z.string().check(z.regex(/^[\w.-]{1,200}$/)),
    receivedAt: z.int().check(z.minimum(0), z.maximum(253_402_300_799_999)), // the end of the year 9999
    protocol: z.string(),
    kind: z.string(),
    flagKey: z.optional(z.string()),
    flagVersion: z.optional(z.int()),
    variationId: z.optional(z.string()),
    ruleId: z.optional(z.string()),
    event: z.optional(z.string()),
    value: z.optional(z.number()),
    content: z.optional(z.string()),
  })
  .check(
    z.refine((record) => {
      const required: readonly (keyof typeof record)[] =
        requiredFields[record.kind as EventRecord['kind']] ?? []
      return required.every((field) => record[field] !== undefined)
    }, 'lacks a field of its kind'),
  )
export type EventEnvelope = z.infer<typeof EventEnvelope>

const requiredFields = {
  exposure: ['flagKey', 'flagVersion', 'variationId', 'ruleId'],
  tracking: ['event', 'value'],
  'sdk-report': ['event', 'value'],
} as const satisfies Record<EventRecord['kind'], readonly (keyof EventEnvelope)[]>

/** Whether this release knows the record's kind. The envelope has checked its fields. */
export const isKnown = (record: EventEnvelope): record is EventEnvelope & EventRecord =>
  Object.hasOwn(requiredFields, record.kind)
