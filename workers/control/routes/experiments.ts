// Routes of experiments, and of the results that the batch runner computes.
import * as z from 'zod'
import { ExperimentChanges, ExperimentDraft } from '../../../core/change/command.ts'
import { resultBytesMax } from '../../../core/model/limits.ts'
import { StoredResult } from '../../../core/model/stored-result.ts'
import { Experiment } from '../../../core/model/experiment.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { readEntity } from '../../storage/entities.ts'
import { listResults, storeResult } from '../../storage/experiment-results.ts'
import { entityRoutes, expectedVersion, textFilter } from '../api/entity-routes.ts'
import { pageSizeMax } from '../api/pagination.ts'
import { change, route } from '../api/route.ts'

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
    id: 'stop-experiment',
    method: 'POST',
    path: '/environments/{environment}/experiments/{id}/stop',
    needs: 'editor',
    summary: 'Stops an experiment now',
    entity: Experiment,
    command: ({ params: { id } }) => ({ kind: 'stop-experiment', id }),
  }),
  route({
    id: 'list-results',
    method: 'GET',
    path: '/environments/{environment}/experiments/{id}/results',
    needs: 'viewer',
    summary: `Lists the newest ${pageSizeMax} results of an experiment, newest first`,
    answer: z.strictObject({ results: z.array(StoredResult) }),
    handle: async ({ database, params: { environment, id } }) =>
      ok({ results: await listResults(database, environment, id, pageSizeMax) }),
  }),
  route({
    id: 'store-result',
    method: 'POST',
    path: '/environments/{environment}/experiments/{id}/results',
    needs: 'editor',
    summary: 'Stores a computed result, unless the newest one for its goal says the same of the same start',
    body: StoredResult,
    bodyBytesMax: resultBytesMax,
    answer: z.strictObject({ experimentId: z.string(), goalKey: z.string(), computedAt: z.int() }),
    status: 201,
    handle: async ({ database, params: { environment, id }, body }) => {
      if (!(await readEntity(database, environment, 'experiment', id)))
        return refuse('NOT_FOUND', `there is no experiment ${id}`)
      await storeResult(database, environment, id, body)
      return ok({ experimentId: id, goalKey: body.goalKey, computedAt: body.computedAt })
    },
  }),
]
