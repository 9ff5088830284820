// Routes of experiments, and of the results that the batch runner computes.
import * as z from 'zod'
import { ExperimentChanges, ExperimentDraft } from '../../../core/change/command.ts'
import { resultBytesMax } from '../../../core/model/limits.ts'
import { StoredResult } from '../../../core/model/stored-result.ts'
import { Experiment } from '../../../core/model/experiment.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { bundleFiles, bundleName } from '../../../core/report/bundle.ts'
import { zipped } from '../../../core/report/zip.ts'
import { resultProblems } from '../../../core/model/result-problems.ts'
import { readEntity } from '../../storage/entities.ts'
import { listResults, newestOfPrimaryGoals, newestResults } from '../../storage/experiment-results.ts'
import { entityRoutes, expectedVersion, textFilter } from '../api/entity-routes.ts'
import { Verdicts } from '../api/experiment-answers.ts'
import { environmentStub } from '../api/environment-stub.ts'
import { NextCursor, pageOf, PageQuery, pageSizeMax } from '../api/pagination.ts'
import { change, route } from '../api/route.ts'
import { keyLengthMax } from '../../../core/model/limits.ts'

const dayMs = 86_400_000

const ResultQuery = PageQuery.extend({
  goalKey: z.string().max(keyLengthMax).optional(),
  asOf: z.iso.date().optional().describe('A UTC day: results that were computed on it or before.'),
  newest: z.enum(['true', 'false']).optional(),
  limit: z.coerce.number().int().min(1).max(pageSizeMax).default(pageSizeMax),
})
const ResultPosition = z.tuple([z.number(), z.string()])

export const experiments = [
  ...entityRoutes({
    kind: 'experiment',
    name: 'experiment',
    plural: 'experiments',
    param: 'id',
    schema: Experiment,
    draft: ExperimentDraft,
    changes: ExperimentChanges.extend(expectedVersion),
    filters: { flagKey: textFilter, status: Experiment.shape.status.optional() },
    create: (experiment) => ({ kind: 'create-experiment', experiment }),
    update: (id, { version, ...changes }) => ({ kind: 'update-experiment', id, version, changes }),
    remove: (id) => ({ kind: 'delete-experiment', id }),
  }),
  change({
    id: 'start-experiment',
    method: 'POST',
    path: '/environments/{environment}/experiments/{id}/start',
    needs: 'editor',
    summary: 'Starts a draft: now, or at its `startAt` if that is to come',
    description:
      'From its start on, the flag, rule, start and design are fixed. Refused with 409 and all reasons if it could ' +
      'give no result: see `check-experiment`. Sent again, it changes nothing: to begin one that waits sooner, move ' +
      'its `startAt`.',
    entity: Experiment,
    command: ({ params: { id } }) => ({ kind: 'start-experiment', id }),
  }),
  change({
    id: 'stop-experiment',
    method: 'POST',
    path: '/environments/{environment}/experiments/{id}/stop',
    needs: 'editor',
    summary: 'Stops an experiment now; one that waits becomes a draft again',
    entity: Experiment,
    command: ({ params: { id } }) => ({ kind: 'stop-experiment', id }),
  }),
  change({
    id: 'freeze-experiment',
    method: 'POST',
    path: '/environments/{environment}/experiments/{id}/freeze',
    needs: 'editor',
    summary: 'From now on no further users count; those who do are measured until the end',
    description:
      'The flag goes on as it is, so that everybody keeps what they have. `exposuresUntil` plans it before the ' +
      'start. It cannot be taken back.',
    entity: Experiment,
    command: ({ params: { id } }) => ({ kind: 'freeze-experiment', id }),
  }),
  change({
    id: 'advance-experiment',
    method: 'POST',
    path: '/environments/{environment}/experiments/{id}/advance',
    needs: 'editor',
    summary:
      'Writes down that an experiment has started or ended by its own times; before them, changes nothing',
    description:
      'The batch runner sends it. What is counted and what is locked follows from the times, whenever it comes.',
    entity: Experiment,
    command: ({ params: { id } }) => ({ kind: 'advance-experiment', id }),
  }),
  change({
    id: 'archive-experiment',
    method: 'POST',
    path: '/environments/{environment}/experiments/{id}/archive',
    needs: 'editor',
    summary: 'Files a stopped experiment away: its results stay, and nothing more is computed',
    entity: Experiment,
    command: ({ params: { id } }) => ({ kind: 'archive-experiment', id }),
  }),
  route({
    id: 'list-verdicts',
    method: 'GET',
    path: '/environments/{environment}/verdicts',
    needs: 'viewer',
    summary: 'Lists the newest result of the primary goal of each experiment that has one',
    answer: Verdicts,
    handle: async ({ database, params: { environment } }) =>
      ok({ verdicts: await newestOfPrimaryGoals(database, environment) }),
  }),
  route({
    id: 'list-results',
    method: 'GET',
    path: '/environments/{environment}/experiments/{id}/results',
    needs: 'viewer',
    summary: 'Lists the results of an experiment, newest first',
    description:
      'A result is stored only if it says something new. With `newest`, only the newest one of each goal. Results of ' +
      'a goal that was taken off the experiment say `noLongerAsked`.',
    query: ResultQuery,
    answer: z.strictObject({ results: z.array(StoredResult), nextCursor: NextCursor }),
    handle: async ({ database, params: { environment: environmentId, id }, query }) => {
      const experiment = await readEntity(database, environmentId, 'experiment', id)
      if (!experiment) return refuse('NOT_FOUND', `there is no experiment ${id}`)
      const marked = (result: StoredResult): StoredResult =>
        experiment.goalKeys.includes(result.goalKey) ? result : { ...result, noLongerAsked: true }
      const { goalKey, asOf, newest, limit, cursor } = query
      if (newest === 'true') {
        const results = await newestResults(database, environmentId, id)
        return ok({
          results: results
            .filter((result) => goalKey === undefined || result.goalKey === goalKey)
            .map(marked),
        })
      }
      const after = ResultPosition.safeParse(cursor).data
      const before = asOf === undefined ? undefined : Date.parse(asOf) + dayMs
      const list = { environmentId, experimentId: id, goalKey, before, after, limit: limit + 1 }
      const page = pageOf(await listResults(database, list), limit, (result) => [
        result.computedAt,
        result.goalKey,
      ])
      return ok({ results: page.rows.map(marked), ...(page.nextCursor && { nextCursor: page.nextCursor }) })
    },
  }),
  route({
    id: 'download-result',
    method: 'GET',
    path: '/environments/{environment}/experiments/{id}/results/{goalKey}/bundle',
    needs: 'viewer',
    summary: 'Downloads the newest result of a goal, or the one of a time, with what it was computed from',
    description:
      'A ZIP file: the result, its evidence, tables, a figure, and a README that says how to compute it again. The ' +
      'runner writes the same with the statements and the model (`batch bundle`).',
    query: z.strictObject({
      computedAt: z.coerce.number().int().min(0).optional().describe('Epoch milliseconds.'),
    }),
    answer: z.never(),
    downloads: ['application/zip'],
    handle: async ({ database, params: { environment: environmentId, id, goalKey }, query }) => {
      const { computedAt } = query
      const before = computedAt === undefined ? undefined : computedAt + 1
      const [result] = await listResults(database, {
        environmentId,
        experimentId: id,
        goalKey,
        before,
        limit: 1,
      })
      if (!result || (computedAt !== undefined && result.computedAt !== computedAt))
        return refuse('NOT_FOUND', `there is no such result of goal ${goalKey} of experiment ${id}`)
      const subject = { environmentId, experimentId: id, result }
      return new Response(zipped(bundleFiles(subject), result.computedAt), {
        headers: {
          'content-type': 'application/zip',
          'content-disposition': `attachment; filename="${bundleName(subject)}"`,
          'cache-control': 'no-store',
        },
      })
    },
  }),
  route({
    id: 'store-result',
    method: 'POST',
    path: '/environments/{environment}/experiments/{id}/results',
    needs: 'editor',
    summary: 'Stores a computed result, unless the newest one for its goal says the same of the same start',
    description:
      'Refuses what contradicts itself or its experiment: a verdict in spite of a failed health check, more ' +
      'conversions than users, a winner that was not measured.',
    body: StoredResult,
    bodyBytesMax: resultBytesMax,
    answer: z.strictObject({ experimentId: z.string(), goalKey: z.string(), computedAt: z.int() }),
    status: 201,
    handle: async (call) => {
      const { environment, id } = call.params
      const { database, body } = call
      const experiment = await readEntity(database, environment, 'experiment', id)
      if (!experiment) return refuse('NOT_FOUND', `there is no experiment ${id}`)
      const fields = resultProblems(body, experiment)
      if (fields.length > 0) return refuse('INVALID', 'the result contradicts itself', { fields })
      const request = { environmentId: environment, experimentId: id, result: body }
      const problem = await environmentStub(call, environment).storeResult(request)
      if (problem) return { ok: false, problem }
      return ok({ experimentId: id, goalKey: body.goalKey, computedAt: body.computedAt })
    },
  }),
]
