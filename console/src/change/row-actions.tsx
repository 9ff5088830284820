// The actions of a row: quiet buttons, each of which asks for what its change needs before it is made.
import { type ReactNode, useState } from 'react'
import { useMay } from '../api/place.ts'
import { common } from '../messages/common.ts'
import { Button } from '../ui/button.tsx'
import { type ChangeAsked, ConfirmChange, type ConfirmChangeProps } from './confirm-change.tsx'
import css from './row-actions.module.css'

export interface RowAction {
  /** A verb and its object. */
  readonly text: string
  /** What the button of the row says, if the object is clear from the row. */
  readonly short?: string
  readonly hint?: string
  readonly done: string
  readonly isDestructive?: boolean
  /** Must be typed before. */
  readonly typedName?: string
  /** Asked for beside the comment. */
  readonly extra?: ReactNode
  readonly run: (asked: ChangeAsked) => ReturnType<ConfirmChangeProps['run']>
}

interface RowActionsProps {
  /** Names the row, for screen readers. */
  readonly label: string
  readonly actions: readonly RowAction[]
  /** At the head of a page instead of in a row. */
  readonly big?: boolean
}

export function RowActions({ label, actions, big }: RowActionsProps) {
  const canEdit = useMay('editor')
  const [chosen, setChosen] = useState<RowAction>()
  return (
    <span className={css['actions']}>
      {actions.map((action) => (
        <Button
          key={action.text}
          small={!big}
          aria-label={`${action.short ?? action.text}: ${label}`}
          disabled={!canEdit}
          {...(!canEdit && { title: common.needsRole(common.roleEditor) })}
          onClick={() => setChosen(action)}
        >
          {action.short ?? action.text}
        </Button>
      ))}
      {chosen && (
        <ConfirmChange
          title={chosen.text}
          verb={chosen.text}
          done={chosen.done}
          {...(chosen.isDestructive && { isDestructive: true })}
          {...(chosen.typedName !== undefined && { typedName: chosen.typedName })}
          run={chosen.run}
          onClose={() => setChosen(undefined)}
        >
          <p>
            <b>{label}</b>
            {chosen.hint && `. ${chosen.hint}`}
          </p>
          {actions.find(({ text }) => text === chosen.text)?.extra}
        </ConfirmChange>
      )}
    </span>
  )
}
