// The draft of a flag, shared by its pages and kept in this browser until it is saved or discarded.
import { useCallback, useSyncExternalStore } from 'react'
import type { Flag } from '../../../core/model/flag.ts'
import { useEnvironmentId } from '../api/place.ts'
import { changesOf, type Draft, draftOf, type Edit, isEdit } from './draft.ts'

const listeners = new Set<() => void>()
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Parsed once: the store must answer the same object until something changes. */
const kept = new Map<string, Edit | undefined>()

const prefix = 'tackline-draft:'
const slotOf = (environment: string, key: string) => `${prefix}${environment}:${key}`

// two tabs on one flag show one draft: else the last one to be typed in would wipe out the other's
addEventListener('storage', ({ key, newValue }) => {
  if (key === null) kept.clear()
  else if (key.startsWith(prefix)) kept.set(key, parsed(newValue))
  else return
  for (const listener of listeners) listener()
})

function read(slot: string): Edit | undefined {
  if (!kept.has(slot)) kept.set(slot, parsed(localStorage.getItem(slot)))
  return kept.get(slot)
}

function parsed(text: string | null): Edit | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null')
    return isEdit(value) ? value : undefined
  } catch {
    return undefined
  }
}

function write(slot: string, edit: Edit | undefined): void {
  kept.set(slot, edit)
  try {
    if (edit) localStorage.setItem(slot, JSON.stringify(edit))
    else localStorage.removeItem(slot)
  } catch {
    // the browser's room is full: the draft lives as long as the tab
  }
  for (const listener of listeners) listener()
}

export interface FlagDraft {
  /** The flag as it is edited. */
  readonly edit: Edit
  readonly isChanged: boolean
  /** Whether the flag was changed by somebody else since the draft began. */
  readonly isStale: boolean
  readonly set: (next: Partial<Draft>) => void
  /** Puts the draft on the newest flag. */
  readonly rebase: (draft: Draft, onto: Flag) => void
  readonly discard: () => void
}

export function useDraft(flag: Flag): FlagDraft {
  const slot = slotOf(useEnvironmentId(), flag.key)
  const stored = useSyncExternalStore(subscribe, () => read(slot))
  const edit = stored ?? { base: flag, draft: draftOf(flag) }
  const set = useCallback(
    (next: Partial<Draft>) => {
      const was = read(slot) ?? { base: flag, draft: draftOf(flag) }
      const now = { base: was.base, draft: { ...was.draft, ...next } }
      write(slot, changesOf(now) ? now : undefined)
    },
    [slot, flag],
  )
  const rebase = useCallback(
    (draft: Draft, onto: Flag) => {
      const now = { base: onto, draft }
      write(slot, changesOf(now) ? now : undefined)
    },
    [slot],
  )
  return {
    edit,
    isChanged: stored !== undefined,
    isStale: stored !== undefined && stored.base.version < flag.version,
    set,
    rebase,
    discard: useCallback(() => write(slot, undefined), [slot]),
  }
}
