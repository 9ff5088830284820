// Applies a document to an environment: returns the writes that make it so, all in one change, or all reasons
// why it cannot. A dry run is the same change, not committed.
import { countsOf, isSame, type Change, type ChangeContext, parsed, systemFields } from '../entity.ts'
import { toWholeSecond } from '../experiment.ts'
import { experimentFields, fixedExperimentFields, withoutExperiment } from './experiments.ts'
import type { Handlers } from '../handler.ts'
import { keepUsers, rehashProblems } from '../keep-users.ts'
import { withRollout } from '../operation-share.ts'
import { writeProblems } from '../reference-problems.ts'
import type { CommandOf } from '../command.ts'
import {
  type Entities,
  type EntityKind,
  type EnvironmentState,
  type Write,
  settingsId,
  settingsIn,
  withWrites,
} from '../../model/environment-state.ts'
import type { Experiment } from '../../model/experiment.ts'
import { type FieldProblem, type Problem, type Result, ok, refuse } from '../../model/problem.ts'
import { dependenciesOf } from '../../model/snapshot.ts'
import { dependentsBrokenBy, dependentsOf, named } from '../dependents.ts'
import { holdoutFields, layerFields, withoutHoldout } from './hold-backs.ts'
import { withRuleIds } from '../rule-ids.ts'
import { type RuleIdHere, ruleIdsHere } from './rule-ids-here.ts'
import type { Document } from './schema.ts'

export const documentHandlers: Handlers<'apply'> = { apply: applyDocument }

function applyDocument(
  state: EnvironmentState,
  { document, version }: CommandOf<'apply'>,
  context: ChangeContext,
): Result<Change> {
  if (version !== undefined && version !== context.revision) {
    const message = `the environment is at revision ${context.revision}, the document was made on ${version}: export again`
    return refuse('CONFLICT', message, { current: { revision: context.revision } })
  }
  const problems: FieldProblem[] = []
  const notes: FieldProblem[] = []
  const add: Add = (kind, id, fields) => {
    const made = toWrite(state, kind, id, fields, context)
    if (made.ok) return made.value
    problems.push(...made.problem)
    return undefined
  }
  // Experiments and what follows come last: they may name a rule of a flag that the document creates.
  const base = [
    ...settingsWrites(state, document, context),
    ...each(document.tags, (key, tag) => add('tag', key, { ...tag, key })),
    ...each(document.segments, (key, segment) => add('segment', key, segmentFields(state, key, segment))),
    ...each(document.goals, (key, goal) => add('goal', key, { ...goal, key, event: goal.event ?? key })),
    ...each(document.flags, (key, flag) =>
      add('flag', key, flagFields(state, document, key, flag, context, { problems, notes })),
    ),
  ]
  const withBase = withWrites(state, base)
  const ruleIdHere = ruleIdsHere(document, withBase)
  const writes = [
    ...base,
    ...each(document.experiments, (id, entry) => {
      const fields = experimentFields(withBase, id, translated(entry, ruleIdHere), context)
      problems.push(...fields.problems)
      return add('experiment', id, fields.value)
    }),
    ...each(document.operations, (id, entry) =>
      add('operation', id, operationFields(withBase, id, translated(entry, ruleIdHere), context)),
    ),
    ...each(document.layers, (id, entry) =>
      add('layer', id, layerFields(state, id, entry, ruleIdHere, context)),
    ),
    ...each(document.holdouts, (id, entry) =>
      add('holdout', id, holdoutFields(withBase, id, entry, ruleIdHere, context)),
    ),
  ]
  const pruned = document.prune ? pruning(state, document, writes, context) : { writes: [], notes: [] }
  const all = [...writes, ...pruned.writes]
  const found = problemsAfter(state, writes, pruned.writes)
  problems.push(...found.filter((problem) => !isIdle(problem)))
  notes.push(...found.filter(isIdle))
  if (problems.length > 0) return refuse('INVALID', 'the document cannot be applied', { fields: problems })
  return ok({ writes: all, entity: countsOf(state, all), notes: [...notes, ...pruned.notes] })
}

/**
 * An operation that can do nothing as things are. It is so where the document comes from, if the flag was
 * edited after it was armed: everything else is applied all the same.
 */
const isIdle = ({ rule }: FieldProblem): boolean => rule === 'off-variation' || rule === 'no-rollout'

const translated = <T extends { readonly flagKey: string; readonly ruleId?: string | undefined }>(
  entry: T,
  ruleIdHere: RuleIdHere,
): T => (entry.ruleId === undefined ? entry : { ...entry, ruleId: ruleIdHere(entry.flagKey, entry.ruleId) })

type Add = (kind: EntityKind, id: string, fields: object) => Write | undefined

const each = <T>(
  entries: Readonly<Record<string, T>>,
  toWriteOf: (id: string, entry: T) => Write | undefined,
) => Object.entries(entries).flatMap(([id, entry]) => toWriteOf(id, entry) ?? [])

/** The field of a document that lists each kind. */
const collections = {
  settings: 'settings',
  tag: 'tags',
  segment: 'segments',
  goal: 'goals',
  flag: 'flags',
  experiment: 'experiments',
  operation: 'operations',
  layer: 'layers',
  holdout: 'holdouts',
} as const satisfies Partial<Record<EntityKind, string>>

const pathOf = (kind: EntityKind, id: string, path: string) => {
  const collection = (collections as Partial<Record<EntityKind, string>>)[kind] ?? kind
  return [collection, ...(kind === 'settings' ? [] : [id]), ...(path === '' ? [] : [path])].join('.')
}

/** The fields of existing entities that never change. */
const fixed: Partial<Record<EntityKind, readonly string[]>> = {
  flag: ['type'],
  operation: ['kind', 'flagKey', 'variationId', 'goalKey', 'baselineVariationId', 'difference', 'ruleId'],
}

function fixedFieldsChanged(
  kind: EntityKind,
  current: Entities[EntityKind] | undefined,
  next: Entities[EntityKind],
  now: number,
): string[] {
  if (!current) return []
  const experiment = kind === 'experiment' ? fixedExperimentFields(current as Experiment, now) : []
  const valueOf = (entity: object, field: string) => (entity as Record<string, unknown>)[field]
  return [...(fixed[kind] ?? []), ...experiment].filter(
    (field) => !isSame(valueOf(current, field), valueOf(next, field)),
  )
}

type WriteResult = { ok: true; value: Write | undefined } | { ok: false; problem: FieldProblem[] }

/** Undefined as value: the entity is so already. */
function toWrite(
  state: EnvironmentState,
  kind: EntityKind,
  id: string,
  fields: object,
  { now }: ChangeContext,
): WriteResult {
  const current: Entities[EntityKind] | undefined = state[kind].get(id)
  const system = systemFields(current ?? { version: 1, createdAt: now, updatedAt: now })
  const next = parsed(kind, { ...fields, ...system })
  if (!next.ok) {
    const { fields: invalid = [{ path: '', message: next.problem.message }] }: Problem = next.problem
    return {
      ok: false,
      problem: invalid.map((field) => ({ ...field, path: pathOf(kind, id, field.path) })),
    }
  }
  if (current && isSame(next.value, current)) return { ok: true, value: undefined }
  const moved = fixedFieldsChanged(kind, current, next.value, now)
  if (moved.length > 0) {
    const problem = moved.map((field) => ({ path: pathOf(kind, id, field), message: 'never changes' }))
    return { ok: false, problem }
  }
  const value = current ? { ...next.value, version: system.version + 1, updatedAt: now } : next.value
  return { ok: true, value: { kind, id, value } as Write }
}

function settingsWrites(state: EnvironmentState, { settings }: Document, context: ChangeContext): Write[] {
  if (!settings || isSame(settings, settingsIn(state))) return []
  const made = toWrite(state, 'settings', settingsId, settings, context)
  return made.ok && made.value ? [made.value] : [] // parsed with the document
}

/** Uploaded members are too many for a document, so they stay. */
function segmentFields(state: EnvironmentState, key: string, segment: Document['segments'][string]) {
  const members = state.segment.get(key)?.members
  return { ...segment, key, ...(members && { members }) }
}

/**
 * Users stay where they are: the flag keeps the ids and places of its rollouts and its seed, whatever another
 * environment's export says. Another allocation is a problem, reported in `notes` and `problems`.
 */
function flagFields(
  state: EnvironmentState,
  document: Document,
  key: string,
  flag: Document['flags'][string],
  { newId }: ChangeContext,
  reports: { readonly problems: FieldProblem[]; readonly notes: FieldProblem[] },
) {
  const current = state.flag.get(key)
  const { defaultAllocation } = document.settings ?? settingsIn(state)
  const allocation = flag.allocation ?? current?.allocation ?? defaultAllocation
  if (!current) {
    const defaultStrategy = { ...flag.defaultStrategy, id: flag.defaultStrategy.id ?? newId() }
    return {
      ...flag,
      key,
      allocation,
      seed: flag.seed ?? '',
      rules: withRuleIds(flag.rules, [], newId),
      defaultStrategy,
    }
  }
  const inFlag = (problem: FieldProblem) => ({ ...problem, path: pathOf('flag', key, problem.path) })
  reports.problems.push(
    ...rehashProblems(current, { ...flag, allocation, bucketBy: flag.bucketBy ?? null }, 'foreign').map(
      inFlag,
    ),
  )
  const stays = (path: string, sent: string | undefined, stored: string) => {
    if (sent === undefined || sent === stored) return
    reports.notes.push(inFlag({ path, message: `stays ${stored}, so that users do not move` }))
  }
  const seedMatters = current.allocation === 'fine' && allocation === 'fine'
  if (seedMatters) stays('seed', flag.seed, current.seed)
  stays('defaultStrategy.id', flag.defaultStrategy.id, current.defaultStrategy.id)
  return {
    ...flag,
    key,
    allocation,
    seed: seedMatters ? current.seed : (flag.seed ?? ''),
    ...keepUsers(current, flag, newId, 'foreign'),
  }
}

function operationFields(
  state: EnvironmentState,
  id: string,
  entry: Document['operations'][string],
  { now }: ChangeContext,
) {
  const current = state.operation.get(id)
  const status = entry.status ?? current?.status ?? 'active'
  const { firedAt } = current ?? {}
  const isArmedAgain = current?.status === 'fired' && status === 'active'
  const countingFrom = entry.countingFrom ?? (isArmedAgain ? undefined : current?.countingFrom)
  return withRollout(state, {
    ...entry,
    id,
    countingFrom: countingFrom ?? toWholeSecond(now),
    status,
    ...(status === 'fired' && firedAt !== undefined && { firedAt }),
    ...(current?.restarted && countingFrom === current.countingFrom && { restarted: true }),
  })
}

/**
 * Removes what a complete document does not list: flags are archived, running experiments stopped, other
 * entities deleted unless something that stays depends on them. Experiments that ran stay, for their results.
 */
function pruning(
  state: EnvironmentState,
  document: Document,
  writes: readonly Write[],
  { now }: ChangeContext,
): { writes: Write[]; notes: FieldProblem[] } {
  const nextVersion = <T extends Entities[EntityKind]>(value: T): T => ({
    ...value,
    version: value.version + 1,
    updatedAt: now,
  })
  const removals: Write[] = []
  for (const [id, flag] of state.flag)
    if (!Object.hasOwn(document.flags, id) && !flag.archived)
      removals.push({ kind: 'flag', id, value: nextVersion({ ...flag, archived: true }) })
  for (const [id, experiment] of state.experiment) {
    if (Object.hasOwn(document.experiments, id)) continue
    const left = withoutExperiment(experiment, now)
    if (left !== experiment) removals.push({ kind: 'experiment', id, value: left && nextVersion(left) })
  }
  for (const id of state.operation.keys())
    if (!Object.hasOwn(document.operations, id)) removals.push({ kind: 'operation', id, value: null })
  for (const id of state.layer.keys())
    if (!Object.hasOwn(document.layers, id)) removals.push({ kind: 'layer', id, value: null })
  for (const [id, holdout] of state.holdout) {
    if (Object.hasOwn(document.holdouts, id)) continue
    const left = withoutHoldout(holdout, now)
    if (left !== holdout) removals.push({ kind: 'holdout', id, value: left && nextVersion(left) })
  }
  let after = withWrites(state, [...writes, ...removals])
  const notes: FieldProblem[] = []
  for (const kind of ['segment', 'goal', 'tag'] as const) {
    let left = [...state[kind].keys()].filter((id) => !Object.hasOwn(document[collections[kind]], id))
    // A removed segment may have been the last to refer to another, so this repeats until nothing changes.
    for (let before = -1; before !== left.length;) {
      before = left.length
      const free = new Set(left.filter((id) => dependentsOf(after, kind, id).length === 0))
      const writes = [...free].map((id) => ({ kind, id, value: null }) as const)
      removals.push(...writes)
      after = withWrites(after, writes)
      left = left.filter((id) => !free.has(id))
    }
    for (const id of left) {
      const dependents = named(dependentsOf(after, kind, id))
      notes.push({ path: pathOf(kind, id, ''), message: `stays: it is in use by ${dependents}` })
    }
  }
  return { writes: removals, notes }
}

/**
 * Broken references in the state after the document: of its entities, and of live flags that depend on them.
 */
function problemsAfter(
  state: EnvironmentState,
  writes: readonly Write[],
  pruned: readonly Write[],
): FieldProblem[] {
  const after = withWrites(state, [...writes, ...pruned])
  const changed = new Set([...writes, ...pruned].flatMap(({ kind, id }) => (kind === 'flag' ? [id] : [])))
  const found: FieldProblem[] = []
  const check = (write: Write) => {
    for (const field of writeProblems(after, write, state))
      found.push({ ...field, path: pathOf(write.kind, write.id, field.path) })
  }
  for (const write of writes) check(write)
  for (const [id, value] of after.flag) {
    const isBeside = !changed.has(id) && !value.archived
    if (isBeside && dependenciesOf(value).some((key) => changed.has(key))) check({ kind: 'flag', id, value })
  }
  for (const [id, value] of after.operation)
    if (value.action?.kind === 'stop-experiment' && !after.experiment.has(value.action.experimentId))
      check({ kind: 'operation', id, value })
  for (const { kind, id, value } of [...writes, ...pruned]) {
    if (kind !== 'flag' || !value?.archived || state.flag.get(id)?.archived !== false) continue
    const dependents = dependentsBrokenBy(after, value)
    const message = `this would break ${named(dependents)}`
    if (dependents.length > 0) found.push({ path: pathOf('flag', id, 'archived'), message })
  }
  return found
}
