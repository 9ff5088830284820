// Reports which flags are served to SDKs that evaluate locally, by SDK family, and why others are not.
// Computed on request, so it is never out of date.
import { ok, refuse } from '../../../core/model/problem.ts'
import { localMode } from '../../protocols/bucketeer/local-mode.ts'
import { campaignId } from '../../protocols/flagship-io/campaign.ts'
import { bucketingFile } from '../../protocols/flagship-io/bucketing-file.ts'
import { ForeignFile } from '../../protocols/flagship-io/import/file.ts'
import { lint } from '../../protocols/flagship-io/import/lint.ts'
import { loadEnvironment } from '../../storage/configuration.ts'
import { PortabilityReport } from '../api/flag-answers.ts'
import { route } from '../api/route.ts'
import { snapshotOf } from '../environment/writer.ts'

export const portability = [
  route({
    id: 'report-portability',
    method: 'GET',
    path: '/environments/{environment}/portability',
    needs: 'viewer',
    summary: 'Reports which flags SDKs that evaluate locally get, and why not the others',
    answer: PortabilityReport,
    handle: async ({ database, params: { environment } }) => {
      const stored = await loadEnvironment(database, environment)
      if (!stored) return refuse('NOT_FOUND', `there is no environment ${environment}`)
      const snapshot = snapshotOf(environment, stored)
      const live = snapshot.flags.filter(({ archived }) => !archived).map(({ key }) => key)
      const liveWithout = (omitted: readonly { flagKey: string }[]) => {
        const omittedKeys = new Set(omitted.map(({ flagKey }) => flagKey))
        return live.filter((key) => !omittedKeys.has(key))
      }
      const { file, omitted } = bucketingFile(snapshot)
      const local = localMode(snapshot)
      const keys = new Map(snapshot.flags.map((flag) => [campaignId(flag), flag.key]))
      const notes = ForeignFile.parse(file).campaigns.flatMap((campaign) =>
        lint(campaign).map(({ field, reason }) => ({ flagKey: keys.get(campaign.id)!, field, reason })),
      )
      return ok({
        'flagship-io': { portable: liveWithout(omitted), omitted, notes },
        bucketeer: { portable: liveWithout(local.omitted), omitted: local.omitted, notes: local.notes },
      })
    },
  }),
]
