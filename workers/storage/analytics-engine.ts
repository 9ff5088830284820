// The live view. Losing a point here loses no event: R2 is the record.
import { livePoints, toDataPoint } from '../../analytics/live-points.ts'
import type { EventRecord } from '../../analytics/records.ts'

export function writeLive(dataset: AnalyticsEngineDataset, records: readonly EventRecord[]): void {
  for (const point of livePoints(records)) dataset.writeDataPoint(toDataPoint(point))
}
