// The actions of a row: quiet buttons. Most ask for what their change needs before it is made; some open a
// form.
import { type ReactNode, Suspense, useState } from 'react'
import { useMay } from '../api/place.ts'
import { common } from '../messages/common.ts'
import { Button } from '../ui/button.tsx'
import { type ChangeAsked, ConfirmChange, type ConfirmChangeProps } from './confirm-change.tsx'
import { MoreActions } from './more-actions.tsx'
import css from './row-actions.module.css'
import type { Versioned } from './use-edit.ts'

interface Named {
  /** A verb and its object. */
  readonly text: string
  /** What the button of the row says, if the object is clear from the row. */
  readonly short?: string
  /** Done seldom: in the menu at the end of the row. */
  readonly rare?: boolean
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
  /** Of the row as it is shown, where the action means another thing once somebody else has changed it. */
  readonly version?: number
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
  // the row may not be read again yet when the next action is pressed: what one made oneself is no surprise
  const [made, setMade] = useState(0)
  const run = async (action: AskedAction, asked: ChangeAsked) => {
    const answer = await action.run(asked)
    setMade(versionOf(answer))
    return answer
  }
  const inMenu = actions.filter(({ rare }) => rare)
  const atHand = actions.filter(({ rare }) => !rare)
  return (
    <span className={css['actions']}>
      {atHand.map((action) => (
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
      {inMenu.length > 0 && (
        <MoreActions label={label} actions={inMenu} canEdit={canEdit} onChoose={setPressed} />
      )}
      {chosen && 'form' in chosen && <Suspense>{chosen.form(close)}</Suspense>}
      {chosen && 'run' in chosen && (
        <ConfirmChange
          title={chosen.text}
          verb={chosen.text}
          done={chosen.done}
          {...(chosen.isDestructive && { isDestructive: true })}
          {...(chosen.dismiss !== undefined && { dismiss: chosen.dismiss })}
          {...(chosen.version !== undefined && { version: Math.max(chosen.version, made) })}
          {...(chosen.typedName !== undefined && { typedName: chosen.typedName })}
          run={(asked) => run(chosen, asked)}
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

/** Of the entity in the answer to a change; 0 if it has none. */
const versionOf = (answer: object): number =>
  ('entity' in answer && (answer.entity as Versioned | undefined)?.version) || 0
