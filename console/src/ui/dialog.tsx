// Dialogs are native: the browser traps focus and makes the page behind inert. What was typed is not lost by
// a slip: Escape, the cross, the back button and a reload ask first. A form is sent once, however often its
// button is pressed.
import { useBlocker } from '@tanstack/react-router'
import { X } from 'lucide-react'
import {
  type FocusEvent,
  type FormEvent,
  type KeyboardEvent,
  type ReactNode,
  type SyntheticEvent,
} from 'react'
import { useEffect, useId, useRef, useState } from 'react'
import { common } from '../messages/common.ts'
import { Button } from './button.tsx'
import css from './dialog.module.css'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  /** What Enter does. Not called again before what it returns is settled. */
  readonly onSubmit?: () => void | Promise<void>
  readonly wide?: boolean
  readonly children: ReactNode
  /** The buttons; the one that closes is there already. */
  readonly actions?: ReactNode
  /** What the button that closes says, where Cancel could be taken for the action. */
  readonly dismiss?: string
  /** Whether it shows what is never shown again: closing it by a slip asks first. */
  readonly once?: boolean
}

export function Dialog(props: DialogProps) {
  const { title, onClose, onSubmit, wide, children, actions, dismiss, once = false } = props
  const element = useRef<HTMLDialogElement>(null)
  const isBusy = useRef(false)
  const leaving = useLeaving(once, onClose)
  const id = useId()
  useEffect(() => {
    const dialog = element.current
    if (!dialog || dialog.open) return
    dialog.showModal()
    dialog.querySelector<HTMLElement>('[data-body] :is(input, select, textarea)')?.focus()
  }, [])
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    event.stopPropagation()
    if (isBusy.current) return
    isBusy.current = true
    try {
      await onSubmit?.()
    } finally {
      isBusy.current = false
    }
  }
  return (
    <dialog
      ref={element}
      className={css['dialog']}
      data-wide={wide || undefined}
      aria-labelledby={id}
      onClose={onClose}
      onKeyDown={leaving.onKeyDown}
      onCancel={leaving.onCancel}
    >
      <form method="dialog" onSubmit={(event) => void submit(event)} onInput={onSubmit && leaving.onInput}>
        <header>
          <h2 id={id}>{title}</h2>
          <Button look="ghost" icon small aria-label={common.close} onClick={leaving.ask}>
            <X size={15} />
          </Button>
        </header>
        <div className={css['body']} data-body onFocus={leaving.onFocus}>
          {children}
        </div>
        {/* keys: a button that became the form's own while it is pressed would send the form */}
        {leaving.isAsking ? (
          <footer key="asks" role="alert">
            <p>{once ? common.onceAsked : common.typedAsked}</p>
            <Button autoFocus onClick={leaving.stay}>
              {once ? common.keepOpen : common.keepEditing}
            </Button>
            <Button look="danger" onClick={leaving.leave}>
              {once ? common.close : common.discard}
            </Button>
          </footer>
        ) : (
          <footer key="actions">
            <Button onClick={onClose}>{dismiss ?? (actions ? common.cancel : common.close)}</Button>
            {actions}
          </footer>
        )}
      </form>
    </dialog>
  )
}

/** Closes at once, or asks first: once something was typed, or from the start. */
function useLeaving(holdsAtFirst: boolean, onClose: () => void) {
  const [holds, setHolds] = useState(holdsAtFirst)
  const [asked, setAsked] = useState(false)
  const blocker = useBlocker({
    // what the dialog itself opens is no slip
    shouldBlockFn: ({ action }) => action === 'BACK' || action === 'FORWARD' || action === 'GO',
    enableBeforeUnload: holds,
    disabled: !holds,
    withResolver: true,
  })
  const isBlocked = blocker.status === 'blocked'
  const ask = () => (holds ? setAsked(true) : onClose())
  /** Where somebody typed: there they go on. */
  const field = useRef<HTMLElement>(null)
  return {
    isAsking: asked || isBlocked,
    onInput: () => setHolds(true),
    onFocus: ({ target }: FocusEvent<HTMLElement>) => {
      field.current = target
    },
    // a way to close without a key, such as a phone's; a file picker's own cancel comes by here too
    onCancel: (event: SyntheticEvent) => {
      if (!holds || event.target !== event.currentTarget) return
      event.preventDefault()
      ask()
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || event.nativeEvent.isComposing || !holds) return
      event.preventDefault()
      ask()
    },
    ask,
    stay: () => {
      setAsked(false)
      blocker.reset?.()
      field.current?.focus()
    },
    leave: () => {
      setHolds(false)
      if (blocker.status === 'blocked') blocker.proceed()
      else onClose()
    },
  }
}
