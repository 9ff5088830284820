// Where one is, and what one may do there.
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { Caller, EnvironmentRow } from '../../../workers/control/api/shapes.ts'
import { callerQuery, environmentsQuery, settingsQuery } from './queries.ts'

/** The id of the environment in the address. */
export function useEnvironmentId(): string {
  const { environment = '' } = useParams({ strict: false })
  return environment
}

/** Undefined while it is read, and if the caller may not see it. */
export function useEnvironment(): EnvironmentRow | undefined {
  const id = useEnvironmentId()
  return useQuery(environmentsQuery()).data?.find((each) => each.id === id)
}

/** Names need not be unique; ids are. */
export const nameWithId = ({ id, name }: { readonly id: string; readonly name: string }): string =>
  name === '' || name === id ? id : `${name} (${id})`

export type Role = 'editor' | 'admin'

/** Admins may do everything; members what they were granted, `*` in all environments. */
export const may = ({ memberships }: Pick<Caller, 'memberships'>, role: Role, environment: string): boolean =>
  memberships.some(
    ({ role: own, environments }) =>
      own !== 'member' ||
      (role === 'editor' && [environment, '*'].some((id) => environments[id] === 'editor')),
  )

/** Whether the caller has the role in the environment. True until it is known: the API decides anyway. */
export function useMay(role: Role): boolean {
  const environment = useEnvironmentId()
  const { data } = useQuery(callerQuery())
  return data === undefined || may(data, role, environment)
}

/** Whether each change here needs a comment: the settings say so, or it is production. */
export function useNeedsComment(): { readonly isProduction: boolean; readonly needsComment: boolean } {
  const environment = useEnvironment()
  const { data: settings } = useQuery(settingsQuery(useEnvironmentId()))
  const isProduction = environment?.production ?? false
  return { isProduction, needsComment: isProduction || (settings?.requireComment ?? false) }
}
