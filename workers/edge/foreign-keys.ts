// Which environment an imported SDK key belongs to. It is read from KV; isolates cache hits and misses for a
// while. An expired hit is used once more while KV is read again.
import { logError } from '../http/log.ts'
import type { ForeignEnvironment, ForeignKeys } from '../contracts/ports.ts'
import { readKeyEnvironment } from '../storage/snapshots.ts'
import { foreignKeysMax, foreignKnownForMs, foreignUnknownForMs } from './limits.ts'

interface Entry {
  readonly result: ForeignEnvironment
  /** Epoch milliseconds. */
  readonly until: number
}

export function foreignKeys(
  kv: KVNamespace,
  now: () => number,
  defer: (work: Promise<unknown>) => void,
): ForeignKeys {
  const entries = new Map<string, Entry>()
  const remembered = (sha256: string): ForeignEnvironment | undefined => {
    const entry = entries.get(sha256)
    if (!entry || entry.until > now()) return entry?.result
    if (entry.result.status !== 'known') return undefined
    entries.set(sha256, { ...entry, until: now() + foreignKnownForMs })
    defer(look(sha256))
    return entry.result
  }
  async function look(sha256: string): Promise<ForeignEnvironment> {
    try {
      const environmentId = await readKeyEnvironment(kv, sha256)
      if (entries.size >= foreignKeysMax) entries.clear()
      const isKnown = environmentId !== undefined
      const result = isKnown
        ? ({ status: 'known', environmentId } as const)
        : ({ status: 'unknown' } as const)
      entries.set(sha256, { result, until: now() + (isKnown ? foreignKnownForMs : foreignUnknownForMs) })
      return result
    } catch (cause) {
      logError('foreign key', cause)
      return { status: 'unavailable' }
    }
  }
  return {
    knows: (sha256) => remembered(sha256) !== undefined,
    environmentOf: async (sha256) => remembered(sha256) ?? look(sha256),
  }
}
