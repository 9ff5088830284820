// Which environment an imported SDK key belongs to. KV knows; isolates remember hits for good and misses for
// a while.
import { logError } from '../http/log.ts'
import type { ForeignEnvironment, ForeignKeys } from '../contracts/ports.ts'
import { readKeyEnvironment } from '../storage/snapshots.ts'
import { foreignKeysMax, foreignUnknownForMs } from './limits.ts'

interface Entry {
  readonly result: ForeignEnvironment
  /** Epoch milliseconds; `Infinity` for known keys. */
  readonly until: number
}

export function foreignKeys(kv: KVNamespace, now: () => number): ForeignKeys {
  const entries = new Map<string, Entry>()
  const remembered = (sha256: string): ForeignEnvironment | undefined => {
    const entry = entries.get(sha256)
    return entry && entry.until > now() ? entry.result : undefined
  }
  return {
    knows: (sha256) => remembered(sha256) !== undefined,
    async environmentOf(sha256) {
      const known = remembered(sha256)
      if (known) return known
      try {
        const environmentId = await readKeyEnvironment(kv, sha256)
        if (entries.size >= foreignKeysMax) entries.clear()
        const isKnown = environmentId !== undefined
        const result = isKnown
          ? ({ status: 'known', environmentId } as const)
          : ({ status: 'unknown' } as const)
        entries.set(sha256, { result, until: isKnown ? Infinity : now() + foreignUnknownForMs })
        return result
      } catch (cause) {
        logError('foreign key', cause)
        return { status: 'unavailable' }
      }
    },
  }
}
