// An entity as those may see it who ask: without the hashes of secrets.
import type { Change } from './entity.ts'

export function withoutSecrets(value: NonNullable<Change['entity']>): object {
  if (!('sha256' in value)) return value
  const { sha256: _, ...rest } = value
  if (!('previous' in rest) || !rest.previous) return rest
  return { ...rest, previous: { expiresAt: rest.previous.expiresAt } }
}
