// The flag in the address.
import { useSuspenseQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { Flag } from '../../../core/model/flag.ts'
import { useEnvironmentId } from '../api/place.ts'
import { flagQuery } from '../api/queries.ts'

export function useFlagKey(): string {
  const { flag = '' } = useParams({ strict: false })
  return flag
}

/** For the tabs: the page around them has read it. */
export const useFlag = (): Flag => useSuspenseQuery(flagQuery(useEnvironmentId(), useFlagKey())).data
