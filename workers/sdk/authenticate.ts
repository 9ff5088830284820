// Who calls with an SDK key, and on which environment's snapshot. Every route of every dialect comes through
// here, so this is where rates, path prefixes and the age of the copy are looked at.
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import { type Result, ok, refuse } from '../../core/model/problem.ts'
import { type SnapshotKey, settingsOf } from '../../core/model/snapshot.ts'
import type { Ports, Reading } from '../contracts/ports.ts'
import { type MaybePromise, chain } from './maybe-promise.ts'
import { digestOf, environmentOf, findSdkKey, isForeignKey } from '../http/sdk-key.ts'
import type { RequestContext } from './request-context.ts'

/**
 * As environments are named when they are created. Whatever else is asked for needs no object to look for it.
 */
const environmentIdPattern = /^[a-z0-9][a-z0-9-]{0,39}$/

export interface Caller {
  readonly compiled: CompiledSnapshot
  readonly key: SnapshotKey
}

type Asked = Pick<Ports, 'snapshots' | 'limits'>
type AskedWithKey = Pick<Ports, 'snapshots' | 'limits' | 'foreignKeys'>

/** At once where the snapshot is in memory. */
export function authenticate(
  ports: AskedWithKey,
  requestContext: RequestContext,
  key: string,
): MaybePromise<Result<Caller>> {
  if (key === '') return refuse('UNAUTHENTICATED', 'missing API key')
  const named = environmentOf(key)
  if (named !== undefined) return callerIn(named, ports, requestContext, key)
  return foreignEnvironment(ports, requestContext, key).then((found) =>
    found.ok ? callerIn(found.value, ports, requestContext, key) : found,
  )
}

const callerIn = (environmentId: string, ports: AskedWithKey, requestContext: RequestContext, key: string) =>
  chain(readEnvironment(ports, requestContext, environmentId), (compiled): Result<Caller> => {
    if (!compiled.ok) return compiled.problem.code === 'NOT_FOUND' ? invalidKey : compiled
    const found = findSdkKey(compiled.value, key)
    if (!found) return invalidKey
    return ports.limits.allows('key', found.id) ? ok({ compiled: compiled.value, key: found }) : tooMany
  })

async function foreignEnvironment(
  { foreignKeys, limits }: AskedWithKey,
  { address }: RequestContext,
  key: string,
): Promise<Result<string>> {
  if (!isForeignKey(key)) return invalidKey
  const digest = digestOf(key)
  // A look costs, so guesses are counted.
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

/** At once where the snapshot is in memory. */
export function readEnvironment(
  ports: Asked,
  requestContext: RequestContext,
  environmentId: string,
): MaybePromise<Result<CompiledSnapshot>> {
  if (requestContext.address !== undefined && !ports.limits.allows('address', requestContext.address))
    return tooMany
  if (!environmentIdPattern.test(environmentId)) return refuse('NOT_FOUND', 'there is no such environment')
  return chain(ports.snapshots.read(environmentId, requestContext.atLeast), (reading) =>
    taken(reading, requestContext, environmentId),
  )
}

function taken(
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

const invalidKey = refuse('FORBIDDEN', 'invalid API key')
const tooMany = refuse('RATE_LIMITED', 'too many requests, slow down')
