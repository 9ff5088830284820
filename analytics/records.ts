// The contract between ingest and batch: one line of the event lake. Versioned; fields are only ever added,
// with a default. Delivery is at least once, so every record has an id, and readers count each event once, by
// environment, kind, targeting key and id. What an earlier version wrote is read for ever
// (sql/versions.fixture.ndjson); a field that it lacks reads as empty, 0 or false.
import * as z from 'zod/mini'

/** What edge writes. Version 1 was written until the release of November 2026. */
export const recordVersion = 2

export const protocols = ['bucketeer', 'flagship-io', 'ofrep'] as const

/**
 * The largest difference between the times of two copies of one event: they may reach edge by different
 * routes, and clients' clocks vary.
 */
export const sameWithinMs = 5_000
/**
 * Copies of an event are looked for from so long before what is asked for until its end: an event that
 * somebody sent before an experiment began and sends again afterwards is not of the experiment. Clients try
 * again for minutes or hours.
 */
export const copyHorizonMs = 86_400_000

const keyLengthMax = 1_000
const targetingKey = z.string().check(z.maxLength(keyLengthMax))

const commonOfVersion1 = {
  v: z.literal(1),
  id: z.string().check(z.minLength(1), z.maxLength(200)),
  environmentId: z.string().check(z.minLength(1)),
  /** Epoch milliseconds: when it happened, by the rule of event-time.ts. */
  at: z.int(),
  /** Epoch milliseconds by edge's clock: when edge received it. */
  receivedAt: z.int(),
  protocol: z.enum(protocols),
  /** Name and version as the SDK reports them; may be empty. */
  sdk: z.string().check(z.maxLength(200)),
  targetingKey,
  attributes: z.record(z.string(), z.string()),
}

const common = {
  ...commonOfVersion1,
  v: z.literal(2),
  /** Epoch milliseconds by the client's clock: when it sent it. `at` is corrected by it (event-time.ts). */
  sentAt: z.optional(z.int()),
  /** Who vouches for the event: the role of the SDK key that it came with; empty: it came without a key. */
  keyKind: z.enum(['client', 'server', '']),
  /**
   * A pseudonym of the address that the event came from, of one day and environment; empty if none is known.
   * It tells whether many users came from one place, and cannot be turned back without edge's secret.
   */
  source: z.string().check(z.maxLength(32)),
}

const exposureOfVersion1 = {
  kind: z.literal('exposure'),
  flagKey: z.string(),
  flagVersion: z.int(),
  variationId: z.string(),
  ruleId: z.string(),
}

/**
 * A user was exposed to a variation. `ruleId` is the rule or default strategy that decided, if the protocol
 * says so.
 */
export const Exposure = z.strictObject({
  ...common,
  ...exposureOfVersion1,
  /** The environment's revision that decided or that the claim was checked against; 0 if unknown. */
  revision: z.int(),
  /** Whether edge found that this environment decides so for this user. */
  verified: z.boolean(),
  /** The attribute that the rollout splits by; empty: the targeting key. */
  unitAttribute: z.string(),
  /** The value of `unitAttribute`; empty if there is no such attribute, or if the event does not tell. */
  unit: targetingKey,
})
export type Exposure = z.infer<typeof Exposure>

const trackingOfVersion1 = {
  kind: z.literal('tracking'),
  event: z.string(),
  value: z.number(),
  /**
   * If the protocol has no event ids: a digest of the event. Two copies through two isolates may get
   * different ids, so equal content of one user within `sameWithinMs` counts as one event.
   */
  content: z.optional(z.string().check(z.maxLength(32))),
}

/** A user did something that a goal may count. */
export const Tracking = z.strictObject({
  ...common,
  ...trackingOfVersion1,
  type: z.enum(['goal', 'hit', 'transaction']),
  /** Address or name of the page. */
  page: z.optional(z.string().check(z.maxLength(keyLengthMax))),
  /** Of `value`, as ISO 4217 has it. */
  currency: z.optional(z.string().check(z.maxLength(10))),
  /** How many items were bought. */
  items: z.optional(z.int()),
})
export type Tracking = z.infer<typeof Tracking>

const sdkReport = { kind: z.literal('sdk-report'), event: z.string(), value: z.number() }

/** An SDK's report on its own work (latency, errors, defaults served). It never counts in a result. */
export const SdkReport = z.strictObject({ ...common, ...sdkReport })
export type SdkReport = z.infer<typeof SdkReport>

/** A user became known: `previousKey` is the anonymous id, `targetingKey` the known one. */
export const Alias = z.strictObject({ ...common, kind: z.literal('alias'), previousKey: targetingKey })
export type Alias = z.infer<typeof Alias>

const ofVersion1 = z.discriminatedUnion('kind', [
  z.strictObject({ ...commonOfVersion1, ...exposureOfVersion1 }),
  z.strictObject({ ...commonOfVersion1, ...trackingOfVersion1 }),
  z.strictObject({ ...commonOfVersion1, ...sdkReport }),
])

export const EventRecord = z.discriminatedUnion('v', [
  z.discriminatedUnion('kind', [Exposure, Tracking, SdkReport, Alias]),
  ofVersion1,
])
export type EventRecord = z.infer<typeof EventRecord>

/**
 * A record of any version, as ingest and the runner check it: a newer writer may add kinds and fields, but
 * what is a column (sql/columns.ts) has its type, because one wrong value would fail a whole query. Ids of
 * environments are parts of keys.
 */
export const EventEnvelope = z
  .looseObject({
    ...commonOfVersion1,
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
    sentAt: z.optional(z.int()),
    keyKind: z.optional(z.string()),
    source: z.optional(z.string()),
    revision: z.optional(z.int()),
    verified: z.optional(z.boolean()),
    unitAttribute: z.optional(z.string()),
    unit: z.optional(z.string()),
    type: z.optional(z.string()),
    page: z.optional(z.string()),
    currency: z.optional(z.string()),
    items: z.optional(z.int()),
    previousKey: z.optional(z.string()),
  })
  .check(
    z.refine((record) => {
      const kind = record.kind as EventRecord['kind']
      const required: readonly string[] = [
        ...(requiredFields[kind] ?? []),
        ...(record.v > 1 ? ['keyKind', 'source', ...(addedFields[kind] ?? [])] : []),
      ]
      return required.every((field) => record[field] !== undefined)
    }, 'lacks a field of its kind'),
  )
export type EventEnvelope = z.infer<typeof EventEnvelope>

const requiredFields = {
  exposure: ['flagKey', 'flagVersion', 'variationId', 'ruleId'],
  tracking: ['event', 'value'],
  'sdk-report': ['event', 'value'],
  alias: ['previousKey'],
} as const satisfies Record<EventRecord['kind'], readonly (keyof EventEnvelope)[]>

/** Of this release. */
export const recordKinds: readonly string[] = Object.keys(requiredFields)

/** Since version 2. */
const addedFields: Partial<Record<EventRecord['kind'], readonly (keyof EventEnvelope)[]>> = {
  exposure: ['revision', 'verified', 'unitAttribute', 'unit'],
  tracking: ['type'],
}

/** Whether this release knows the record's kind. The envelope has checked its fields. */
export const isKnown = (record: EventEnvelope): record is EventEnvelope & EventRecord =>
  Object.hasOwn(requiredFields, record.kind)
