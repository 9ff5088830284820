// Which flags SDKs that evaluate by themselves are given, family by family, and why not. Computed from what
// is stored: never out of date.
import * as z from 'zod'
import { ok, refuse } from '../../../core/model/problem.ts'
import { localMode } from '../../protocols/bucketeer/local-mode.ts'
import { bucketingFile } from '../../protocols/flagship-io/bucketing-file.ts'
import { ForeignFile } from '../../protocols/flagship-io/import/file.ts'
import { lint } from '../../protocols/flagship-io/import/lint.ts'
import { loadEnvironment } from '../../storage/configuration.ts'
import { route } from '../api/route.ts'
import { snapshotOf } from '../environment/writer.ts'

const Family = z.strictObject({
  portable: z.array(z.string()).describe('Keys of the flags that these SDKs decide as edge does.'),
  omitted: z
    .array(z.strictObject({ flagKey: z.string(), reason: z.string() }))
    .describe(
      'Not given to these SDKs: there the caller’s default is used. SDKs that ask edge are answered all the same.',
    ),
  notes: z
    .array(z.strictObject({ flagKey: z.string(), field: z.string(), reason: z.string() }))
    .describe('Of portable flags: what other clients of the vendor’s make of them differently.'),
})

export const portability = [
  route({
    id: 'report-portability',
    method: 'GET',
    path: '/environments/{environment}/portability',
    needs: 'viewer',
    summary: 'Which flags SDKs that evaluate by themselves are given, and why not',
    answer: z.strictObject({ 'flagship-io': Family, bucketeer: Family }),
    handle: async ({ database, params: { environment } }) => {
      const stored = await loadEnvironment(database, environment)
      if (!stored) return refuse('NOT_FOUND', `there is no environment ${environment}`)
      const snapshot = snapshotOf(environment, stored)
      const live = snapshot.flags.filter(({ archived }) => !archived).map(({ key }) => key)
      const portableBut = (omitted: readonly { flagKey: string }[]) => {
        const left = new Set(omitted.map(({ flagKey }) => flagKey))
        return live.filter((key) => !left.has(key))
      }
      const { file, omitted } = bucketingFile(snapshot)
      const local = localMode(snapshot)
      const notes = ForeignFile.parse(file).campaigns.flatMap((campaign) =>
        lint(campaign).map(({ field, reason }) => ({ flagKey: campaign.id, field, reason })),
      )
      return ok({
        'flagship-io': { portable: portableBut(omitted), omitted, notes },
        bucketeer: { portable: portableBut(local.omitted), omitted: local.omitted, notes: [] },
      })
    },
  }),
]
