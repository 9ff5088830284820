// One change of one environment, start to end: decide, commit to D1 in one batch, publish. Runs inside the
// environment's Durable Object, which lets one command in at a time.
import { change, commentMissing } from '../../../core/change/change.ts'
import type { Command } from '../../../core/change/command.ts'
import { diff } from '../../../core/change/diff.ts'
import {
  type Entities,
  type EntityKind,
  type EnvironmentState,
  type Write,
  previousValues,
  emptyState,
  toSnapshot,
  withWrites,
} from '../../../core/model/environment-state.ts'
import type { Flag } from '../../../core/model/flag.ts'
import { movesOf } from '../../../core/model/rebalance.ts'
import { type Problem, type Result, ok, refuse } from '../../../core/model/problem.ts'
import { withoutSecrets } from '../../../core/change/redaction.ts'
import type { Snapshot } from '../../../core/model/snapshot.ts'
import type { CommandAnswer, CommandRequest, CreationRequest } from '../../contracts/environment-contract.ts'
import {
  RevisionTaken,
  type StoredEnvironment,
  commit,
  commitEnvironment,
  loadEnvironment,
} from '../../storage/configuration.ts'
import { type Database } from '../../storage/database.ts'
import { valueAt, valuesAt } from '../../storage/history.ts'
import { withJsonOfYaml } from './yaml-values.ts'

export interface WriterPorts {
  readonly database: Database
  readonly now: () => number
  readonly newId: () => string
  /**
   * Promises that `publish` will be tried until it succeeds, also after a crash. Called before anything is
   * written.
   */
  readonly armRepair: () => Promise<void>
  /** Makes a committed revision readable for edge; false where that has to wait for the repair. */
  readonly publish: (snapshot: Snapshot) => Promise<boolean>
  /** Changes exactly when the bucketing file does: its modification time follows. */
  readonly bucketingFileFingerprint: (snapshot: Snapshot) => string
}

/**
 * The environment as its writer last saw it; undefined before the first look, and after anything unexpected.
 */
export interface WriterState {
  current: StoredEnvironment | undefined
}

/**
 * Another writer may hold the number we want after a failover: look again, decide again, and give up after
 * this many times.
 */
const attemptsMax = 3

export async function execute(
  ports: WriterPorts,
  memory: WriterState,
  request: CommandRequest,
): Promise<CommandAnswer> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    try {
      return await attemptCommand(ports, memory, request)
    } catch (cause) {
      memory.current = undefined // what D1 holds now is not known: read it again
      if (!(cause instanceof RevisionTaken)) throw cause
    }
  }
  return refuse('UNAVAILABLE', 'other changes came in between, try again')
}

async function attemptCommand(
  ports: WriterPorts,
  memory: WriterState,
  request: CommandRequest,
): Promise<CommandAnswer> {
  const { environmentId, actor, origin, comment } = request
  memory.current ??= await loadEnvironment(ports.database, environmentId)
  const before = memory.current
  if (!before) return refuse('NOT_FOUND', `there is no environment ${environmentId}`)
  const missing = request.mode === 'make' ? commentMissing(before.state, comment) : undefined
  if (missing) return { ok: false, problem: missing }
  const command = withJsonOfYaml(request.command, before.state)
  const past = await pastOf(ports.database, environmentId, before.revision, command)
  if (!past.ok) return past
  const now = ports.now()
  const changed = change(before.state, command, {
    now,
    newId: ports.newId,
    past: past.value,
    revision: before.revision,
  })
  if (!changed.ok) return { ok: false, problem: problemWithoutSecrets(changed.problem) }
  const { writes, entity, notes = [] } = changed.value
  const answer = {
    ok: true,
    changed: writes.length > 0,
    entity: JSON.stringify(entity ? withoutSecrets(entity) : null),
    notes,
  } as const
  if (request.mode === 'try') {
    const changes = JSON.stringify(toChanges(before.state, writes))
    return { ...answer, revision: before.revision, published: false, changes }
  }
  if (writes.length === 0) return { ...answer, revision: before.revision, published: true }
  const after = next(ports, environmentId, before, writes, now)
  await ports.armRepair()
  await commit(ports.database, {
    environmentId,
    number: after.revision,
    createdAt: now,
    modifiedAt: after.modifiedAt,
    actor,
    origin,
    command,
    before: previousValues(before.state, writes),
    after: writes,
    comment,
  })
  memory.current = after
  const published = await ports.publish(snapshotOf(environmentId, after))
  return { ...answer, revision: after.revision, published }
}

/** What a command that goes back needs to know of the past; nothing for the others. */
async function pastOf(
  database: Database,
  environmentId: string,
  newest: number,
  command: Command,
): Promise<Result<readonly Write[] | undefined>> {
  if (command.kind !== 'roll-back' && command.kind !== 'roll-back-flag') return ok(undefined)
  const { revision } = command
  if (revision > newest) return refuse('NOT_FOUND', `there is no revision ${revision} yet`)
  return ok(
    command.kind === 'roll-back'
      ? await valuesAt(database, environmentId, revision)
      : await valueAt(database, environmentId, revision, { kind: 'flag', id: command.key }),
  )
}

function toChanges(state: EnvironmentState, writes: readonly Write[]) {
  return writes.map(({ kind, id, value }) => {
    const was = state[kind].get(id)
    const [before, after] = [was && withoutSecrets(was), value && withoutSecrets(value)]
    const moves = kind === 'flag' && was && value ? movesOf(was as Flag, value as Flag) : []
    return {
      kind,
      id,
      before: before ?? null,
      after,
      diff: diff(before ?? null, after),
      ...(moves.length > 0 && { moves }),
    }
  })
}

const problemWithoutSecrets = (problem: Problem): Problem =>
  problem.current === undefined
    ? problem
    : { ...problem, current: withoutSecrets(problem.current as Entities[EntityKind]) }

export async function createEnvironment(
  ports: WriterPorts,
  { environmentId, organisationId, projectId, name, actor, origin }: CreationRequest,
): Promise<CommandAnswer> {
  const existing = await loadEnvironment(ports.database, environmentId)
  if (existing) return refuse('CONFLICT', `environment ${environmentId} exists already`)
  const now = ports.now()
  const first: StoredEnvironment = { name, revision: 1, modifiedAt: toSeconds(now), state: emptyState() }
  await ports.armRepair()
  await commitEnvironment(
    ports.database,
    { organisationId, projectId, name },
    {
      environmentId,
      number: first.revision,
      createdAt: now,
      modifiedAt: first.modifiedAt,
      actor,
      origin,
      command: null,
      before: [],
      after: [],
      comment: '',
    },
  )
  const published = await ports.publish(snapshotOf(environmentId, first))
  return {
    ok: true,
    revision: first.revision,
    changed: true,
    published,
    entity: JSON.stringify({ id: environmentId, name }),
    notes: [],
  }
}

export const snapshotOf = (
  environmentId: string,
  { revision, modifiedAt, state }: Pick<StoredEnvironment, 'revision' | 'modifiedAt' | 'state'>,
): Snapshot => toSnapshot({ environmentId, revision, modifiedAt, state })

/**
 * The next revision. Last-Modified moves only when the bucketing file does, by at least the second that HTTP
 * dates can tell apart.
 */
function next(
  { bucketingFileFingerprint }: WriterPorts,
  environmentId: string,
  before: StoredEnvironment,
  writes: readonly Write[],
  now: number,
): StoredEnvironment {
  const after: StoredEnvironment = {
    ...before,
    revision: before.revision + 1,
    state: withWrites(before.state, writes),
  }
  if (!writes.some(({ kind }) => inFile.has(kind))) return after
  const fingerprintOf = (environment: StoredEnvironment) => {
    const known = fingerprints.get(environment.state)
    if (known !== undefined) return known
    const fingerprint = bucketingFileFingerprint(snapshotOf(environmentId, environment))
    fingerprints.set(environment.state, fingerprint)
    return fingerprint
  }
  if (fingerprintOf(before) === fingerprintOf(after)) return after
  return { ...after, modifiedAt: Math.max(toSeconds(now), before.modifiedAt + 1) }
}

/** Computed once per state: the state after one change is the state before the next. */
const fingerprints = new WeakMap<EnvironmentState, string>()

/** What the bucketing file is made of. */
const inFile: ReadonlySet<EntityKind> = new Set(['flag', 'segment', 'settings'])

const toSeconds = (ms: number) => Math.floor(ms / 1000)
