// Who calls with an SDK key, and on which environment's snapshot. Every route of every dialect comes through here, so this is where rates,
// path prefixes and the age of the copy are looked at.
import type { CompiledSnapshot } from '../../core/compile.ts'
import { type Result, ok, refuse } from '../../core/problem.ts'
import { type SnapshotKey, settingsOf } from '../../core/snapshot.ts'
import type { Ports } from '../ports.ts'
import { digestOf, environmentOf, findSdkKey, isForeignKey } from './sdk-key.ts'
import type { Visit } from './visit.ts'

/** As environments are named when they are created. Whatever else is asked for needs no object to look for it. */
const environmentIdPattern = /^[a-z0-9][a-z0-9-]{0,39}$/

export interface Caller {
  readonly compiled: CompiledSnapshot
  readonly key: SnapshotKey
}

type Asked = Pick<Ports, 'snapshots' | 'limits'>
type AskedWithKey = Pick<Ports, 'snapshots' | 'limits' | 'foreignKeys'>

export async function authenticate(ports: AskedWithKey, visit: Visit, key: string): Promise<Result<Caller>> {
  if (key === '') return refuse('UNAUTHENTICATED', 'missing API key')
  const named = environmentOf(key)
  const environment = named === undefined ? await foreignEnvironment(ports, visit, key) : ok(named)
  if (!environment.ok) return environment
  const compiled = await readEnvironment(ports, visit, environment.value)
  if (!compiled.ok) return compiled.problem.code === 'NOT_FOUND' ? invalidKey : compiled
  const found = await findSdkKey(compiled.value, key)
  if (!found) return invalidKey
  if (!ports.limits.allows('key', found.id)) return tooMany
  return ok({ compiled: compiled.value, key: found })
}

async function foreignEnvironment(
  { foreignKeys, limits }: AskedWithKey,
  { address }: Visit,
  key: string,
): Promise<Result<string>> {
  if (!isForeignKey(key)) return invalidKey
  const digest = await digestOf(key)
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

export async function readEnvironment(
  ports: Asked,
  visit: Visit,
  environmentId: string,
): Promise<Result<CompiledSnapshot>> {
  if (visit.address !== undefined && !ports.limits.allows('address', visit.address)) return tooMany
  if (!environmentIdPattern.test(environmentId)) return refuse('NOT_FOUND', 'there is no such environment')
  const reading = await ports.snapshots.read(environmentId, visit.atLeast)
  switch (reading.status) {
    case 'ready':
      if (visit.prefix !== undefined && settingsOf(reading.compiled.snapshot).pathPrefix !== visit.prefix)
        return refuse('NOT_FOUND', 'there is no such route')
      visit.compiled = reading.compiled
      visit.staleMs = reading.staleMs
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
