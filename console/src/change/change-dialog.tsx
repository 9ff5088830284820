// A form in a dialog that makes one change: its fields, the comment where one is needed, the refusal in place
// with each problem at its field.
import { Lock } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Refused } from '../api/client.ts'
import { useEnvironmentId, useNeedsComment } from '../api/place.ts'
import { queries } from '../api/queries.ts'
import { common } from '../messages/common.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/fields.tsx'
import { Refusal } from '../ui/states.tsx'
import { toast } from '../ui/toasts.tsx'
import { announce } from './announce.ts'
import { staleOf } from './stale-of.ts'

interface Stored {
  readonly revision: number
  readonly changed?: boolean
}

interface ChangeDialogProps<Answer> {
  readonly title: string
  /** What the button does: a verb and its object. */
  readonly verb: string
  /** Whether the form is complete enough to be sent. */
  readonly isReady: boolean
  readonly wide?: boolean
  readonly isDestructive?: boolean
  /** Of what the organisation has, not the environment: it has no revisions, and no comments. */
  readonly ofOrganisation?: boolean
  readonly run: (comment: string) => Promise<Answer>
  readonly done: (answer: Answer) => string
  readonly onClose: () => void
  /** Instead of closing: to go elsewhere, or to show what is shown once. */
  readonly onDone?: (answer: Answer) => void
  /** Somebody else was faster: what is stored now. The dialogue stays, with what was typed. */
  readonly onStale?: (current: never) => void
  readonly children: (problemOf: (path: string) => string | undefined) => ReactNode
}

export function ChangeDialog<Answer extends object>(props: ChangeDialogProps<Answer>) {
  const { title, verb, isReady, wide, isDestructive, ofOrganisation, run, done } = props
  const { onClose, onDone, onStale } = props
  const environment = useEnvironmentId()
  const place = useNeedsComment()
  const isProduction = place.isProduction && !ofOrganisation
  const needsComment = place.needsComment && !ofOrganisation
  const [comment, setComment] = useState('')
  const [error, setError] = useState<unknown>()
  const [isBusy, setIsBusy] = useState(false)
  const canSend = isReady && !isBusy && (!needsComment || comment.trim() !== '')
  const problems = error instanceof Refused ? (error.problem.errors ?? []) : []
  const found = new Set<string>()
  const problemOf = (path: string) => {
    const problem = problems.find((each) => each.path === path)
    if (problem) found.add(path)
    return problem?.message
  }

  const submit = async () => {
    if (!canSend) return
    setIsBusy(true)
    const sentAt = performance.now()
    try {
      const answer = await run(comment.trim())
      const text = done(answer)
      if (isStored(answer)) void announce({ environment, text, answer: { changed: true, ...answer }, sentAt })
      else {
        toast({ text })
        void queries.invalidateQueries({ queryKey: [''] })
      }
      if (onDone) onDone(answer)
      else onClose()
    } catch (cause) {
      const current = onStale && staleOf(cause)
      setError(current ? undefined : cause)
      setIsBusy(false)
      if (current) onStale(current as never)
    }
  }
  const fields = props.children(problemOf)
  const isAllShown = problems.length > 0 && problems.every(({ path }) => found.has(path))
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={submit}
      {...(wide && { wide })}
      actions={
        <Button
          look={isProduction ? 'production' : isDestructive ? 'danger' : 'primary'}
          type="submit"
          disabled={!canSend}
        >
          {isProduction && <Lock size={13} aria-hidden />}
          {verb}
        </Button>
      }
    >
      {fields}
      {error !== undefined && !isAllShown && <Refusal error={error} />}
      {needsComment && (
        <TextField
          label={common.comment}
          hint={`${common.commentNeeded} ${common.commentHint}`}
          value={comment}
          onChange={(event) => setComment(event.target.value)}
        />
      )}
    </Dialog>
  )
}

const isStored = (answer: object): answer is Stored => 'revision' in answer
