// Asks what a change needs before it is made: a comment, a confirmation in production, the name of what is
// removed, what becomes of a running experiment. A refusal is shown in place, and can be answered.
import { Lock } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import type { ChangeAnswer } from '../../../workers/control/api/shapes.ts'
import { type ExperimentChoice, Refused } from '../api/client.ts'
import { useEnvironmentId, useNeedsComment } from '../api/place.ts'
import { common } from '../messages/common.ts'
import { frame } from '../messages/frame.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Radio, TextArea, TextField } from '../ui/fields.tsx'
import { Note } from '../ui/page.tsx'
import { Refusal } from '../ui/states.tsx'
import { announce } from './announce.ts'
import type { Notes } from './change-notes.tsx'
import { staleOf } from './stale-of.ts'
import { Stale } from './stale.tsx'

const ChangeNotes = lazy(() => import('./change-notes.tsx'))

export interface ChangeAsked {
  readonly comment: string
  readonly experiment: ExperimentChoice | undefined
  /** That was shown when the dialogue opened; absent if the change is of no version. */
  readonly version?: number
}

export interface ConfirmChangeProps {
  readonly title: string
  /** What the button does: a verb and its object. */
  readonly verb: string
  readonly run: (asked: ChangeAsked) => Promise<Pick<ChangeAnswer<unknown>, 'revision' | 'changed' | 'notes'>>
  /** The notice afterwards: `Checkout is on`. */
  readonly done: string
  readonly undo?: () => void
  /** Shows the answer's notes under this sentence, until they are closed. */
  readonly notesLead?: string
  /** Must be typed before: for what cannot be taken back. */
  readonly typedName?: string
  readonly isDestructive?: boolean
  /** What leaves it undone, where "Cancel" could mean either. */
  readonly dismiss?: string
  /** Whether what is asked beside the comment is answered. Default: yes. */
  readonly isReady?: boolean
  readonly children?: ReactNode
  readonly onClose: () => void
  readonly onDone?: () => void | Promise<void>
  /** Of what is changed. If somebody else was faster, the dialogue says so, and asks once more. */
  readonly version?: number
  /** Instead: what is stored now. The dialogue stays, with what was typed. */
  readonly onStale?: (current: never) => void
}

export function ConfirmChange(props: ConfirmChangeProps) {
  const { title, verb, run, done, undo, typedName, isDestructive, isReady = true } = props
  const { children, notesLead, onClose, onDone, onStale } = props
  const environment = useEnvironmentId()
  const { isProduction, needsComment } = useNeedsComment()
  const [comment, setComment] = useState('')
  const [typed, setTyped] = useState('')
  const [experiment, setExperiment] = useState<ExperimentChoice>()
  const [error, setError] = useState<unknown>()
  const [notes, setNotes] = useState<Notes>()
  const [isBusy, setIsBusy] = useState(false)
  const [opened] = useState(props.version)
  const [version, setVersion] = useState(opened)
  const isStale = version !== undefined && version !== opened
  const asksForExperiment = error instanceof Refused && error.code === 'EXPERIMENT_RUNNING'
  const canSend =
    isReady &&
    !isBusy &&
    (!needsComment || comment.trim() !== '') &&
    (typedName === undefined || typed.trim() === typedName.trim()) &&
    (!asksForExperiment || experiment !== undefined)

  const submit = async () => {
    if (!canSend) return
    setIsBusy(true)
    const sentAt = performance.now()
    try {
      const answer = await run({
        comment: comment.trim(),
        experiment,
        ...(version !== undefined && { version }),
      })
      // first away from what is no longer there: what is shown is read again
      await onDone?.()
      if (notesLead !== undefined && answer.notes) setNotes(answer.notes)
      else onClose()
      void announce({ environment, text: done, answer, sentAt, ...(undo && { undo }) })
    } catch (cause) {
      const current = onStale || version !== undefined ? staleOf(cause) : undefined
      setError(current ? undefined : cause)
      setIsBusy(false)
      if (current) onStale?.(current as never)
      if (current && version !== undefined) setVersion(current.version)
    }
  }
  if (notes)
    return (
      <Suspense>
        <ChangeNotes title={done} lead={notesLead ?? ''} notes={notes} onClose={onClose} />
      </Suspense>
    )
  const look = isProduction ? 'production' : isDestructive ? 'danger' : 'primary'
  return (
    <Dialog
      title={title}
      {...(props.dismiss !== undefined && { dismiss: props.dismiss })}
      onClose={onClose}
      onSubmit={submit}
      actions={
        <Button look={look} type="submit" disabled={!canSend}>
          {isProduction && <Lock size={13} aria-hidden />}
          {verb}
        </Button>
      }
    >
      {isProduction && <Note tone="production">{frame.confirm.production}</Note>}
      {isStale && <Stale />}
      {children}
      {typedName !== undefined && (
        <TextField
          label={common.typeName(typedName)}
          value={typed}
          mono
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
      {error !== undefined && <Refusal error={error} />}
      {asksForExperiment && <ExperimentQuestion value={experiment} onChange={setExperiment} />}
      <TextArea
        label={needsComment ? common.comment : `${common.comment} (${common.optional})`}
        hint={needsComment ? `${common.commentNeeded} ${common.commentHint}` : common.commentHint}
        value={comment}
        autoFocus
        rows={2}
        onChange={(event) => setComment(event.target.value)}
      />
    </Dialog>
  )
}

interface ExperimentQuestionProps {
  readonly value: ExperimentChoice | undefined
  readonly onChange: (choice: ExperimentChoice) => void
}

/** What becomes of a running experiment that the change would disturb. */
export const ExperimentQuestion = ({ value, onChange }: ExperimentQuestionProps) => (
  <fieldset>
    <legend>{frame.confirm.experiment}</legend>
    <Radio
      name="experiment"
      label={frame.confirm.stop}
      hint={frame.confirm.stopHint}
      checked={value === 'stop'}
      onChange={() => onChange('stop')}
    />
    <Radio
      name="experiment"
      label={frame.confirm.newPhase}
      hint={frame.confirm.newPhaseHint}
      checked={value === 'new-phase'}
      onChange={() => onChange('new-phase')}
    />
  </fieldset>
)
