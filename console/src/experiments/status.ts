// The status of an experiment now, whenever it was last written down.
import { type Experiment, type ExperimentStatus, statusAt } from '../../../core/model/experiment.ts'
import { ago } from '../messages/catalogue.ts'
import { experiments as words } from '../messages/experiments.ts'
import type { State } from '../ui/state.ts'
import { dayOf, lengthOf } from './time.ts'

export const useStatus = (experiment: Experiment): ExperimentStatus => statusAt(experiment, Date.now())

export const statusMark: Record<ExperimentStatus, State> = {
  draft: 'planned',
  waiting: 'planned',
  running: 'running',
  stopped: 'stopped',
  archived: 'stopped',
}

/** `Running, day 12 of 21`. */
export function statusText(experiment: Experiment, status: ExperimentStatus): string {
  const now = Date.now()
  const { startAt } = experiment
  if (status === 'running')
    return `${words.status.running}, ${words.day(dayOf(startAt, now), lengthOf(experiment))}`
  if (status === 'waiting') return `${words.status.waiting}, ${words.startsAt(ago(startAt, now))}`
  return words.status[status]
}
