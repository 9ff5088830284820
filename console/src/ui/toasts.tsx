// Short notices of what was done, with a way back where there is one. Screen readers hear them.
import { X } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { common } from '../messages/common.ts'
import { Button } from './button.tsx'
import css from './toasts.module.css'

export interface Toast {
  readonly id: number
  readonly text: string
  readonly detail?: string
  readonly tone?: 'failed'
  readonly action?: { readonly text: string; readonly run: () => void }
}

const shownMs = 8_000
let toasts: readonly Toast[] = []
let lastId = 0
const listeners = new Set<() => void>()

function set(next: readonly Toast[]): void {
  toasts = next
  for (const listener of listeners) listener()
}

const remove = (id: number) => set(toasts.filter((each) => each.id !== id))

/** Shows a notice; returns how to change it, such as when a change has become live. */
export function toast(first: Omit<Toast, 'id'>): (next: Partial<Omit<Toast, 'id'>>) => void {
  const id = ++lastId
  set([...toasts.slice(-2), { ...first, id }])
  if (first.tone !== 'failed') setTimeout(() => remove(id), shownMs)
  return (next) => set(toasts.map((each) => (each.id === id ? { ...each, ...next } : each)))
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts)
  return (
    <div className={css['toasts']} role="status" aria-live="polite">
      {shown.map(({ id, text, detail, tone, action }) => (
        <div key={id} className={css['toast']} data-tone={tone}>
          <p>
            <b>{text}</b>
            {detail && <small>{detail}</small>}
          </p>
          {action && (
            <Button
              small
              look="ghost"
              onClick={() => {
                remove(id)
                action.run()
              }}
            >
              {action.text}
            </Button>
          )}
          <Button small icon look="ghost" aria-label={common.close} onClick={() => remove(id)}>
            <X size={13} />
          </Button>
        </div>
      ))}
    </div>
  )
}
