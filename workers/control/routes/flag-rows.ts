// All flags of an environment as rows of a list, in one answer: the console searches and sorts them itself.
import { statusAt } from '../../../core/model/experiment.ts'
import { isRolloutOpen } from '../../../core/model/progressive-rollout.ts'
import { ok } from '../../../core/model/problem.ts'
import { isOpen } from '../../../core/model/schedule.ts'
import { newestRevision } from '../../storage/configuration.ts'
import { type Related, listFlagRows, listRelated, readLastExposures } from '../../storage/flag-rows.ts'
import { type FlagRow, FlagRows } from '../api/flag-answers.ts'
import { route } from '../api/route.ts'

export const flagRows = [
  route({
    id: 'list-flag-rows',
    method: 'GET',
    path: '/environments/{environment}/flag-rows',
    needs: 'viewer',
    summary: 'Lists all flags of an environment without their targeting, not in pages',
    description: 'For lists that search and sort by themselves. `list-flags` has whole flags, in pages.',
    answer: FlagRows,
    handle: async ({ database, now, params: { environment } }) => {
      const [revision = 1, rows, exposures, related] = await Promise.all([
        newestRevision(database, environment),
        listFlagRows(database, environment),
        readLastExposures(database, environment),
        listRelated(database, environment),
      ])
      const relatedTo = Map.groupBy(
        related.flatMap((each) => notOver(each, now)),
        ({ flagKey }) => flagKey,
      )
      const flags = rows.map((row) => ({
        ...row,
        lastSeenAt: exposures.get(row.key) ?? null,
        related: (relatedTo.get(row.key) ?? []).map(({ flagKey: _, ...each }) => each),
      }))
      return ok({ flags, revision })
    },
  }),
]

type NotOver = FlagRow['related'][number] & { readonly flagKey: string }

/** Empty if it is over, or refers to no flag. */
function notOver({ kind, value }: Related, now: number): NotOver[] {
  const { id, flagKey } = value
  const shown = (as: NotOver['kind'], status: string): NotOver[] => [
    { kind: as, id, name: 'name' in value ? value.name : '', status, flagKey },
  ]
  switch (kind) {
    case 'experiment': {
      const status = statusAt(value, now)
      return status === 'stopped' || status === 'archived' ? [] : shown('experiment', status)
    }
    case 'operation':
      return shown('operation', value.status)
    case 'schedule':
      return isOpen(value) ? shown('schedule', value.status) : []
    case 'progressiveRollout':
      return isRolloutOpen(value) ? shown('progressive-rollout', value.status) : []
  }
}
