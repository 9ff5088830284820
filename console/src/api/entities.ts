// What the pages of entities read: whole lists, which are some hundreds at most.
import { queryOptions } from '@tanstack/react-query'
import type { DynamicAllocation } from '../../../core/model/dynamic-allocation.ts'
import type { Experiment } from '../../../core/model/experiment.ts'
import type { Goal } from '../../../core/model/goal.ts'
import type { Layer } from '../../../core/model/layer.ts'
import type { ProgressiveRollout } from '../../../core/model/progressive-rollout.ts'
import type { Schedule } from '../../../core/model/schedule.ts'
import type { Segment } from '../../../core/model/segment.ts'
import type { StoredResult } from '../../../core/model/stored-result.ts'
import type { PublicSdkKey } from '../../../workers/control/api/access-answers.ts'
import type { Verdicts } from '../../../workers/control/api/experiment-answers.ts'
import type { WebhookWithHealth } from '../../../workers/control/api/notification-answers.ts'
import type {
  PublicTrigger,
  WatchedHoldout,
  WatchedOperation,
} from '../../../workers/control/api/operation-answers.ts'
import type { IntakeReport, Job } from '../../../workers/control/api/report-answers.ts'
import { ask, askAll, pathOf } from './client.ts'

/** What changes without a revision is read again after so long, while somebody looks. */
export const liveMs = 15_000

const listQuery = <Entity>(environment: string, plural: string, field = plural) =>
  queryOptions({
    queryKey: [environment, plural],
    queryFn: () => askAll<Entity>(pathOf(environment, plural), field),
  })

export const experimentsQuery = (environment: string) => listQuery<Experiment>(environment, 'experiments')
export const goalsQuery = (environment: string) => listQuery<Goal>(environment, 'goals')
export const layersQuery = (environment: string) => listQuery<Layer>(environment, 'layers')
/** Looks come without a revision. */
export const holdoutsQuery = (environment: string) =>
  queryOptions({ ...listQuery<WatchedHoldout>(environment, 'holdouts'), refetchInterval: liveMs })
export const segmentsQuery = (environment: string) => listQuery<Segment>(environment, 'segments')
export const schedulesQuery = (environment: string) => listQuery<Schedule>(environment, 'schedules')
export const triggersQuery = (environment: string) => listQuery<PublicTrigger>(environment, 'triggers')
export const sdkKeysQuery = (environment: string) =>
  listQuery<PublicSdkKey>(environment, 'sdk-keys', 'sdkKeys')
export const rolloutsQuery = (environment: string) =>
  listQuery<ProgressiveRollout>(environment, 'progressive-rollouts', 'progressiveRollouts')

export const allocationsQuery = (environment: string) =>
  listQuery<DynamicAllocation>(environment, 'dynamic-allocations', 'dynamicAllocations')

/** Looks are no part of the configuration: they come without a revision. */
export const operationsQuery = (environment: string) =>
  queryOptions({ ...listQuery<WatchedOperation>(environment, 'operations'), refetchInterval: liveMs })

export const webhooksQuery = (environment: string) =>
  queryOptions({ ...listQuery<WebhookWithHealth>(environment, 'webhooks'), refetchInterval: liveMs })

export const experimentQuery = (environment: string, id: string) =>
  queryOptions({
    queryKey: [environment, 'experiments', id],
    queryFn: () => ask<Experiment>('GET', pathOf(environment, 'experiments', id)),
  })

export const verdictsQuery = (environment: string) =>
  queryOptions({
    queryKey: [environment, 'verdicts'],
    queryFn: () => ask<Verdicts>('GET', pathOf(environment, 'verdicts')),
    refetchInterval: liveMs,
  })

/** The newest result of each goal. */
export const resultsQuery = (environment: string, experiment: string) =>
  queryOptions({
    queryKey: [environment, 'results', experiment],
    queryFn: () =>
      ask<{ results: StoredResult[] }>('GET', pathOf(environment, 'experiments', experiment, 'results'), {
        query: { newest: true },
      }).then(({ results }) => results),
    refetchInterval: liveMs,
  })

/** All results of one goal, newest first. */
export const resultSeriesQuery = (environment: string, experiment: string, goalKey: string) =>
  queryOptions({
    queryKey: [environment, 'results', experiment, goalKey],
    queryFn: () =>
      askAll<StoredResult>(pathOf(environment, 'experiments', experiment, 'results'), 'results', { goalKey }),
  })

export const jobsQuery = (environment: string) =>
  queryOptions({
    queryKey: [environment, 'jobs'],
    queryFn: () => ask<{ jobs: Job[] }>('GET', pathOf(environment, 'jobs')).then(({ jobs }) => jobs),
    refetchInterval: liveMs,
  })

export type Window = '24h' | '7d' | '30d'

export const intakeQuery = (environment: string, window: Window) =>
  queryOptions({
    queryKey: [environment, 'intake', window],
    queryFn: () => readHours<IntakeReport>(pathOf(environment, 'intake'), window),
    refetchInterval: liveMs,
    placeholderData: (before: IntakeReport | undefined) => before,
  })

/** A report with the hours of all its pages, newest first. */
export async function readHours<Report extends { hours: readonly object[]; nextCursor?: string | undefined }>(
  path: string,
  window: Window,
): Promise<Report> {
  let all: Report | undefined
  for (let cursor: string | undefined; ;) {
    const page: Report = await ask<Report>('GET', path, { query: { window, limit: 200, cursor } })
    all = { ...page, hours: [...(all?.hours ?? []), ...page.hours] }
    cursor = page.nextCursor
    if (cursor === undefined) return all
  }
}
