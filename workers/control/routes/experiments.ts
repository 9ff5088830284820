// Experiments, and the results that the batch runner computes of them.
import * as z from 'zod'
import { ExperimentDraft } from '../../../core/command.ts'
import { ExperimentResult } from '../../../core/experiment-result.ts'
import { Experiment } from '../../../core/experiment.ts'
import { ok, refuse } from '../../../core/problem.ts'
import { hasExperiment, listPlain, listResults, storeResult } from '../../storage/lists.ts'
import { pageSizeMax } from '../page.ts'
import { change, route } from '../route.ts'

export const experiments = [
  route({
    id: 'list-experiments',
    method: 'GET',
    path: '/environments/{environment}/experiments',
    needs: 'viewer',
    summary: 'All experiments of an environment',
    answer: z.strictObject({ experiments: z.array(Experiment) }),
    handle: async ({ database, params }) =>
      ok({ experiments: await listPlain(database, 'experiments', params.environment) }),
  }),
  change({
    id: 'create-experiment',
    method: 'POST',
    path: '/environments/{environment}/experiments',
    needs: 'editor',
    summary: 'Starts an experiment',
    body: ExperimentDraft,
    entity: Experiment,
    status: 201,
    command: ({ body }) => ({ kind: 'create-experiment', experiment: body }),
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
      if (!(await hasExperiment(database, environment, id)))
        return refuse('NOT_FOUND', `there is no experiment ${id}`)
      await storeResult(database, environment, id, body)
      return ok({ experimentId: id, goalKey: body.goalKey, computedAt: body.computedAt })
    },
  }),
]
