// From a command and the state it meets to the change it makes, or the reason it cannot. Time and ids are arguments: the same command
// on the same state gives the same change.
import type { Command, FlagChanges } from './command.ts'
import {
  type Entities,
  type EntityKind,
  type EnvironmentState,
  type Write,
  withWrites,
} from './environment.ts'
import { strategyOf } from './experiment.ts'
import { Flag } from './flag.ts'
import { isDue } from './operation.ts'
import { type FieldProblem, type Result, ok, refuse } from './problem.ts'
import { referenceProblems } from './references.ts'

export interface Means {
  /** Epoch milliseconds. */
  readonly now: number
  readonly newId: () => string
}

/** No writes: the command asks for what is already so, and makes no revision. */
export interface Change {
  readonly writes: readonly Write[]
  /** What the caller asked to change, as it will be. */
  readonly entity: Entities[EntityKind]
}

const maxExperimentMs = 90 * 24 * 60 * 60 * 1000

export function change(state: EnvironmentState, command: Command, means: Means): Result<Change> {
  switch (command.kind) {
    case 'create-flag':
      return createFlag(state, command, means)
    case 'update-flag':
      return updateFlag(state, command, means)
    case 'create-segment': {
      const { segment } = command
      const value = { ...segment, version: 1, createdAt: means.now, updatedAt: means.now }
      return create(state, { kind: 'segment', id: segment.key, value })
    }
    case 'create-goal': {
      const { goal } = command
      return create(state, {
        kind: 'goal',
        id: goal.key,
        value: { ...goal, event: goal.event ?? goal.key, createdAt: means.now },
      })
    }
    case 'create-experiment':
      return createExperiment(state, command, means)
    case 'stop-experiment': {
      const experiment = state.experiment.get(command.id)
      if (!experiment) return refuse('NOT_FOUND', `there is no experiment ${command.id}`)
      if (experiment.status === 'stopped') return ok({ writes: [], entity: experiment })
      return put({
        kind: 'experiment',
        id: command.id,
        value: { ...experiment, status: 'stopped', stopAt: Math.min(experiment.stopAt, means.now) },
      })
    }
    case 'create-operation':
      return createOperation(state, command, means)
    case 'apply-operation':
      return applyOperation(state, command, means)
    case 'create-sdk-key':
      return create(state, {
        kind: 'sdkKey',
        id: command.key.id,
        value: { ...command.key, createdAt: means.now },
      })
  }
}

function createFlag(
  state: EnvironmentState,
  { flag: draft }: Extract<Command, { kind: 'create-flag' }>,
  means: Means,
): Result<Change> {
  const flag = Flag.safeParse({
    ...withIds(draft, means),
    archived: false,
    version: 1,
    createdAt: means.now,
    updatedAt: means.now,
  })
  if (!flag.success) return refuse('INVALID', 'the flag is not valid', { fields: fieldsOf(flag.error) })
  const problems = referenceProblems(state, flag.data)
  if (problems.length > 0)
    return refuse('INVALID', 'the flag refers to what is not there', { fields: problems })
  return create(state, { kind: 'flag', id: draft.key, value: flag.data })
}

function updateFlag(
  state: EnvironmentState,
  command: Extract<Command, { kind: 'update-flag' }>,
  means: Means,
): Result<Change> {
  const current = state.flag.get(command.key)
  if (!current) return refuse('NOT_FOUND', `there is no flag ${command.key}`)
  if (command.version !== undefined && command.version !== current.version) {
    return refuse(
      'CONFLICT',
      `the flag is at version ${current.version}, the edit was made on ${command.version}`,
      { current },
    )
  }
  const edited = Flag.safeParse(edit(current, command.changes, means))
  if (!edited.success)
    return refuse('INVALID', 'the flag would not be valid', { fields: fieldsOf(edited.error) })
  if (isSame(edited.data, current)) return ok({ writes: [], entity: current })
  const next = { ...edited.data, version: current.version + 1, updatedAt: means.now }
  const write: Write = { kind: 'flag', id: next.key, value: next }
  const problems = referenceProblems(withWrites(state, [write]), next)
  if (problems.length > 0)
    return refuse('INVALID', 'the flag would refer to what is not there', { fields: problems })
  const users = dependents(state, next)
  if (users.length > 0) return refuse('IN_USE', `other flags depend on this: ${users.join(', ')}`)
  return put(write)
}

function edit(current: Flag, { resetSeed, offVariationId, ...changes }: FlagChanges, means: Means): unknown {
  const edited = withIds({ ...current, ...(changes as Partial<Flag>) }, means)
  if (offVariationId === null) delete edited.offVariationId
  else if (offVariationId !== undefined) edited.offVariationId = offVariationId
  if (!resetSeed) return edited
  // Percent allocation is salted with the rules' ids, fine allocation with the seed.
  if (current.allocation === 'fine') return { ...edited, seed: means.newId() }
  const renewed = <T extends object>(part: T) => ({ ...part, id: means.newId() })
  return { ...edited, rules: edited.rules.map(renewed), defaultStrategy: renewed(edited.defaultStrategy) }
}

function withIds<
  T extends { rules: readonly { id?: string | undefined }[]; defaultStrategy: { id?: string | undefined } },
>(draft: T, means: Means) {
  const identified = <P extends { id?: string | undefined }>(part: P) => ({
    ...part,
    id: part.id ?? means.newId(),
  })
  return {
    ...draft,
    rules: draft.rules.map(identified),
    defaultStrategy: identified(draft.defaultStrategy),
  } as T & {
    offVariationId?: string
    rules: { id: string }[]
    defaultStrategy: { id: string }
  }
}

function createExperiment(
  state: EnvironmentState,
  { experiment: draft }: Extract<Command, { kind: 'create-experiment' }>,
  means: Means,
): Result<Change> {
  const flag = state.flag.get(draft.flagKey)
  const ruleId = draft.ruleId ?? flag?.defaultStrategy.id ?? ''
  const startAt = draft.startAt ?? toWholeSecond(means.now)
  const stopAt = draft.stopAt ?? startAt + maxExperimentMs
  const fields: FieldProblem[] = []
  if (!flag) fields.push({ path: 'flagKey', message: `there is no flag ${draft.flagKey}` })
  else {
    const strategy = strategyOf(flag, ruleId)
    const shares = strategy?.kind === 'rollout' ? strategy.shares : undefined
    if (!shares) fields.push({ path: 'ruleId', message: 'names no percentage rollout of the flag' })
    else if (!shares.some(({ variationId }) => variationId === draft.baselineVariationId)) {
      fields.push({ path: 'baselineVariationId', message: 'is no variation of the rollout' })
    }
  }
  draft.goalKeys.forEach((key, i) => {
    if (!state.goal.has(key)) fields.push({ path: `goalKeys.${i}`, message: `there is no goal ${key}` })
  })
  if (stopAt <= startAt) fields.push({ path: 'stopAt', message: 'must be after startAt' })
  if (fields.length > 0) return refuse('INVALID', 'the experiment is not valid', { fields })
  const id = draft.id ?? means.newId()
  return create(state, {
    kind: 'experiment',
    id,
    value: { ...draft, id, ruleId, startAt, stopAt, status: 'running', createdAt: means.now },
  })
}

function createOperation(
  state: EnvironmentState,
  { operation: draft }: Extract<Command, { kind: 'create-operation' }>,
  means: Means,
): Result<Change> {
  const flag = state.flag.get(draft.flagKey)
  const fields: FieldProblem[] = []
  if (!flag) fields.push({ path: 'flagKey', message: `there is no flag ${draft.flagKey}` })
  else if (!flag.variations.some(({ id }) => id === draft.variationId)) {
    fields.push({ path: 'variationId', message: 'is no variation of the flag' })
  }
  if (!state.goal.has(draft.goalKey))
    fields.push({ path: 'goalKey', message: `there is no goal ${draft.goalKey}` })
  if (fields.length > 0) return refuse('INVALID', 'the operation is not valid', { fields })
  const id = draft.id ?? means.newId()
  const countingFrom = draft.countingFrom ?? toWholeSecond(means.now)
  return create(state, {
    kind: 'operation',
    id,
    value: { ...draft, id, countingFrom, status: 'active', createdAt: means.now },
  })
}

/** The writer checks the facts again: a command that is not due is refused, one already applied changes nothing. */
function applyOperation(
  state: EnvironmentState,
  { id, facts }: Extract<Command, { kind: 'apply-operation' }>,
  means: Means,
): Result<Change> {
  const operation = state.operation.get(id)
  if (!operation) return refuse('NOT_FOUND', `there is no operation ${id}`)
  if (operation.status === 'fired') return ok({ writes: [], entity: operation })
  if (!isDue(operation, facts))
    return refuse('CONFLICT', 'the operation is not due on these facts', { current: operation })
  const fired: Write = { kind: 'operation', id, value: { ...operation, status: 'fired' } }
  const flag = state.flag.get(operation.flagKey)
  if (!flag?.enabled) return put(fired)
  const off: Write = {
    kind: 'flag',
    id: flag.key,
    value: { ...flag, enabled: false, version: flag.version + 1, updatedAt: means.now },
  }
  return ok({ writes: [off, fired], entity: fired.value })
}

/** Some SDKs tell time in whole seconds: a window that begins inside one would miss their first events. */
const toWholeSecond = (ms: number) => Math.floor(ms / 1_000) * 1_000

function create(state: EnvironmentState, write: Write): Result<Change> {
  const current = state[write.kind].get(write.id)
  if (current) return refuse('CONFLICT', `${write.kind} ${write.id} exists already`, { current })
  return put(write)
}

const put = (write: Write): Result<Change> => ok({ writes: [write], entity: write.value })

/** Live flags that name a variation which `next` no longer has, or that stand on it while it goes to the archive. */
function dependents(state: EnvironmentState, next: Flag): string[] {
  const ids = new Set(next.variations.map(({ id }) => id))
  const named = (other: Flag) => [
    ...other.prerequisites
      .filter(({ flagKey }) => flagKey === next.key)
      .map(({ variationId }) => variationId),
    ...other.rules.flatMap(({ anyOf }) =>
      anyOf
        .flat()
        .flatMap((clause) =>
          clause.operator === 'flag-is' && clause.attribute === next.key ? clause.values : [],
        ),
    ),
  ]
  return [...state.flag.values()]
    .filter((other) => !other.archived && other.key !== next.key)
    .filter((other) => named(other).some((id) => next.archived || !ids.has(id)))
    .map(({ key }) => key)
}

function fieldsOf(error: {
  issues: readonly { path: readonly PropertyKey[]; message: string }[]
}): FieldProblem[] {
  return error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }))
}

/** Equal as JSON: both sides came out of the same schema, which fixes the order of fields. */
const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
