// What a draft would do, as the API says without doing it.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Flag } from '../../../core/model/flag.ts'
import { change, type ExperimentChoice, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { changesOf, type Edit } from './draft.ts'

const restMs = 350

export function useDryRun(edit: Edit, isSound: boolean, experiment: ExperimentChoice | undefined) {
  const environment = useEnvironmentId()
  const { key, version } = edit.base
  const now = JSON.stringify(changesOf(edit) ?? null)
  const settled = useSettled(now, restMs)
  return useQuery({
    // not under the environment: a newer revision makes a merge of the draft, and no new dry run
    queryKey: ['dry-run', environment, key, version, settled, experiment],
    refetchOnWindowFocus: false,
    enabled: isSound && settled === now && settled !== 'null',
    placeholderData: keepPreviousData,
    queryFn: () =>
      change<Flag>('PATCH', pathOf(environment, 'flags', key), {
        version,
        body: JSON.parse(settled),
        dryRun: true,
        experiment,
        comment: 'dry run', // none is stored; without one, some environments refuse
      }),
  })
}

/** The value once it has stayed the same for a while. */
function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const later = setTimeout(() => setSettled(value), ms)
    return () => clearTimeout(later)
  }, [value, ms])
  return settled
}
