// Changes that wait for their time: makes one of a draft, and shows those of a flag.
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Flag } from '../../../core/model/flag.ts'
import type { Schedule } from '../../../core/model/schedule.ts'
import { change, type ExperimentChoice, pathOf, Refused } from '../api/client.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { announce } from '../change/announce.ts'
import { ConfirmChange } from '../change/confirm-change.tsx'
import { editing } from '../messages/editing.ts'
import { operations } from '../messages/operations.ts'
import { nameOf } from '../operations/lanes.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/fields.tsx'
import { Moment, Section } from '../ui/page.tsx'
import { Refusal } from '../ui/states.tsx'
import { changesOf, type Edit } from './draft.ts'
import css from './review.module.css'

const { review } = editing

interface ScheduleDialogProps {
  readonly edit: Edit
  readonly comment: string
  readonly experiment: ExperimentChoice | undefined
  readonly onClose: () => void
  readonly onDone: () => void
}

export function ScheduleDialog({ edit, comment, experiment, onClose, onDone }: ScheduleDialogProps) {
  const environment = useEnvironmentId()
  const [name, setName] = useState('')
  const [at, setAt] = useState('')
  const [error, setError] = useState<unknown>()
  const queries = useQueryClient()
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const submit = async () => {
    const sentAt = performance.now()
    try {
      const answer = await change<Schedule>('POST', pathOf(environment, 'schedules'), {
        body: {
          flagKey: edit.base.key,
          changes: changesOf(edit),
          at: new Date(at).getTime(),
          ...(name && { name }),
          ...(experiment && { experiment }),
        },
        comment,
      })
      void announce({ environment, text: review.scheduled, answer, sentAt })
      await queries.invalidateQueries({ queryKey: [environment, 'schedules'] })
      onDone()
      onClose()
    } catch (cause) {
      setError(cause)
    }
  }
  return (
    <Dialog
      title={review.scheduleTitle}
      onClose={onClose}
      onSubmit={submit}
      actions={
        <Button look="primary" type="submit" disabled={at === ''}>
          {review.schedule}
        </Button>
      }
    >
      <TextField
        label={review.scheduleAt}
        hint={review.scheduleZone(timeZone)}
        type="datetime-local"
        problem={
          error instanceof Refused
            ? error.problem.errors?.find(({ path }) => path === 'at')?.message
            : undefined
        }
        value={at}
        required
        onChange={(event) => setAt(event.target.value)}
      />
      <TextField
        label={review.scheduleName}
        hint={review.scheduleNameHint}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      {error !== undefined && <Refusal error={error} />}
    </Dialog>
  )
}

export function Scheduled({ flag, schedules }: { flag: Flag; schedules: readonly Schedule[] }) {
  const environment = useEnvironmentId()
  const canEdit = useMay('editor')
  const [cancelled, setCancelled] = useState<Schedule>()
  return (
    <section>
      <Section title={review.scheduledFor} />
      <ul className={css['scheduled']}>
        {schedules.map((schedule) => (
          <li key={schedule.id}>
            <span>
              {nameOf(schedule)}
              <small>
                <Moment time={schedule.at} />
              </small>
            </span>
            {canEdit && (
              <Button small look="ghost" onClick={() => setCancelled(schedule)}>
                {operations.buttons.cancel}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {cancelled && (
        <ConfirmChange
          title={`${review.scheduledFor}: ${cancelled.name || flag.name || flag.key}`}
          verb={operations.buttons.cancel}
          dismiss={operations.buttons.keep}
          done={review.cancelled}
          run={({ comment }) =>
            change('POST', pathOf(environment, 'schedules', cancelled.id, 'cancel'), { body: {}, comment })
          }
          onClose={() => setCancelled(undefined)}
        />
      )}
    </section>
  )
}
