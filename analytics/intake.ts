// What is known of an environment's intake: how many events were taken and refused, and what became of them.
// Counted by the hour in UTC, where it happened: approximate, because an isolate that ends takes its last
// seconds of counts with it. Results are never computed from these counts.

/** Why edge refused an event. */
export const refusalReasons = ['invalid', 'late', 'too-large', 'quota', 'queue'] as const
export type RefusalReason = (typeof refusalReasons)[number]

/** Names of counts. Stored, so a name never changes its meaning. */
export type IntakeCount =
  /** By edge: in the queue. */
  | 'accepted'
  | `refused:${RefusalReason}`
  /** By ingest: records in the lake; the same record again, if its message was delivered again. */
  | 'stored'
  /**
   * By ingest: records that it knew to be copies of one that was stored, in the same batch or because the
   * same object was in the lake. Others are told by their ids, where events are counted.
   */
  | 'duplicates'
  /** By ingest: records that could not be read, and are under `bad/`. */
  | 'bad'
  /** By ingest: records in messages that became dead letters. */
  | 'dead'
  /** By ingest: seconds from edge to the lake, of all stored records together. */
  | 'lag-seconds'

export type IntakeCounts = Partial<Record<IntakeCount, number>>

/** How many events of an environment are taken in a minute, unless its settings say otherwise. */
export const intakePerMinuteDefault = 3_000_000

/** The `rule` of a problem about an event's time: such an event is refused as late (event-time.ts). */
export const untimelyRule = 'event-time'

/** The reason for which an event with this problem was refused. */
export const refusalReasonOf = ({
  fields,
}: {
  readonly fields?: readonly { readonly rule?: string }[]
}): RefusalReason => (fields?.some(({ rule }) => rule === untimelyRule) ? 'late' : 'invalid')
