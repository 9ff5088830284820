// Dialogs are native: the browser traps focus, closes on Escape and makes the page behind inert.
import { X } from 'lucide-react'
import { type FormEvent, type ReactNode, useEffect, useId, useRef } from 'react'
import { common } from '../messages/common.ts'
import { Button } from './button.tsx'
import css from './dialog.module.css'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  /** What Enter does. */
  readonly onSubmit?: () => void
  readonly wide?: boolean
  readonly children: ReactNode
  /** The buttons; Cancel is there already. */
  readonly actions?: ReactNode
}

export function Dialog({ title, onClose, onSubmit, wide, children, actions }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const dialog = element.current
    if (!dialog || dialog.open) return
    dialog.showModal()
    dialog.querySelector<HTMLElement>('[data-body] :is(input, select, textarea)')?.focus()
  }, [])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    event.stopPropagation()
    onSubmit?.()
  }
  return (
    <dialog
      ref={element}
      className={css['dialog']}
      data-wide={wide || undefined}
      aria-labelledby={id}
      onClose={onClose}
    >
      <form method="dialog" onSubmit={submit}>
        <header>
          <h2 id={id}>{title}</h2>
          <Button look="ghost" icon small aria-label={common.close} onClick={onClose}>
            <X size={15} />
          </Button>
        </header>
        <div className={css['body']} data-body>
          {children}
        </div>
        <footer>
          <Button onClick={onClose}>{actions ? common.cancel : common.close}</Button>
          {actions}
        </footer>
      </form>
    </dialog>
  )
}
