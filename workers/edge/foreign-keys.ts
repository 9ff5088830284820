// Where keys lead that other systems gave out. KV says, isolates remember: for good what is known, for a while what is not.
import { logError } from '../http/log.ts'
import type { ForeignEnvironment, ForeignKeys } from '../contracts/ports.ts'
import { readKeyEnvironment } from '../storage/snapshots.ts'
import { foreignKeysMax, foreignUnknownForMs } from './limits.ts'

interface Known {
  readonly found: ForeignEnvironment
  readonly until: number
}

export function foreignKeys(kv: KVNamespace, now: () => number): ForeignKeys {
  const known = new Map<string, Known>()
  const atHand = (sha256: string): ForeignEnvironment | undefined => {
    const held = known.get(sha256)
    return held && held.until > now() ? held.found : undefined
  }
  return {
    knows: (sha256) => atHand(sha256) !== undefined,
    async environmentOf(sha256) {
      const held = atHand(sha256)
      if (held) return held
      try {
        const environmentId = await readKeyEnvironment(kv, sha256)
        if (known.size >= foreignKeysMax) known.clear()
        const isKnown = environmentId !== undefined
        const found = isKnown
          ? ({ status: 'known', environmentId } as const)
          : ({ status: 'unknown' } as const)
        known.set(sha256, { found, until: isKnown ? Infinity : now() + foreignUnknownForMs })
        return found
      } catch (cause) {
        logError('foreign key', cause)
        return { status: 'unavailable' }
      }
    },
  }
}
