// Where a run counts events: in this process over files of the cache, or on a ClickHouse server that reads
// the lake itself.
import { readFile } from 'node:fs/promises'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Configuration } from '../configuration.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'
import type { EnvironmentCounts } from '../counting/answers.ts'
import { type AllocationCounts, allocationCounts } from '../counting/allocation-counts.ts'
import { type HoldoutCounts, holdoutCounts } from '../counting/holdout-counts.ts'
import { keptCounts, type KeptCountsOptions } from '../counting/kept-counts.ts'
import type { Recounting } from '../counting/kept-sums.ts'
import {
  type MetricCounts,
  metricCounts,
  type MetricCountsOptions,
  type Recounts,
} from '../counting/metric-counts.ts'
import { type OperationMinutes, operationMinutes } from '../counting/operation-minutes.ts'
import { overlapCounts, type OverlapCounting } from '../counting/overlap-counts.ts'
import { openProjections, projectionsFolder } from '../counting/projections.ts'
import { projectedRecords } from '../counting/projected-records.ts'
import { recordsInPlace } from '../counting/records-in-place.ts'
import { type SegmentCounting, segmentCounts, type SegmentCountsOptions } from '../counting/segment-counts.ts'
import { serverCounts } from '../counting/server-counts.ts'
import type { DaySource } from './cache.ts'
import type { ClickHouse } from './clickhouse.ts'
import { openClickHouseServer } from './clickhouse-server.ts'
import { inBucket, onDisk } from './record-source.ts'

export type Recount = KeptCountsOptions['recount']

export interface Counting {
  readonly openMetrics: (options: Pick<MetricCountsOptions, 'lake' | 'root'> & Recounts) => MetricCounts
  readonly openOverlaps: (options: Pick<MetricCountsOptions, 'lake' | 'root'> & Recounting) => OverlapCounting
  readonly openSegments: (options: Pick<SegmentCountsOptions, 'lake' | 'root'>) => SegmentCounting
  readonly open: (options: Omit<KeptCountsOptions, 'clickHouse'>) => EnvironmentCounts
  readonly openMinutes: (options: Pick<KeptCountsOptions, 'lake' | 'root'>) => OperationMinutes
  readonly openAllocations: (options: Pick<KeptCountsOptions, 'lake' | 'root'>) => AllocationCounts
  readonly openHoldouts: (options: Pick<KeptCountsOptions, 'lake' | 'root'> & Recounting) => HoldoutCounts
  readonly parts: DaySource['parts']
  close(): Promise<void>
}

/** `embedded` is loaded with its first statement only. */
export async function openCounting(
  { clickHouse, lake, cacheFolder }: Configuration,
  embedded: ClickHouse,
): Promise<Result<Counting, Failure>> {
  if (!clickHouse) {
    const inPlace = recordsInPlace(embedded, onDisk)
    const readerOf = (environmentId: string, isAgain: boolean) => {
      const folder = projectionsFolder(cacheFolder, environmentId)
      return projectedRecords(embedded, openProjections(embedded, folder), isAgain)
    }
    return ok({
      openMetrics: (options) => metricCounts({ ...options, clickHouse: embedded, readerOf }),
      openOverlaps: (options) => overlapCounts({ ...options, clickHouse: embedded, readerOf }),
      openSegments: (options) => segmentCounts({ ...options, clickHouse: embedded, reader: inPlace }),
      open: (options) => keptCounts({ ...options, clickHouse: embedded }),
      openMinutes: (options) => operationMinutes({ ...options, clickHouse: embedded, readerOf }),
      openAllocations: (options) => allocationCounts({ ...options, clickHouse: embedded, readerOf }),
      openHoldouts: (options) => holdoutCounts({ ...options, clickHouse: embedded, readerOf }),
      parts: 'fetched',
      close: () => Promise.resolve(),
    })
  }
  const { certificatesFile, s3Endpoint, collection, cluster } = clickHouse
  const certificates = await readCertificates(certificatesFile)
  if (!certificates.ok) return certificates
  const server = openClickHouseServer({
    ...clickHouse,
    certificates: certificates.value,
    secrets: [lake.secretAccessKey],
  })
  const source = inBucket({
    root: cacheFolder,
    lake: { ...lake, endpoint: s3Endpoint },
    collection,
    cluster,
  })
  const reader = recordsInPlace(server, source)
  const readerOf = () => reader
  return ok({
    openMetrics: (options) => metricCounts({ ...options, clickHouse: server, readerOf }),
    openOverlaps: (options) => overlapCounts({ ...options, clickHouse: server, readerOf }),
    openSegments: (options) => segmentCounts({ ...options, clickHouse: server, reader }),
    open: (options) => serverCounts({ ...options, clickHouse: server, reader }),
    openMinutes: (options) => operationMinutes({ ...options, clickHouse: server, readerOf }),
    openAllocations: (options) => allocationCounts({ ...options, clickHouse: server, readerOf }),
    openHoldouts: (options) => holdoutCounts({ ...options, clickHouse: server, readerOf }),
    parts: 'left',
    close: () => server.close(),
  })
}

async function readCertificates(file: string | undefined): Promise<Result<Buffer | undefined, Failure>> {
  try {
    return ok(file === undefined ? undefined : await readFile(file))
  } catch (error) {
    return fail('usage', `TACKLINE_CLICKHOUSE_CA cannot be read: ${reasonOf(error)}`)
  }
}
