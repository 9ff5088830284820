// The steps of one change of an environment: decide, commit to D1 in one batch, publish. Runs inside the
// environment's Durable Object, which executes one command at a time.
import { change, commentMissing } from '../../../core/change/change.ts'
import type { Command } from '../../../core/change/command.ts'
import { diff } from '../../../core/change/diff.ts'
import { domainEventsOf } from '../../../core/change/domain-event.ts'
import { goalsToLookUp, withHistories } from '../../../core/change/goal-histories.ts'
import { type NewDelivery, changeMessages } from '../../../core/change/message.ts'
import {
  type EntityKind,
  type EnvironmentState,
  type Write,
  previousValues,
  emptyState,
  entitySchemas,
  toSnapshot,
  withWrites,
} from '../../../core/model/environment-state.ts'
import type { Flag } from '../../../core/model/flag.ts'
import { movesOf } from '../../../core/model/moves.ts'
import { type Problem, type Result, ok, refuse } from '../../../core/model/problem.ts'
import { snapshotTooLarge } from '../../../core/model/snapshot-size.ts'
import { AnyEntity, withoutSecrets } from '../../../core/change/redaction.ts'
import type { Snapshot } from '../../../core/model/snapshot.ts'
import type {
  CommandAnswer,
  CommandRequest,
  CreationRequest,
  FlagMoves,
} from '../../contracts/environment-contract.ts'
import {
  KeyTaken,
  RevisionTaken,
  type StoredEnvironment,
  commit,
  commitEnvironment,
  loadEnvironment,
} from '../../storage/configuration.ts'
import { type Database } from '../../storage/database.ts'
import { modifiedAtOf, valueAt, valuesAt } from '../../storage/history.ts'
import { keyClaims } from '../../storage/imported-keys.ts'
import { type EncodedSnapshot, encodeSnapshot } from '../../storage/snapshots.ts'
import { goalResults } from './goal-results.ts'
import { withJsonOfYaml } from './yaml-values.ts'

export interface WriterPorts {
  readonly database: Database
  readonly now: () => number
  readonly newId: () => string
  /** Called before every commit. Ensures that `publish` is retried until it succeeds, also after a crash. */
  readonly armRepair: () => Promise<void>
  /** Makes a committed revision readable for edge. False if that failed, and is left to the repair. */
  readonly publish: (encoded: EncodedSnapshot) => Promise<boolean>
  /** Lets the senders of these webhooks look at once. If that fails, the repair does it. */
  readonly wake: (environmentId: string, webhookIds: readonly string[]) => void
  /** Differs exactly if the bucketing file does. Determines when Last-Modified moves. */
  readonly bucketingFileFingerprint: (snapshot: Snapshot) => string
}

export interface WriterState {
  /** Cached from D1; undefined before the first read, and after an unexpected error. */
  current: StoredEnvironment | undefined
}

/**
 * After a failover, another writer may have taken the revision number. Each attempt reads and decides anew.
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
      memory.current = undefined // D1 may hold anything now
      if (cause instanceof KeyTaken) return keyTaken
      if (!(cause instanceof RevisionTaken)) throw cause
    }
  }
  return refuse('UNAVAILABLE', 'other changes were made at the same time, try again')
}

const keyTaken = refuse('CONFLICT', 'another environment owns one of these imported keys')

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
  const converted = withJsonOfYaml(request.command, before.state)
  if (!converted.ok) return converted
  const command = converted.value
  const past = await pastOf(ports.database, environmentId, before.revision, command)
  if (!past.ok) return past
  const now = ports.now()
  const decision = change(before.state, command, {
    now,
    newId: ports.newId,
    past: past.value,
    revision: before.revision,
    experiment: request.experiment,
  })
  if (!decision.ok) return { ok: false, problem: problemWithoutSecrets(decision.problem) }
  const lookUp = goalsToLookUp(before.state, decision.value.writes, now)
  const results = await goalResults(ports.database, environmentId, lookUp)
  const whole = withHistories(before.state, decision.value, results, now)
  if (!whole.ok) return whole
  const { writes, entity, notes = [], refusal } = whole.value
  const answer = {
    ok: true,
    changed: writes.length > 0,
    entity: JSON.stringify(entity ? withoutSecrets(entity, AnyEntity) : null),
    notes,
    moves: flagMovesOf(before.state, writes),
  } as const
  const refused = refusal && ({ ok: false, problem: problemWithoutSecrets(refusal) } as const)
  const next = writes.length > 0 ? nextRevision(ports, environmentId, before, writes, now) : undefined
  if (next && !next.ok) return next
  if (request.mode === 'try') {
    if (refused) return refused
    const changes = JSON.stringify(toChanges(before.state, writes))
    return { ...answer, revision: before.revision, published: false, changes }
  }
  if (!next) return { ...answer, revision: before.revision, published: true }
  const { after, encoded } = next.value
  const deliveries = deliveriesOf(ports, request, before, after, writes, now)
  await ports.armRepair()
  const revision = {
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
  }
  await commit(ports.database, revision, deliveries)
  memory.current = after
  const changedHooks = writes.flatMap(({ kind, id }) => (kind === 'webhook' ? [id] : []))
  ports.wake(environmentId, [...new Set([...deliveries.map(({ webhookId }) => webhookId), ...changedHooks])])
  const published = await ports.publish(encoded)
  return refused ?? { ...answer, revision: after.revision, published }
}

/** What webhooks are told of a change: those that were there before it, and still are. */
function deliveriesOf(
  { newId }: WriterPorts,
  { environmentId, actor, command, comment }: CommandRequest,
  before: StoredEnvironment,
  { revision, state }: StoredEnvironment,
  writes: readonly Write[],
  now: number,
): NewDelivery[] {
  const hooks = [...state.webhook.values()].filter(({ id }) => before.state.webhook.has(id))
  if (hooks.length === 0) return []
  const events = domainEventsOf(before.state, writes)
  const made = { environmentId, revision, now, newId, actor, command: command.kind, comment, events }
  return changeMessages(hooks, made)
}

/** What comes back with the rules of a flag. */
const aboutRules = ['layer', 'holdout'] as const

/** The past values that a rollback restores; undefined for other commands. */
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
      : [
          ...(await valueAt(database, environmentId, revision, { kind: 'flag', id: command.key })),
          ...(await valuesAt(database, environmentId, revision, aboutRules)),
        ],
  )
}

const flagMovesOf = (state: EnvironmentState, writes: readonly Write[]): FlagMoves[] =>
  writes.flatMap(({ kind, id, value }) => {
    const before = kind === 'flag' && value ? state.flag.get(id) : undefined
    return before ? movesOf(before, value as Flag).map((moves) => ({ flagKey: id, ...moves })) : []
  })

function toChanges(state: EnvironmentState, writes: readonly Write[]) {
  return writes.map(({ kind, id, value }) => {
    const was = state[kind].get(id)
    const schema = entitySchemas[kind]
    const moves = kind === 'flag' && was && value ? movesOf(was as Flag, value as Flag) : []
    const [before, after] = [was && withoutSecrets(was, schema), value && withoutSecrets(value, schema)]
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
    : { ...problem, current: withoutSecrets(problem.current, AnyEntity) }

export async function createEnvironment(
  ports: WriterPorts,
  { environmentId, organisationId, projectId, name, production, actor, origin }: CreationRequest,
): Promise<CommandAnswer> {
  const existing = await loadEnvironment(ports.database, environmentId)
  if (existing) return refuse('CONFLICT', `environment ${environmentId} exists already`)
  const now = ports.now()
  const first: StoredEnvironment = {
    name,
    revision: 1,
    modifiedAt: toSeconds(now),
    state: emptyState(),
    importedKeys: [],
  }
  await ports.armRepair()
  await commitEnvironment(
    ports.database,
    { organisationId, projectId, name, production },
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
  const published = await ports.publish(encode(environmentId, first))
  return {
    ok: true,
    revision: first.revision,
    changed: true,
    published,
    entity: JSON.stringify({ id: environmentId, name }),
    notes: [],
    moves: [],
  }
}

/**
 * Adds a revision after one that was published and that D1 does not know, since it was put back to an earlier
 * time. What D1 holds is published under the new number: nobody takes a lower one for newer, and no number
 * comes twice. Last-Modified has moved by a second with each change at most, or was the clock.
 */
export async function continueAfter(
  { database, now }: WriterPorts,
  environmentId: string,
  newest: number,
  published: number,
): Promise<void> {
  const createdAt = now()
  const number = published + 1
  const modifiedAt = (await modifiedAtOf(database, environmentId, newest)) ?? 0
  await commit(
    database,
    {
      environmentId,
      number,
      createdAt,
      modifiedAt: Math.max(toSeconds(createdAt), modifiedAt + number - newest),
      actor: { kind: 'job', id: 'restore', name: 'restore' },
      origin: { ip: '', userAgent: '' },
      command: { kind: 'continue', after: published },
      before: [],
      after: [],
      comment: `D1 was put back to a time before revision ${published}`,
    },
    [],
  )
}

export const snapshotOf = (
  environmentId: string,
  { revision, modifiedAt, state }: Pick<StoredEnvironment, 'revision' | 'modifiedAt' | 'state'>,
): Snapshot => toSnapshot({ environmentId, revision, modifiedAt, state })

interface NextRevision {
  readonly after: StoredEnvironment
  /** Encoded before the commit, because KV would refuse a snapshot that is too large after it. */
  readonly encoded: EncodedSnapshot
}

export const encode = (environmentId: string, environment: StoredEnvironment): EncodedSnapshot =>
  encodeSnapshot(snapshotOf(environmentId, environment), environment.importedKeys)

/**
 * The next revision. Last-Modified moves only if the bucketing file changes, and by at least one second, the
 * resolution of HTTP dates.
 */
function nextRevision(
  { bucketingFileFingerprint }: WriterPorts,
  environmentId: string,
  before: StoredEnvironment,
  writes: readonly Write[],
  now: number,
): Result<NextRevision> {
  const { revision, modifiedAt } = before
  const state = withWrites(before.state, writes)
  const { claimed, released } = keyClaims(previousValues(before.state, writes), writes)
  const kept = before.importedKeys.filter((sha256) => !released.includes(sha256))
  const importedKeys = [...kept, ...claimed]
  const same = { ...before, revision: revision + 1, state, importedKeys }
  const snapshot = snapshotOf(environmentId, same)
  const fingerprintOf = (of: EnvironmentState, toCheck: () => Snapshot) => {
    const cached = fingerprints.get(of)
    if (cached !== undefined) return cached
    const fingerprint = bucketingFileFingerprint(toCheck())
    fingerprints.set(of, fingerprint)
    return fingerprint
  }
  const isFileChanged =
    writes.some(({ kind }) => bucketingFileKinds.has(kind)) &&
    fingerprintOf(before.state, () => snapshotOf(environmentId, before)) !==
      fingerprintOf(state, () => snapshot)
  const movedTo = isFileChanged ? Math.max(toSeconds(now), modifiedAt + 1) : modifiedAt
  const encoded = encodeSnapshot({ ...snapshot, modifiedAt: movedTo }, importedKeys)
  const problem = snapshotTooLarge({
    state: before.state,
    writes,
    bytes: encoded.bytes.byteLength,
    bytesBefore: () => encode(environmentId, before).bytes.byteLength,
  })
  return problem ? { ok: false, problem } : ok({ after: { ...same, modifiedAt: movedTo }, encoded })
}

/** Computed once per state: the state after one change is the state before the next. */
const fingerprints = new WeakMap<EnvironmentState, string>()

/** The kinds of entities that the bucketing file contains. */
const bucketingFileKinds: ReadonlySet<EntityKind> = new Set(['flag', 'segment', 'settings'])

const toSeconds = (ms: number) => Math.floor(ms / 1000)
