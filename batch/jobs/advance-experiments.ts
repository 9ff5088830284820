// Writes down which experiments have started or ended by their own times, as an ordinary client of the admin
// API. Control checks the times again, so a run that comes late, twice or beside another does no harm; and
// nothing depends on it: what a window counts follows from the times alone.
import { type Experiment, statusAt } from '../../core/model/experiment.ts'
import type { JobContext } from './job-context.ts'

export async function advanceExperiments(
  environmentId: string,
  experiments: readonly Experiment[],
  { api, now, onEvent }: JobContext,
): Promise<void> {
  for (const experiment of experiments.filter((each) => isBehind(each, now))) {
    const advanced = await api.advanceExperiment(environmentId, experiment.id)
    if (!advanced.ok)
      onEvent({
        kind: 'failed',
        subject: `${environmentId}/${experiment.id}`,
        failure: advanced.problem,
      })
    else if (advanced.value?.changed)
      onEvent({ kind: 'advanced', environmentId, experiment: advanced.value.entity })
  }
}

/** Earlier releases stored experiments that wait as running: nothing has to be written down of those. */
function isBehind(experiment: Experiment, now: number): boolean {
  const status = statusAt(experiment, now)
  return status !== 'waiting' && status !== experiment.status
}
