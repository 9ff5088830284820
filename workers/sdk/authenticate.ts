// Finds the caller of an SDK request and the snapshot to decide on. All SDK routes pass through here, so rate
// limits, path prefixes and the snapshot's age are handled here as well.
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import { type Result, ok, refuse } from '../../core/model/problem.ts'
import { slugPattern } from '../../core/model/slug.ts'
import { type SnapshotKey, settingsOf } from '../../core/model/snapshot.ts'
import type { Ports, Reading } from '../contracts/ports.ts'
import { type MaybePromise, chain } from './maybe-promise.ts'
import { digestOf, environmentOf, findSdkKey, isForeignKey } from '../http/sdk-key.ts'
import type { RequestContext } from './request-context.ts'

export interface Caller {
  readonly compiled: CompiledSnapshot
  readonly key: SnapshotKey
}

type SnapshotPorts = Pick<Ports, 'snapshots' | 'limits'>
type KeyPorts = Pick<Ports, 'snapshots' | 'limits' | 'foreignKeys'>

/** A missing or unknown key is refused as UNAUTHENTICATED. Synchronous if the snapshot is in memory. */
export function authenticate(
  ports: KeyPorts,
  requestContext: RequestContext,
  key: string,
): MaybePromise<Result<Caller>> {
  if (key === '') return refuse('UNAUTHENTICATED', 'missing API key')
  const environmentId = environmentOf(key)
  if (environmentId !== undefined) return findCaller(environmentId, ports, requestContext, key)
  return findForeignEnvironment(ports, requestContext, key).then((found) =>
    found.ok ? findCaller(found.value, ports, requestContext, key) : found,
  )
}

const findCaller = (environmentId: string, ports: KeyPorts, requestContext: RequestContext, key: string) =>
  chain(readEnvironment(ports, requestContext, environmentId), (compiled): Result<Caller> => {
    if (!compiled.ok) return compiled.problem.code === 'NOT_FOUND' ? invalidKey : compiled
    const found = findSdkKey(compiled.value, key)
    if (!found) return invalidKey
    requestContext.keyKind = found.role
    return ports.limits.allows('key', found.id) ? ok({ compiled: compiled.value, key: found }) : tooMany
  })

async function findForeignEnvironment(
  { foreignKeys, limits }: KeyPorts,
  { address }: RequestContext,
  key: string,
): Promise<Result<string>> {
  if (!isForeignKey(key)) return invalidKey
  const digest = digestOf(key)
  // A lookup costs a KV read, so unknown keys are rate-limited by address.
  if (!foreignKeys.knows(digest) && address !== undefined && !limits.allows('address', address))
    return tooMany
  const found = await foreignKeys.environmentOf(digest)
  switch (found.status) {
    case 'known':
      return ok(found.environmentId)
    case 'unknown':
      return invalidKey
    case 'unavailable':
      return refuse(
        'UNAVAILABLE',
        'the key cannot be looked up at the moment, use your defaults and try again',
      )
  }
}

/** For routes without a key. Synchronous if the snapshot is in memory. */
export function readEnvironment(
  ports: SnapshotPorts,
  requestContext: RequestContext,
  environmentId: string,
): MaybePromise<Result<CompiledSnapshot>> {
  if (requestContext.address !== undefined && !ports.limits.allows('address', requestContext.address))
    return tooMany
  // ids that no environment can have are refused without asking a Durable Object
  if (!slugPattern.test(environmentId)) return refuse('NOT_FOUND', 'there is no such environment')
  return chain(ports.snapshots.read(environmentId, requestContext.atLeast), (reading) =>
    acceptReading(reading, requestContext, environmentId),
  )
}

function acceptReading(
  reading: Reading,
  requestContext: RequestContext,
  environmentId: string,
): Result<CompiledSnapshot> {
  switch (reading.status) {
    case 'ready':
      if (
        requestContext.prefix !== undefined &&
        settingsOf(reading.compiled.snapshot).pathPrefix !== requestContext.prefix
      )
        return refuse('NOT_FOUND', 'there is no such route')
      requestContext.compiled = reading.compiled
      requestContext.staleMs = reading.staleMs
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

const invalidKey = refuse('UNAUTHENTICATED', 'invalid API key')
const tooMany = refuse('RATE_LIMITED', 'too many requests, slow down')
