// The actions of a row: quiet buttons. Most ask for what their change needs before it is made; some open a
// form.
import { type ReactNode, Suspense, useState } from 'react'
import { useMay } from '../api/place.ts'
import { common } from '../messages/common.ts'
import { Button } from '../ui/button.tsx'
import { type ChangeAsked, ConfirmChange, type ConfirmChangeProps } from './confirm-change.tsx'
import css from './row-actions.module.css'

interface Named {
  /** A verb and its object. */
  readonly text: string
  /** What the button of the row says, if the object is clear from the row. */
  readonly short?: string
}

export interface AskedAction extends Named {
  readonly hint?: string
  readonly done: string
  readonly isDestructive?: boolean
  /** What leaves it undone, where "Cancel" could mean either. */
  readonly dismiss?: string
  /** Must be typed before. */
  readonly typedName?: string
  /** Asked for beside the comment. */
  readonly extra?: ReactNode
  readonly run: (asked: ChangeAsked) => ReturnType<ConfirmChangeProps['run']>
  /** To go elsewhere, as from the page of what is deleted. */
  readonly onDone?: () => Promise<void>
}

interface FormAction extends Named {
  /** Its dialogue, which makes the change. */
  readonly form: (close: () => void) => ReactNode
}

export type RowAction = AskedAction | FormAction

interface RowActionsProps {
  /** Names the row, for screen readers. */
  readonly label: string
  readonly actions: readonly RowAction[]
  /** At the head of a page instead of in a row. */
  readonly big?: boolean
}

export function RowActions({ label, actions, big }: RowActionsProps) {
  const canEdit = useMay('editor')
  const [pressed, setPressed] = useState<RowAction>()
  // as it is now: what is asked for beside the comment may have changed since it was pressed
  const chosen = pressed && (actions.find(({ text }) => text === pressed.text) ?? pressed)
  const close = () => setPressed(undefined)
  return (
    <span className={css['actions']}>
      {actions.map((action) => (
        <Button
          key={action.text}
          small={!big}
          aria-label={`${action.short ?? action.text}: ${label}`}
          disabled={!canEdit}
          {...(!canEdit && { title: common.needsRole(common.roleEditor) })}
          onClick={() => setPressed(action)}
        >
          {action.short ?? action.text}
        </Button>
      ))}
      {chosen && 'form' in chosen && <Suspense>{chosen.form(close)}</Suspense>}
      {chosen && 'run' in chosen && (
        <ConfirmChange
          title={chosen.text}
          verb={chosen.text}
          done={chosen.done}
          {...(chosen.isDestructive && { isDestructive: true })}
          {...(chosen.dismiss !== undefined && { dismiss: chosen.dismiss })}
          {...(chosen.typedName !== undefined && { typedName: chosen.typedName })}
          run={chosen.run}
          {...(chosen.onDone && { onDone: chosen.onDone })}
          onClose={close}
        >
          <p>
            <b>{label}</b>
            {chosen.hint && `. ${chosen.hint}`}
          </p>
          {
            actions.find((action): action is AskedAction => 'run' in action && action.text === chosen.text)
              ?.extra
          }
        </ConfirmChange>
      )}
    </span>
  )
}
