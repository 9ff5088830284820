// The actions of a row: quiet buttons, each of which asks for what its change needs before it is made.
import { useState } from 'react'
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
  readonly run: (asked: ChangeAsked) => ReturnType<ConfirmChangeProps['run']>
}

/** `label` names the row, for screen readers. */
export function RowActions({ label, actions }: { label: string; actions: readonly RowAction[] }) {
  const canEdit = useMay('editor')
  const [chosen, setChosen] = useState<RowAction>()
  return (
    <span className={css['actions']}>
      {actions.map((action) => (
        <Button
          key={action.text}
          small
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
        </ConfirmChange>
      )}
    </span>
  )
}
