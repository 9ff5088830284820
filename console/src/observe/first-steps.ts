// Whether a real SDK has asked and a real event has arrived. Both come without a revision, so they are asked
// for again and again until they are there: of live counts, which are seconds behind.
import { useQuery } from '@tanstack/react-query'
import type { FlagExposures, FlagRow } from '../../../workers/control/api/flag-answers.ts'
import type { GoalEvents } from '../../../workers/control/api/report-answers.ts'
import { ask, pathOf } from '../api/client.ts'
import { goalsQuery, liveMs } from '../api/entities.ts'

export interface FirstSteps {
  readonly isAsked: boolean
  readonly hasArrived: boolean
}

/** Who has more than these is not new. */
const lookedAt = 5
const query = { window: '30d', limit: 1 }

/** Undefined until it is known. */
export function useFirstSteps(environment: string, flags: readonly FlagRow[]): FirstSteps | undefined {
  const { data: goals } = useQuery(goalsQuery(environment))
  const isSeen = flags.some(({ lastSeenAt }) => lastSeenAt !== null)
  const flagKeys = flags.map(({ key }) => key).slice(0, lookedAt)
  const goalKeys = goals?.map(({ key }) => key).slice(0, lookedAt)
  const { data } = useQuery({
    queryKey: [environment, 'first-steps', flagKeys, goalKeys],
    enabled: goals !== undefined,
    refetchInterval: ({ state }) => (state.data?.isAsked && state.data.hasArrived ? false : liveMs / 3),
    placeholderData: (before) => before,
    queryFn: async () => {
      const [exposures, events] = await Promise.all([
        Promise.all(
          flagKeys.map((key) =>
            ask<FlagExposures>('GET', pathOf(environment, 'flags', key, 'exposures'), { query }),
          ),
        ),
        Promise.all(
          (goalKeys ?? []).map((key) =>
            ask<GoalEvents>('GET', pathOf(environment, 'goals', key, 'events'), { query }),
          ),
        ),
      ])
      return {
        isAsked: exposures.some(({ totals }) => totals.length > 0),
        hasArrived: events.some(({ total }) => total.events > 0),
      }
    },
  })
  return data && { ...data, isAsked: data.isAsked || isSeen }
}
