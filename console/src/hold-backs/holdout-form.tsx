// A holdout, new or edited. A new one begins at once, unless a time is set. Once it runs, only its words and
// its end can change.
import type { Holdout } from '../../../core/model/holdout.ts'
import { EntityDialog } from '../change/entity-dialog.tsx'
import { NameAndId } from '../change/name-and-id.tsx'
import { useEdit } from '../change/use-edit.ts'
import { common } from '../messages/common.ts'
import { holdBacks } from '../messages/hold-backs.ts'
import { TextArea, TextField } from '../ui/fields.tsx'
import { Note } from '../ui/page.tsx'
import { holdoutBody, holdoutForm } from './holdout-fields.ts'

const { holdouts: words } = holdBacks

export function HoldoutForm({ holdout, onClose }: { holdout?: Holdout; onClose: () => void }) {
  const edit = useEdit(holdout, holdoutForm)
  const { fields, set } = edit
  // as it was opened, or as somebody else's change left it: what was typed was merged with that
  const hasBegun = edit.opened !== undefined && edit.opened.status !== 'waiting'
  const hasEnded = edit.opened?.status === 'ended'
  return (
    <EntityDialog plural="holdouts" words={words} edit={edit} bodyOf={holdoutBody} onClose={onClose}>
      {(problemOf) => (
        <>
          {hasBegun && <Note tone="info">{words.fixedHint}</Note>}
          <NameAndId
            words={holdBacks}
            name={fields.name}
            id={fields.id}
            fixed={holdout !== undefined}
            problemOf={problemOf}
            onChange={set}
          />
          <TextArea
            label={`${holdBacks.description} (${common.optional})`}
            problem={problemOf('description')}
            value={fields.description}
            rows={2}
            onChange={(changed) => set({ description: changed.target.value })}
          />
          <TextField
            label={words.share}
            hint={words.shareHint}
            inputMode="decimal"
            problem={problemOf('slices')}
            value={fields.share}
            disabled={hasBegun}
            onChange={(changed) => set({ share: changed.target.value })}
          />
          <TextField
            type="datetime-local"
            label={`${words.start} (${common.optional})`}
            hint={words.startHint}
            problem={problemOf('startAt')}
            value={fields.start}
            disabled={hasBegun}
            onChange={(changed) => set({ start: changed.target.value })}
          />
          <TextField
            type="date"
            label={`${words.stop} (${common.optional})`}
            hint={words.stopHint}
            problem={problemOf('stopAt')}
            value={fields.stop}
            disabled={hasEnded}
            onChange={(changed) => set({ stop: changed.target.value })}
          />
          <TextField
            label={`${words.flags} (${common.optional})`}
            hint={words.flagsHint}
            problem={problemOf('flagKeys')}
            mono
            value={fields.flags}
            disabled={hasBegun}
            onChange={(changed) => set({ flags: changed.target.value })}
          />
          <TextField
            label={`${words.goals} (${common.optional})`}
            hint={words.goalsHint}
            problem={problemOf('goalKeys')}
            mono
            value={fields.goals}
            disabled={hasBegun}
            onChange={(changed) => set({ goals: changed.target.value })}
          />
        </>
      )}
    </EntityDialog>
  )
}
