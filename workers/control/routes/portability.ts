// What SDKs that evaluate by themselves are not given, and why.
import * as z from 'zod'
import { ok, refuse } from '../../../core/problem.ts'
import { bucketingFile } from '../../protocols/flagship-io/bucketing-file.ts'
import { loadEnvironment } from '../../storage/configuration.ts'
import { route } from '../route.ts'
import { snapshotOf } from '../writer.ts'

export const portability = [
  route({
    id: 'report-portability',
    method: 'GET',
    path: '/environments/{environment}/portability',
    needs: 'viewer',
    summary: 'What SDKs that evaluate by themselves are not given, and why',
    answer: z.strictObject({
      'flagship-io': z.array(z.strictObject({ flagKey: z.string(), reason: z.string() })),
    }),
    handle: async ({ database, params: { environment } }) => {
      const stored = await loadEnvironment(database, environment)
      if (!stored) return refuse('NOT_FOUND', `there is no environment ${environment}`)
      return ok({ 'flagship-io': bucketingFile(snapshotOf(environment, stored)).omitted })
    },
  }),
]
