// Who calls with an SDK key, and on which environment's snapshot.
import type { CompiledSnapshot } from '../../core/compile.ts'
import { type Result, ok, refuse } from '../../core/problem.ts'
import type { SnapshotKey } from '../../core/snapshot.ts'
import type { SnapshotSource } from '../ports.ts'
import { environmentOf, findSdkKey } from './sdk-key.ts'

/** As environments are named when they are created. Whatever else is asked for needs no object to look for it. */
const environmentIdPattern = /^[a-z0-9][a-z0-9-]{0,39}$/

export interface Caller {
  readonly compiled: CompiledSnapshot
  readonly key: SnapshotKey
}

export async function authenticate(snapshots: SnapshotSource, key: string): Promise<Result<Caller>> {
  if (key === '') return refuse('UNAUTHENTICATED', 'missing API key')
  const environmentId = environmentOf(key)
  if (environmentId === undefined) return refuse('FORBIDDEN', 'invalid API key')
  const compiled = await readEnvironment(snapshots, environmentId)
  if (!compiled.ok)
    return compiled.problem.code === 'NOT_FOUND' ? refuse('FORBIDDEN', 'invalid API key') : compiled
  const found = await findSdkKey(compiled.value, key)
  return found ? ok({ compiled: compiled.value, key: found }) : refuse('FORBIDDEN', 'invalid API key')
}

export async function readEnvironment(
  snapshots: SnapshotSource,
  environmentId: string,
): Promise<Result<CompiledSnapshot>> {
  if (!environmentIdPattern.test(environmentId)) return refuse('NOT_FOUND', 'there is no such environment')
  const reading = await snapshots.read(environmentId)
  switch (reading.status) {
    case 'ready':
      return ok(reading.compiled)
    case 'unknown':
      return refuse('NOT_FOUND', `there is no environment ${environmentId}`)
    case 'unavailable':
      return refuse(
        'UNAVAILABLE',
        'the environment cannot be read at the moment, use your defaults and try again',
      )
  }
}
