// What the page of a flag reads beside the flag: for autocomplete, for its schedules.
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { Schedule } from '../../../core/model/schedule.ts'
import type { Segment } from '../../../core/model/segment.ts'
import { ask, askAll, pathOf } from './client.ts'

const hourMs = 3_600_000

/** Names of attributes that real events had. */
export const attributesQuery = (environment: string) =>
  queryOptions({
    queryKey: [environment, 'attributes'],
    staleTime: hourMs,
    queryFn: async () => {
      const all = await askAll<{ readonly name: string }>(pathOf(environment, 'attributes'), 'attributes')
      return all.map(({ name }) => name)
    },
  })

/** Values that an attribute had, by their beginning. */
export const attributeValuesQuery = (environment: string, name: string, prefix: string) =>
  queryOptions({
    queryKey: [environment, 'attribute-values', name, prefix],
    staleTime: hourMs,
    placeholderData: keepPreviousData,
    enabled: name !== '',
    queryFn: async () => {
      const path = pathOf(environment, 'attribute-values')
      const { values } = await ask<{ values: string[] }>('GET', path, { query: { name, prefix, limit: 50 } })
      return values
    },
  })

export const segmentsQuery = (environment: string) =>
  queryOptions({
    queryKey: [environment, 'segments'],
    queryFn: () => askAll<Segment>(pathOf(environment, 'segments'), 'segments'),
  })

/** Those that wait. */
export const schedulesQuery = (environment: string, flagKey: string) =>
  queryOptions({
    queryKey: [environment, 'schedules', flagKey],
    queryFn: () =>
      askAll<Schedule>(pathOf(environment, 'schedules'), 'schedules', { flagKey, status: 'waiting' }),
  })
