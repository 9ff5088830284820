// Routes that import the configuration of other systems, as flags that keep every user's variation.
import * as z from 'zod'
import { sortFindings, summariseFindings } from '../../../core/change/finding-summary.ts'
import { type Candidates, checkCandidates } from '../../../core/change/import-plan.ts'
import { nameLengthMax } from '../../../core/model/limits.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { sha256Hex } from '../../http/digest.ts'
import { FeatureList } from '../../protocols/bucketeer/feature.ts'
import { fromFeatureList } from '../../protocols/bucketeer/import/features.ts'
import { respell } from '../../protocols/bucketeer/import/spelling.ts'
import { ForeignFile } from '../../protocols/flagship-io/import/file.ts'
import { fromBucketingFile } from '../../protocols/flagship-io/import/campaigns.ts'
import { migrationPlan, planText, withOmissions } from '../../protocols/flagship-io/import/plan.ts'
import { FlagList } from '../../protocols/cloudflare/import/definitions.ts'
import { fromFlagList } from '../../protocols/cloudflare/import/flags.ts'
import { Definitions } from '../../protocols/flagd/import/definitions.ts'
import { fromDefinitions } from '../../protocols/flagd/import/flags.ts'
import { parseWith } from '../../http/parse.ts'
import { readDocument } from '../api/document-text.ts'
import { type StoredEnvironment, loadEnvironment } from '../../storage/configuration.ts'
import { claimRefusals } from '../../storage/imported-keys.ts'
import { ExperimentQuery, isDryRun } from '../api/change-query.ts'
import { moveLongLists } from '../api/import-members.ts'
import { ForeignKeyText } from '../api/foreign-key.ts'
import { type CommandResult, executeCommand } from '../api/execute-command.ts'
import { type Call, pathParam } from '../api/call.ts'
import { route } from '../api/route.ts'
import { tooMuchYaml, type YamlReader, yamlReader } from '../environment/yaml-values.ts'
import { findingsMax, ImportAnswer, MigrationAnswer } from '../api/import-answers.ts'

const importBytesMax = 16 * 1024 * 1024
const keysMax = 100

/** Keys that clients of the other system already use. Only their hash is stored. */
const ForeignKey = z.strictObject({
  key: ForeignKeyText,
  role: z.enum(['client', 'server']),
  name: z.string().max(nameLengthMax).default(''),
})
const withKeys = { sdkKeys: z.array(ForeignKey).max(keysMax).default([]) }

const query = ExperimentQuery.extend({
  dryRun: z
    .enum(['true', 'false'])
    .optional()
    .describe('`true`: answers what would be created, with all findings, and changes nothing.'),
  replace: z.enum(['true', 'false']).optional().describe('`true`: existing flags and segments are replaced.'),
})
const reportOf = ({ findings }: Candidates) => ({
  findings: sortFindings(findings).slice(0, findingsMax),
  findingCount: findings.length,
  groups: summariseFindings(findings),
})

interface ImportBody {
  readonly sdkKeys: readonly z.output<typeof ForeignKey>[]
}

async function importInto<Path extends `${string}{environment}${string}`>(
  call: Call<Path, z.output<typeof query>, ImportBody>,
  source: 'bucketeer' | 'flagship-io' | 'flagd' | 'cloudflare',
  toCandidates: (stored: StoredEnvironment, reader: YamlReader) => Candidates,
): Promise<Result<CommandResult & { checked: Candidates }>> {
  const environment = pathParam(call, 'environment')
  const stored = await loadEnvironment(call.database, environment)
  if (!stored) return refuse('NOT_FOUND', `there is no environment ${environment}`)
  const sdkKeys = await Promise.all(
    call.body.sdkKeys.map(async ({ key, ...rest }) => ({
      ...rest,
      sha256: await sha256Hex(key),
      answers: 'full' as const,
      foreign: true as const,
    })),
  )
  const hashes = sdkKeys.map(({ sha256 }) => sha256)
  const refusals = await claimRefusals(call.database, environment, hashes)
  const refused = hashes.flatMap((hash, i) => {
    const message = refusals.get(hash)
    return message === undefined ? [] : [{ path: `sdkKeys.${i}.key`, message }]
  })
  const [first] = refused
  if (first)
    return refuse('CONFLICT', `a key can belong to one environment only: ${first.path} ${first.message}`, {
      fields: refused,
    })
  const reader = yamlReader()
  const stores = isDryRun(call.request) ? undefined : { kv: call.env.SNAPSHOTS, archive: call.env.LAKE }
  const moved = await moveLongLists(toCandidates(stored, reader), stored.state, environment, stores)
  const checked = checkCandidates(stored.state, moved.candidates)
  const { flags, segments } = checked
  if (reader.isExhausted()) {
    await moved.undo()
    return tooMuchYaml
  }
  const replace = call.query.replace === 'true'
  const executed = await executeCommand(call, {
    kind: 'import',
    source,
    flags: [...flags],
    segments: [...segments],
    sdkKeys,
    replace,
  })
  if (!executed.ok || !executed.value.changed) await moved.undo()
  return executed.ok ? ok({ ...executed.value, checked }) : executed
}

export const imports = [
  route({
    id: 'import-bucketeer',
    method: 'POST',
    path: '/environments/{environment}/import/bucketeer',
    needs: 'editor',
    summary: 'Imports a Bucketeer feature list, all in one revision',
    description:
      'The response of `get_feature_flags` or of the list of features. Add `segmentUsers`, as ' +
      '`get_segment_users` returns them, and `segments` if there are any. Names may be in snake_case, as ' +
      'protobuf writes them; `feature` (one flag) and `users` (of segments) are taken as REST exports have them.',
    query,
    body: FeatureList.extend(withKeys),
    respell,
    bodyBytesMax: importBytesMax,
    answer: ImportAnswer,
    handle: async (call) => {
      const imported = await importInto(call, 'bucketeer', ({ state }, reader) =>
        fromFeatureList(call.body, reader, (key) => state.segment.has(key)),
      )
      if (!imported.ok) return imported
      const { checked, ...result } = imported.value
      return ok({ ...result, ...reportOf(checked) })
    },
  }),
  route({
    id: 'import-flagship-io',
    method: 'POST',
    path: '/environments/{environment}/import/flagship-io',
    needs: 'editor',
    summary: 'Imports an AB Tasty bucketing file, all in one revision',
    query: query.extend({
      caseInsensitive: z
        .enum(['true', 'false'])
        .optional()
        .describe(
          '`true`: conditions ignore upper and lower case, as AB Tasty’s servers do. Otherwise they regard ' +
            'it, as the SDKs do in bucketing mode.',
        ),
    }),
    body: ForeignFile.extend(withKeys),
    bodyBytesMax: importBytesMax,
    answer: MigrationAnswer,
    handle: async (call) => {
      const options = { ignoreCase: call.query.caseInsensitive === 'true' }
      const imported = await importInto(call, 'flagship-io', () =>
        fromBucketingFile(call.body, call.now, options),
      )
      if (!imported.ok) return imported
      const { checked, ...result } = imported.value
      const complete = withOmissions(checked)
      const plan = migrationPlan(call.body, complete)
      return ok({ ...result, ...reportOf(complete), plan, summary: planText(plan) })
    },
  }),
  route({
    id: 'import-flagd',
    method: 'POST',
    path: '/environments/{environment}/import/flagd',
    needs: 'editor',
    summary: 'Imports flagd’s flag definitions (JSON or YAML), all in one revision',
    description:
      'A file as flagd reads it: `flags`, `$evaluators`, `metadata`, and `sdkKeys` if there are any. Targeting ' +
      'becomes ordered rules. What rules cannot express is left out, with its path and the reason. ' +
      '`fractional` becomes a rollout with the same shares, but users move, because flagd hashes in another way.',
    query,
    uploads: ['application/json', 'application/yaml'],
    answer: ImportAnswer,
    handle: async (call) => {
      const read = await readDocument(call.request)
      const body = read.ok ? parseWith(Definitions.extend(withKeys), read.value) : read
      if (!body.ok) return body
      const imported = await importInto({ ...call, body: body.value }, 'flagd', () =>
        fromDefinitions(body.value, call.now),
      )
      if (!imported.ok) return imported
      const { checked, ...result } = imported.value
      return ok({ ...result, ...reportOf(checked) })
    },
  }),
  route({
    id: 'import-cloudflare',
    method: 'POST',
    path: '/environments/{environment}/import/cloudflare',
    needs: 'editor',
    summary: 'Imports the flags of Cloudflare’s own flag product, all in one revision',
    description:
      'What `wrangler flagship flags list APP --all --json` prints, with `sdkKeys` if there are any. Conditions ' +
      'decide as they did, but for kinds of values that the findings name. Percentages become rollouts with the ' +
      'same shares, but users move, because the original hashes in another way.',
    query,
    body: FlagList.extend(withKeys),
    bodyBytesMax: importBytesMax,
    answer: ImportAnswer,
    handle: async (call) => {
      const imported = await importInto(call, 'cloudflare', () => fromFlagList(call.body, call.now))
      if (!imported.ok) return imported
      const { checked, ...result } = imported.value
      return ok({ ...result, ...reportOf(checked) })
    },
  }),
]
