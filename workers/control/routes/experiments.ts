// Experiments, and the results that the batch runner computes of them.
import * as z from 'zod'
import { ExperimentChanges, ExperimentDraft } from '../../../core/change/command.ts'
import { ExperimentResult } from '../../../core/model/experiment-result.ts'
import { Experiment } from '../../../core/model/experiment.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { readEntity } from '../../storage/entities.ts'
import { listResults, storeResult } from '../../storage/experiment-results.ts'
import { aText, entityRoutes } from '../api/entity-routes.ts'
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
    changes: ExperimentChanges,
    filters: { flagKey: aText, status: Experiment.shape.status.optional() },
  }),
  change({
    id: 'stop-experiment',
    method: 'POST',
    path: '/environments/{environment}/experiments/{id}/stop',
    needs: 'editor',
    summary: 'Ends an experiment now',
    entity: Experiment,
    command: ({ params: { id } }) => ({ kind: 'stop-experiment', id }),
  }),
  route({
    id: 'list-results',
    method: 'GET',
    path: '/environments/{environment}/experiments/{id}/results',
    needs: 'viewer',
    summary: `The newest ${pageSizeMax} results of an experiment, newest first`,
    answer: z.strictObject({ results: z.array(ExperimentResult) }),
    handle: async ({ database, params: { environment, id } }) =>
      ok({ results: await listResults(database, environment, id, pageSizeMax) }),
  }),
  route({
    id: 'store-result',
    method: 'POST',
    path: '/environments/{environment}/experiments/{id}/results',
    needs: 'editor',
    summary: 'Stores a computed result; the same computation twice is kept once',
    body: ExperimentResult,
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
