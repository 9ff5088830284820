// The query parameters of all changes: a dry run, and what becomes of running experiments.
import * as z from 'zod'
import { type ExperimentChoice, experimentChoices } from '../../../core/model/experiment.ts'

const Experiment = z
  .enum(experimentChoices)
  .optional()
  .describe(
    'What becomes of a running experiment that the change would disturb: `stop` stops it, `new-phase` lets it count anew, by the new shares. Without it, such a change is refused with `EXPERIMENT_RUNNING`.',
  )

export const ExperimentQuery = z.strictObject({ experiment: Experiment })

export const ChangeQuery = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .optional()
    .describe('`true`: answers what would change, and any problem, and changes nothing.'),
  experiment: Experiment,
})

export const isDryRun = ({ url }: Request): boolean => new URL(url).searchParams.get('dryRun') === 'true'

/** Undefined if the request says nothing; the route's schema has refused other values. */
export function experimentChoiceOf({ url }: Request): ExperimentChoice | undefined {
  const sent = new URL(url).searchParams.get('experiment')
  return experimentChoices.find((choice) => choice === sent)
}
