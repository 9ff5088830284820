// Whether a real SDK has asked and a real event has arrived. Both come without a revision, so they are asked
// for again and again until they are there.
import { useQuery } from '@tanstack/react-query'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import type { GoalEvents } from '../../../workers/control/api/report-answers.ts'
import { ask, pathOf } from '../api/client.ts'
import { goalsQuery, liveMs } from '../api/entities.ts'
import { flagRowsQuery } from '../api/queries.ts'

export interface FirstSteps {
  readonly isAsked: boolean
  readonly hasArrived: boolean
}

const goalsLookedAt = 5
const askedMs = liveMs / 3

/** Undefined until it is known. */
export function useFirstSteps(environment: string, flags: readonly FlagRow[]): FirstSteps | undefined {
  const isAsked = flags.some(({ lastSeenAt }) => lastSeenAt !== null)
  useQuery({ ...flagRowsQuery(environment), refetchInterval: isAsked ? false : askedMs })
  const { data: goals } = useQuery(goalsQuery(environment))
  const { data: hasArrived } = useQuery({
    queryKey: [environment, 'first-event', goals?.map(({ key }) => key)],
    enabled: goals !== undefined,
    refetchInterval: ({ state }) => (state.data ? false : askedMs),
    queryFn: async () => {
      const reports = await Promise.all(
        goals!.slice(0, goalsLookedAt).map(({ key }) =>
          ask<GoalEvents>('GET', pathOf(environment, 'goals', key, 'events'), {
            query: { window: '30d', limit: 1 },
          }),
        ),
      )
      return reports.some(({ total }) => total.events > 0)
    },
  })
  return hasArrived === undefined ? undefined : { isAsked, hasArrived }
}
