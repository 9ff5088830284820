// The compiled snapshots of one isolate, bounded by number and by size: the least recently used leaves first, never the one just read.
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import { environmentsMax, snapshotCharactersMax } from './limits.ts'

export interface Found {
  readonly compiled: CompiledSnapshot
  /** Length of its JSON. */
  readonly characters: number
}

export interface Held extends Found {
  /** When it was last known to be the newest. */
  confirmedAt: number
  /** When the last check failed; undefined where it went well. */
  failedAt: number | undefined
  /** When a request last had it checked for the revision it wanted. */
  urgedAt: number
}

export function snapshotCache() {
  const held = new Map<string, Held>() // in the order of use
  let characters = 0

  function drop(id: string): void {
    characters -= held.get(id)?.characters ?? 0
    held.delete(id)
  }

  return {
    get: (id: string): Readonly<Held> | undefined => held.get(id),
    drop,

    touch(id: string): void {
      const copy = held.get(id)
      if (!copy) return
      held.delete(id)
      held.set(id, copy)
    },

    confirm(id: string, at: number): void {
      const copy = held.get(id)
      if (!copy) return
      copy.confirmedAt = Math.max(copy.confirmedAt, at)
      copy.failedAt = undefined
    },

    urge(id: string, at: number): void {
      const copy = held.get(id)
      if (copy) copy.urgedAt = at
    },

    fail(id: string, at: number): void {
      const copy = held.get(id)
      if (copy) copy.failedAt = at
    },

    /** Refuses what is older than what is held. */
    keep(id: string, found: Found, confirmedAt: number): void {
      const copy = held.get(id)
      if (copy && copy.compiled.revision > found.compiled.revision) return
      drop(id)
      held.set(id, { ...found, confirmedAt, failedAt: undefined, urgedAt: copy?.urgedAt ?? 0 })
      characters += found.characters
      for (const oldest of held.keys()) {
        if (held.size <= environmentsMax && characters <= snapshotCharactersMax) break
        if (oldest !== id) drop(oldest)
      }
    },
  }
}
