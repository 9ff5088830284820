// The organisation that the environment belongs to, and what the caller may do there.
import { queryOptions, useQuery } from '@tanstack/react-query'
import type { Project } from '../../../workers/control/api/shapes.ts'
import type { Member, Token } from '../../../workers/control/api/access-answers.ts'
import { ask, askAll } from '../api/client.ts'
import { useEnvironment } from '../api/place.ts'
import { callerQuery } from '../api/queries.ts'

export const organisationPath = (id: string, plural: string): string =>
  `/organisations/${encodeURIComponent(id)}/${plural}`

/** Undefined until it is known. */
export function useOrganisation(): { readonly id: string; readonly isAdmin: boolean } | undefined {
  const project = useEnvironment()?.projectId ?? ''
  const { data } = useQuery({
    queryKey: ['', 'project', project],
    enabled: project !== '',
    queryFn: () => ask<Project>('GET', `/projects/${encodeURIComponent(project)}`),
  })
  const { data: caller } = useQuery(callerQuery())
  if (!data || !caller) return undefined
  const own = caller.memberships.find(({ organisationId }) => organisationId === data.organisationId)
  return { id: data.organisationId, isAdmin: own !== undefined && own.role !== 'member' }
}

export const tokensQuery = (organisation: string) =>
  queryOptions({
    queryKey: ['', 'tokens', organisation],
    queryFn: () => askAll<Token>(organisationPath(organisation, 'tokens'), 'tokens'),
  })

export const membersQuery = (organisation: string) =>
  queryOptions({
    queryKey: ['', 'members', organisation],
    queryFn: () => askAll<Member>(organisationPath(organisation, 'members'), 'members'),
  })
