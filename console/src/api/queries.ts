// What pages read, by the key under which it is kept. The first part of a key is the environment, so that a
// new revision refreshes all that belongs to it.
import { QueryClient, queryOptions } from '@tanstack/react-query'
import type { Flag } from '../../../core/model/flag.ts'
import type { StoredSettings } from '../../../core/model/settings.ts'
import type { FlagRows, PortabilityReport } from '../../../workers/control/api/flag-answers.ts'
import type { Caller, EnvironmentRow } from '../../../workers/control/api/shapes.ts'
import type * as z from 'zod'
import { ask, askAll, pathOf, Refused } from './client.ts'

const staleMs = 30_000
const retriesMax = 2

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: staleMs,
      // a refusal stays one; what is unreachable may come back
      retry: (count, error) =>
        count < retriesMax && error instanceof Refused && error.code === 'UNREACHABLE' && navigator.onLine,
    },
  },
})

export const callerQuery = () =>
  queryOptions({ queryKey: ['', 'caller'], queryFn: () => ask<Caller>('GET', '/caller') })

export const environmentsQuery = () =>
  queryOptions({
    queryKey: ['', 'environments'],
    queryFn: () => askAll<EnvironmentRow>('/environments', 'environments'),
  })

export const flagRowsQuery = (environment: string) =>
  queryOptions({
    queryKey: [environment, 'flag-rows'],
    queryFn: () => ask<FlagRows>('GET', pathOf(environment, 'flag-rows')),
  })

export const flagQuery = (environment: string, key: string) =>
  queryOptions({
    queryKey: [environment, 'flag', key],
    queryFn: () => ask<Flag>('GET', pathOf(environment, 'flags', key)),
  })

export const settingsQuery = (environment: string) =>
  queryOptions({
    queryKey: [environment, 'settings'],
    queryFn: () => ask<z.infer<typeof StoredSettings>>('GET', pathOf(environment, 'settings')),
  })

export const portabilityQuery = (environment: string) =>
  queryOptions({
    queryKey: [environment, 'portability'],
    queryFn: () => ask<PortabilityReport>('GET', pathOf(environment, 'portability')),
  })
