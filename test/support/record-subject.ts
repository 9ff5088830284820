// What a record is about, for comparisons in tests.
import type { EventRecord } from '../../analytics/records.ts'

/** The variation of an exposure, the known id of an alias, or the name of an event. */
export function subjectOf(record: EventRecord): string {
  if (record.kind === 'exposure') return record.variationId
  return record.kind === 'alias' ? `was ${record.previousKey}` : record.event
}
