// Creates, edits and deletes entities of any kind: identity, versions, validity, references, dependents.
import type { ZodType } from 'zod'
import {
  type Entities,
  type EntityKind,
  type EnvironmentState,
  entitySchemas,
  type Write,
  withWrites,
} from '../model/environment-state.ts'
import type { ExperimentChoice } from '../model/experiment.ts'
import type { Versioned } from '../model/versioned.ts'
import { entityBytesMax } from '../model/limits.ts'
import { type FieldProblem, type Problem, type Result, ok, refuse, toFieldProblem } from '../model/problem.ts'
import { appendUtf8 } from '../hash/utf8.ts'
import { type Dependent, named, dependentsOf } from './dependents.ts'
import { writeProblems } from './reference-problems.ts'

export interface ChangeContext {
  /** Epoch milliseconds. */
  readonly now: number
  readonly newId: () => string
  /** For a rollback: the entities that have changed since the revision, as they were then. */
  readonly past?: readonly Write[] | undefined
  /** Revision of the state that the command is applied to. */
  readonly revision?: number | undefined
  /** What becomes of running experiments that the command would disturb. Absent: the command is refused. */
  readonly experiment?: ExperimentChoice | undefined
}

/** Numbers of entities that a change creates, changes, archives and deletes. */
export interface Counts {
  readonly create: number
  readonly change: number
  readonly archive: number
  readonly remove: number
}

export function countsOf(state: EnvironmentState, writes: readonly Write[]): Counts {
  const counts = { create: 0, change: 0, archive: 0, remove: 0 }
  for (const { kind, id, value } of writes) {
    const before = state[kind].get(id)
    const isArchived = (entity: object) => 'archived' in entity && entity.archived === true
    if (!before) counts.create++
    else if (!value) counts.remove++
    else if (isArchived(value) && !isArchived(before)) counts.archive++
    else counts.change++
  }
  return counts
}

/** Without writes, everything is already as the command wants it, and no revision is made. */
export interface Change {
  readonly writes: readonly Write[]
  /** The entity after the change; a deleted one as it was. For a change of many entities, their numbers. */
  readonly entity: Entities[EntityKind] | Counts | undefined
  /** What was left out or done differently, by path. */
  readonly notes?: readonly FieldProblem[] | undefined
  /** The writes are made, but the caller gets this problem: they only record that it was refused. */
  readonly refusal?: Problem | undefined
  /** Overrides the caller's choice for running experiments. */
  readonly experiment?: ExperimentChoice | undefined
}

export const put = (write: Write & { value: object }): Result<Change> =>
  ok({ writes: [write], entity: write.value })

export function create(
  state: EnvironmentState,
  kind: EntityKind,
  id: string,
  fields: object,
  { now }: ChangeContext,
): Result<Change> {
  const current = state[kind].get(id)
  if (current) return refuse('CONFLICT', `${wordOf(kind)} ${id} exists already`, { current })
  return checked(state, kind, id, { ...fields, version: 1, createdAt: now, updatedAt: now })
}

/** The entity to edit, the version that the caller saw, and the fields to change. */
export interface EditTarget {
  readonly id: string
  readonly version?: number | undefined
  readonly changes?: object | undefined
}

/** The entity to edit, if it exists at the version that the caller saw. */
export function find<K extends EntityKind>(
  state: EnvironmentState,
  kind: K,
  { id, version, changes }: EditTarget,
): Result<Entities[K]> {
  const current = state[kind].get(id)
  if (!current) return refuse('NOT_FOUND', `there is no ${wordOf(kind)} ${id}`)
  if (version === undefined || version === current.version) return ok(current)
  const message = `the ${wordOf(kind)} is at version ${current.version}, the edit was made on ${version}`
  return refuse('CONFLICT', message, { current, yours: { version, ...changes } })
}

/** Edits an entity. `edit` returns its new fields; version and times are set here. */
export function update<K extends EntityKind>(
  state: EnvironmentState,
  kind: K,
  target: EditTarget,
  context: ChangeContext,
  edit: (current: Entities[K]) => object,
): Result<Change> {
  const next = edited(state, kind, target, context, edit)
  if (!next.ok) return next
  return next.value === undefined
    ? ok({ writes: [], entity: state[kind].get(target.id) })
    : checked(state, kind, target.id, next.value)
}

/** The edited entity by itself; undefined if it is so already. */
export function edited<K extends EntityKind>(
  state: EnvironmentState,
  kind: K,
  target: EditTarget,
  { now }: ChangeContext,
  edit: (current: Entities[K]) => object,
): Result<Entities[K] | undefined> {
  const found = find(state, kind, target)
  if (!found.ok) return found
  const current = found.value
  const next = parsed(kind, { ...edit(current), ...systemFields(current) })
  if (!next.ok || isSame(next.value, current)) return next.ok ? ok(undefined) : next
  return ok({ ...next.value, version: current.version + 1, updatedAt: now })
}

/** An edit that replaces fields. */
export const edit = (
  state: EnvironmentState,
  kind: EntityKind,
  target: EditTarget & { readonly changes: object },
  context: ChangeContext,
): Result<Change> => update(state, kind, target, context, (current) => ({ ...current, ...target.changes }))

export function remove(state: EnvironmentState, kind: EntityKind, target: EditTarget): Result<Change> {
  const found = find(state, kind, target)
  if (!found.ok) return found
  const dependents = dependentsOf(state, kind, target.id)
  if (dependents.length > 0) return inUse(`the ${wordOf(kind)} is in use by`, dependents)
  return ok({ writes: [{ kind, id: target.id, value: null }], entity: found.value })
}

function checked(state: EnvironmentState, kind: EntityKind, id: string, value: object): Result<Change> {
  const entity = parsed(kind, value)
  if (!entity.ok) return entity
  const write = { kind, id, value: entity.value } as Write & { value: object }
  const problems = problemsOf(withWrites(state, [write]), write, state)
  return problems.ok ? put(write) : problems
}

/** Whether everything that a write refers to exists in the state after it. */
export function problemsOf(
  after: EnvironmentState,
  write: Write,
  before: EnvironmentState,
): Result<undefined> {
  if (write.value === null) return ok(undefined)
  const fields = writeProblems(after, write, before)
  if (fields.length > 0)
    return refuse('INVALID', `the ${wordOf(write.kind)} ${sentenceOf(fields)}`, { fields })
  return ok(undefined)
}

/** The most common cause is a missing reference. Other causes are described by their first field. */
const sentenceOf = (fields: readonly FieldProblem[]): string =>
  fields.some(({ rule = '' }) => rule.startsWith('unknown-')) || !fields[0]
    ? 'refers to something that does not exist'
    : `does not fit the environment: ${fields[0].path}: ${fields[0].message}`

export function parsed<K extends EntityKind>(kind: K, value: object): Result<Entities[K]> {
  const found = (entitySchemas[kind] as unknown as ZodType<Entities[K]>).safeParse(value)
  if (!found.success) {
    const fields = found.error.issues.map(toFieldProblem)
    return refuse('INVALID', `the ${wordOf(kind)} is not valid`, { fields })
  }
  if (isTooLarge(found.data))
    return refuse('TOO_LARGE', `the ${wordOf(kind)} is larger than ${entityBytesMax} bytes`)
  return ok(found.data)
}

/** UTF-8 takes at most three bytes per UTF-16 unit, so most entities need no exact count. */
export function isTooLarge(value: unknown): boolean {
  const text = JSON.stringify(value)
  return text.length * 3 > entityBytesMax && appendUtf8([], text).length > entityBytesMax
}

export const inUse = (sentence: string, dependents: readonly Dependent[]) =>
  refuse('IN_USE', `${sentence} ${named(dependents)}`, { dependents })

export const draftId = ({ id }: { readonly id?: string | undefined }, { newId }: ChangeContext): string =>
  id ?? newId()

/** The fields that callers cannot set. */
export const systemFields = (entity: Versioned & { readonly segmentsUpdatedAt?: number | undefined }) => {
  const { version, createdAt, updatedAt, segmentsUpdatedAt } = entity
  return { version, createdAt, updatedAt, ...(segmentsUpdatedAt !== undefined && { segmentsUpdatedAt }) }
}

/** Equal as JSON. Both sides are parsed by the same schema, which fixes the order of fields. */
export const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

export const isSameButVersion = (a: Versioned, b: Versioned) =>
  isSame({ ...a, ...noVersion }, { ...b, ...noVersion })
const noVersion = { version: 0, createdAt: 0, updatedAt: 0, segmentsUpdatedAt: undefined }

const words: Partial<Record<EntityKind, string>> = {
  sdkKey: 'SDK key',
  schedule: 'scheduled change',
  progressiveRollout: 'progressive rollout',
  dynamicAllocation: 'dynamic allocation',
}
export const wordOf = (kind: EntityKind, number: 'singular' | 'plural' = 'singular') => {
  const word = words[kind] ?? kind
  return number === 'singular' || word.endsWith('s') ? word : `${word}s`
}
