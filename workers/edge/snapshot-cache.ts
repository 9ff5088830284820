// Compiled snapshots of one isolate, bounded by number and size. The least recently used is dropped first,
// never the one that was just loaded.
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import { environmentsMax, snapshotCharactersMax } from './limits.ts'

export interface LoadedSnapshot {
  readonly compiled: CompiledSnapshot
  /** Length of its JSON text. */
  readonly characters: number
}

export interface CachedSnapshot extends LoadedSnapshot {
  /** Epoch milliseconds at which it was last known to be the newest. */
  confirmedAt: number
  /** Epoch milliseconds since which a newer revision could not be published. */
  behindSince: number | undefined
  /** When the last check failed; undefined if it succeeded. */
  failedAt: number | undefined
  /** When a request last had it checked for a revision of its own. */
  eagerlyCheckedAt: number
}

export function snapshotCache() {
  const entries = new Map<string, CachedSnapshot>() // least recently used first
  let characters = 0

  function drop(id: string): void {
    characters -= entries.get(id)?.characters ?? 0
    entries.delete(id)
  }

  return {
    get: (id: string): Readonly<CachedSnapshot> | undefined => entries.get(id),
    drop,

    touch(id: string): void {
      const copy = entries.get(id)
      if (!copy) return
      entries.delete(id)
      entries.set(id, copy)
    },

    confirm(id: string, at: number, behindSince?: number): void {
      const copy = entries.get(id)
      if (!copy) return
      copy.confirmedAt = Math.max(copy.confirmedAt, at)
      copy.behindSince = behindSince
      copy.failedAt = undefined
    },

    /** How many snapshots are known not to be the newest. */
    behind: (): number => [...entries.values()].filter(({ behindSince }) => behindSince !== undefined).length,

    noteEagerCheck(id: string, at: number): void {
      const copy = entries.get(id)
      if (copy) copy.eagerlyCheckedAt = at
    },

    fail(id: string, at: number): void {
      const copy = entries.get(id)
      if (copy) copy.failedAt = at
    },

    /** Ignores a snapshot that is older than the cached one. */
    keep(id: string, loaded: LoadedSnapshot, confirmedAt: number, behindSince?: number): void {
      const copy = entries.get(id)
      if (copy && copy.compiled.revision > loaded.compiled.revision) return
      drop(id)
      entries.set(id, {
        ...loaded,
        confirmedAt,
        behindSince,
        failedAt: undefined,
        eagerlyCheckedAt: copy?.eagerlyCheckedAt ?? 0,
      })
      characters += loaded.characters
      for (const oldest of entries.keys()) {
        if (entries.size <= environmentsMax && characters <= snapshotCharactersMax) break
        if (oldest !== id) drop(oldest)
      }
    },
  }
}
