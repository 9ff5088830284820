// One change of one environment, start to end: decide, commit to D1 in one batch, publish. Runs inside the environment's Durable Object,
// which lets one command in at a time.
import { change } from '../../core/change.ts'
import {
  type Entities,
  type EnvironmentState,
  type Write,
  emptyState,
  withWrites,
} from '../../core/environment.ts'
import { refuse } from '../../core/problem.ts'
import { type Snapshot, buildSnapshot } from '../../core/snapshot.ts'
import type { CommandAnswer, CommandRequest, CreationRequest } from '../environment-object.ts'
import { bucketingFile } from '../protocols/flagship-io/bucketing-file.ts'
import {
  type Database,
  RevisionTaken,
  type StoredEnvironment,
  commit,
  commitEnvironment,
  loadEnvironment,
} from '../storage/configuration.ts'
import { withJsonOfYaml } from './yaml.ts'

export interface WriterPorts {
  readonly database: Database
  readonly now: () => number
  readonly newId: () => string
  /** Promises that `publish` will be tried until it succeeds, also after a crash. Called before anything is written. */
  readonly armRepair: () => Promise<void>
  /** Makes a committed revision readable for edge; false where that has to wait for the repair. */
  readonly publish: (snapshot: Snapshot) => Promise<boolean>
}

/** The environment as its writer last saw it; undefined before the first look, and after anything unexpected. */
export interface Memory {
  current: StoredEnvironment | undefined
}

/** Another writer may hold the number we want after a failover: look again, decide again, and give up after this many times. */
const attemptsMax = 3

export async function execute(
  ports: WriterPorts,
  memory: Memory,
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
  memory: Memory,
  request: CommandRequest,
): Promise<CommandAnswer> {
  const { environmentId, actor, origin, comment } = request
  memory.current ??= await loadEnvironment(ports.database, environmentId)
  const before = memory.current
  if (!before) return refuse('NOT_FOUND', `there is no environment ${environmentId}`)
  const command = withJsonOfYaml(request.command, before.state)
  const now = ports.now()
  const changed = change(before.state, command, { now, newId: ports.newId })
  if (!changed.ok) return changed
  const { writes, entity } = changed.value
  if (writes.length === 0) {
    return {
      ok: true,
      revision: before.revision,
      changed: false,
      published: true,
      entity: JSON.stringify(entity),
    }
  }
  const after = next(environmentId, before, writes, now)
  await ports.armRepair()
  await commit(ports.database, {
    environmentId,
    number: after.revision,
    createdAt: now,
    modifiedAt: after.modifiedAt,
    actor,
    origin,
    command,
    before: writes.flatMap((write) => asItWas(before.state, write)),
    after: writes,
    comment,
  })
  memory.current = after
  const published = await ports.publish(snapshotOf(environmentId, after))
  return { ok: true, revision: after.revision, changed: true, published, entity: JSON.stringify(entity) }
}

export async function createEnvironment(
  ports: WriterPorts,
  { environmentId, name, actor, origin }: CreationRequest,
): Promise<CommandAnswer> {
  const existing = await loadEnvironment(ports.database, environmentId)
  if (existing) return refuse('CONFLICT', `environment ${environmentId} exists already`)
  const now = ports.now()
  const first: StoredEnvironment = { name, revision: 1, modifiedAt: toSeconds(now), state: emptyState() }
  await ports.armRepair()
  await commitEnvironment(ports.database, name, {
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
  })
  const published = await ports.publish(snapshotOf(environmentId, first))
  return {
    ok: true,
    revision: first.revision,
    changed: true,
    published,
    entity: JSON.stringify({ id: environmentId, name }),
  }
}

export function snapshotOf(
  environmentId: string,
  { revision, modifiedAt, state }: StoredEnvironment,
): Snapshot {
  return buildSnapshot({
    environmentId,
    revision,
    modifiedAt,
    flags: [...state.flag.values()],
    segments: [...state.segment.values()],
    sdkKeys: [...state.sdkKey.values()].map(({ id, role, sha256 }) => ({ id, role, sha256 })),
  })
}

/** The next revision. Last-Modified moves only when the bucketing file does, by at least the second that HTTP dates can tell apart. */
function next(
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
  const fileOf = (environment: StoredEnvironment) =>
    JSON.stringify(bucketingFile(snapshotOf(environmentId, environment)).file)
  if (fileOf(before) === fileOf(after)) return after
  return { ...after, modifiedAt: Math.max(toSeconds(now), before.modifiedAt + 1) }
}

function asItWas(state: EnvironmentState, { kind, id }: Write): Write[] {
  const value: Entities[typeof kind] | undefined = state[kind].get(id)
  return value === undefined ? [] : [{ kind, id, value } as Write]
}

const toSeconds = (ms: number) => Math.floor(ms / 1000)
