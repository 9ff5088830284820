// What a document makes of experiments: the same steps as by command, at most one status at a time. A
// document that says nothing about times and status leaves both as they are.
import { blockingChecks } from '../experiment-checks.ts'
import { experimentMsMax, started, stopped, toWholeSecond, withPrimaryGoal, wordsOf } from '../experiment.ts'
import { firstPhases } from '../experiment-phases.ts'
import type { ChangeContext } from '../entity.ts'
import type { Entities, EnvironmentState } from '../../model/environment-state.ts'
import { type Experiment, statusAt } from '../../model/experiment.ts'
import type { FieldProblem } from '../../model/problem.ts'
import type { Document } from './schema.ts'

type Entry = Document['experiments'][string]

interface ExperimentFields {
  readonly value: object
  readonly problems: FieldProblem[]
}

/** `state` has the document's flags and goals already. */
export function experimentFields(
  state: EnvironmentState,
  id: string,
  entry: Entry,
  context: ChangeContext,
): ExperimentFields {
  const current = state.experiment.get(id)
  const { now } = context
  const { startAt: startKept, stopAt: stopKept } = timesKept(current, entry, now)
  const startAt = startKept ?? toWholeSecond(now)
  const ruleId = entry.ruleId ?? current?.ruleId ?? state.flag.get(entry.flagKey)?.defaultStrategy.id ?? id
  const stopAt = stopKept ?? startAt + experimentMsMax
  const wanted = { ...entry, id, ruleId, startAt, stopAt }
  const problem = (message: string) => [{ path: `experiments.${id}.status`, message }]
  if (!current) return { value: created(state, wanted, entry, now), problems: [] }

  const design = entry.design ?? current.design
  const { history, phases, primaryGoalKey } = current
  const exposuresUntil = entry.exposuresUntil ?? current.exposuresUntil
  const system = {
    ...(history && { history }),
    ...(phases && { phases }),
    ...(primaryGoalKey !== undefined && { primaryGoalKey }),
    ...(exposuresUntil !== undefined && { exposuresUntil }),
  }
  const kept = { ...wanted, ...system, ...(design && { design }), status: current.status } as Experiment
  const status = statusAt(current, now)
  const next = entry.status ?? status
  const cannot = { value: kept, problems: problem(`the experiment ${wordsOf[status]}: it cannot be ${next}`) }
  switch (status) {
    case 'draft': {
      if (next === 'draft') return { value: kept, problems: [] }
      if (next !== 'waiting' && next !== 'running') return cannot
      const value = started(state.flag.get(kept.flagKey), kept, now)
      const blocks = blockingChecks(state, value, now)
      return { value, problems: blocks.flatMap(({ detail }) => problem(detail)) }
    }
    case 'waiting':
      if (next === 'draft') return { value: stopped(kept, now), problems: [] }
      if (next !== 'waiting' && next !== 'running') return cannot
      return { value: { ...kept, phases: firstPhases(state.flag.get(kept.flagKey), kept) }, problems: [] }
    case 'running': {
      if (next === 'draft' || next === 'archived') return cannot
      const isPast = kept.stopAt !== current.stopAt && kept.stopAt <= now
      const problems = isPast ? [{ path: `experiments.${id}.stopAt`, message: 'is not in the future' }] : []
      const edited = withPrimaryGoal(current, kept, context)
      return { value: next === 'stopped' ? stopped(edited, now) : edited, problems }
    }
    case 'stopped':
      if (next === 'archived') return { value: { ...kept, status: 'archived' }, problems: [] }
      // It does not run again, whatever an older document says.
      return { value: entry.status === 'stopped' ? { ...kept, status: 'stopped' } : kept, problems: [] }
    case 'archived':
      return { value: kept, problems: [] }
  }
}

/**
 * What the document says, or what is. A draft's start is when it was made; once started, it has a later one.
 * A document that was written before that still means the same experiment, so it can be applied again.
 */
function timesKept(current: Experiment | undefined, entry: Entry, now: number) {
  const { startAt, status } = entry
  // When it stopped is what happened here, whatever happened where the document was written.
  const isOver = current !== undefined && (status === 'stopped' || status === 'archived')
  const stopAt = isOver ? current.stopAt : entry.stopAt
  const isOfDraft = current && hasStarted(current, now) && startAt !== undefined && startAt < current.startAt
  if (!isOfDraft) return { startAt: startAt ?? current?.startAt, stopAt: stopAt ?? current?.stopAt }
  const isDefaultEnd = stopAt === startAt + experimentMsMax
  return { startAt: current.startAt, stopAt: isDefaultEnd ? current.stopAt : (stopAt ?? current.stopAt) }
}

const hasStarted = (experiment: Experiment, now: number) =>
  !['draft', 'waiting'].includes(statusAt(experiment, now))

function created(
  state: EnvironmentState,
  wanted: Pick<Experiment, 'ruleId' | 'startAt' | 'stopAt'>,
  entry: Entry,
  now: number,
): object {
  const { startAt, stopAt } = wanted
  if (entry.status === 'draft') return wanted
  const phases = firstPhases(state.flag.get(entry.flagKey), wanted)
  const isOver = entry.status === 'stopped' || entry.status === 'archived'
  const status = isOver ? entry.status : startAt > now ? 'waiting' : 'running'
  return { ...wanted, phases, status, stopAt: isOver ? (entry.stopAt ?? Math.min(stopAt, now)) : stopAt }
}

const fixedOnceStarted = ['flagKey', 'ruleId', 'startAt', 'exposuresUntil', 'design']
const fixedOnceStopped = [...fixedOnceStarted, 'goalKeys', 'baselineVariationId', 'stopAt', 'counts']

/** The fields of an existing experiment that never change, since its results depend on them. */
export function fixedExperimentFields(current: Experiment, now: number): readonly string[] {
  const status = statusAt(current, now)
  if (status === 'draft' || status === 'waiting') return []
  return status === 'running' ? fixedOnceStarted : fixedOnceStopped
}

/** What becomes of one that a complete document does not list; null: it is deleted, since it never ran. */
export function withoutExperiment(
  experiment: Entities['experiment'],
  now: number,
): Entities['experiment'] | null {
  const status = statusAt(experiment, now)
  if (status === 'draft' || status === 'waiting') return null
  if (status === 'archived' || experiment.status === 'stopped') return experiment
  return { ...experiment, ...stopped(experiment, now) }
}
