// Views that people keep for themselves: filters, search and order of the list of flags under a name, in this
// browser, by environment. Whoever shall see the same is sent the address, which has it all.
import { useSyncExternalStore } from 'react'
import type { Choice } from './views.ts'

export interface SavedView {
  readonly name: string
  readonly choice: Choice
}

const slotOf = (environment: string) => `tackline-views:${environment}`
const none: readonly SavedView[] = []
const listeners = new Set<() => void>()
/** By slot; parsed once, so that the same views are the same object. */
const kept = new Map<string, readonly SavedView[]>()

function read(environment: string): readonly SavedView[] {
  const slot = slotOf(environment)
  const known = kept.get(slot)
  if (known) return known
  const views = parsed(localStorage.getItem(slot))
  kept.set(slot, views)
  return views
}

function parsed(text: string | null): readonly SavedView[] {
  try {
    return text === null ? none : (JSON.parse(text) as SavedView[])
  } catch {
    return none
  }
}

function write(environment: string, views: readonly SavedView[]): void {
  kept.set(slotOf(environment), views)
  try {
    localStorage.setItem(slotOf(environment), JSON.stringify(views))
  } catch {
    // the browser's room is full: the views live as long as the tab
  }
  for (const listener of listeners) listener()
}

/** Replaces a view of the same name. */
export const saveView = (environment: string, view: SavedView): void =>
  write(environment, [...read(environment).filter(({ name }) => name !== view.name), view])

export const forgetView = (environment: string, name: string): void =>
  write(
    environment,
    read(environment).filter((view) => view.name !== name),
  )

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useSavedViews = (environment: string): readonly SavedView[] =>
  useSyncExternalStore(subscribe, () => read(environment))

const fields = ['q', 'view', 'type', 'tag', 'maintainer', 'sort', 'down'] as const

/** The part of an address that a view keeps. */
export const choiceOf = (search: Choice): Choice =>
  Object.fromEntries(fields.flatMap((field) => (search[field] ? [[field, search[field]]] : [])))

export const isSameChoice = (a: Choice, b: Choice): boolean => fields.every((field) => a[field] === b[field])
