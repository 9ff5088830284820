// Writes the live view in Analytics Engine. It may lose points; the complete record is in R2.
import { livePoints, toDataPoint } from '../../analytics/live-points.ts'
import type { EventRecord } from '../../analytics/records.ts'

export function writeLive(dataset: AnalyticsEngineDataset, records: readonly EventRecord[]): void {
  for (const point of livePoints(records)) dataset.writeDataPoint(toDataPoint(point))
}
