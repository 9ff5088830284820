// Tells the refusal of an edit that somebody else was faster than from all other conflicts. Pure.
import { Refused } from '../api/client.ts'
import type { Versioned } from './use-edit.ts'

/**
 * What is stored now, if an edit was refused because it was made on an older version. Other conflicts name
 * what stands in their way, too: something else, or just what was edited. Only a stale edit is sent back.
 */
export function staleOf(cause: unknown): Versioned | undefined {
  if (!(cause instanceof Refused) || cause.code !== 'CONFLICT') return undefined
  const { current, yours } = cause.problem
  const isStale = isVersioned(current) && isVersioned(yours) && current.version !== yours.version
  return isStale ? current : undefined
}

const isVersioned = (value: unknown): value is Versioned =>
  typeof value === 'object' && value !== null && 'version' in value && typeof value.version === 'number'
