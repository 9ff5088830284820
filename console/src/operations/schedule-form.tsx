// Schedules what is done most often, once or recurring. Any other change is scheduled where it is made, at the
// flag: this form leads there.
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { FlagChanges } from '../../../core/model/flag-draft.ts'
import type { Schedule } from '../../../core/model/schedule.ts'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { common } from '../messages/common.ts'
import { operations as words } from '../messages/operations.ts'
import { scheduling as times } from '../messages/scheduling.ts'
import { SelectField, TextField } from '../ui/fields.tsx'
import { Note } from '../ui/page.tsx'
import { FlagField } from './flag-field.tsx'
import { nameOf } from './lanes.ts'
import { recurrenceOf, type Repeat } from './repeat.ts'

const { form } = words
const serve = 'serve:'
const other = 'other'

/** As the API takes them, of what is chosen. */
const changesOf = (what: string): FlagChanges =>
  what === 'archive'
    ? { archived: true }
    : what.startsWith(serve)
      ? { defaultStrategy: { strategy: { kind: 'fixed', variationId: what.slice(serve.length) } } }
      : { enabled: what === 'on' }

export default function ScheduleForm({ onClose }: { onClose: () => void }) {
  const environment = useEnvironmentId()
  const [flag, setFlag] = useState<FlagRow>()
  const [fields, setFields] = useState({
    name: '',
    when: '',
    what: 'on',
    repeat: 'once' as Repeat,
    until: '',
    experiment: '',
  })
  const set = (next: Partial<typeof fields>) => setFields((was) => ({ ...was, ...next }))
  const { name, when, what, repeat, until, experiment } = fields
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const recurrence = when === '' ? undefined : recurrenceOf({ when, repeat, until, timeZone })
  const body = () => ({
    name,
    flagKey: flag!.key,
    ...(recurrence ? { repeat: recurrence } : { at: Date.parse(when) }),
    changes: changesOf(what),
    ...(experiment && { experiment }),
  })
  return (
    <ChangeDialog
      title={words.buttons.createSchedule}
      verb={words.buttons.createSchedule}
      isReady={flag !== undefined && when !== '' && what !== other}
      run={(comment) => change<Schedule>('POST', pathOf(environment, 'schedules'), { body: body(), comment })}
      done={({ entity }) => words.created(nameOf(entity))}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <TextField
            label={form.name}
            problem={problemOf('name')}
            value={name}
            onChange={(event) => set({ name: event.target.value })}
          />
          <FlagField value={flag?.key ?? ''} problem={problemOf('flagKey')} onChange={setFlag} />
          <SelectField label={form.what} value={what} onChange={(event) => set({ what: event.target.value })}>
            <option value="on">{times.turnOn}</option>
            <option value="off">{times.turnOff}</option>
            {flag?.variations.map(({ id, name: variation }) => (
              <option key={id} value={`${serve}${id}`}>
                {times.serve(variation || id)}
              </option>
            ))}
            <option value="archive">{times.archive}</option>
            <option value={other}>{times.other}…</option>
          </SelectField>
          {what === other && (
            <Note tone="info">
              {times.otherHint}{' '}
              {flag && (
                <Link to="/environments/$environment/flags/$flag" params={{ environment, flag: flag.key }}>
                  {times.openFlag}
                </Link>
              )}
            </Note>
          )}
          <TextField
            label={form.when}
            hint={times.zone(timeZone)}
            type="datetime-local"
            problem={problemOf('at')}
            value={when}
            onChange={(event) => set({ when: event.target.value })}
          />
          <SelectField
            label={times.repeat}
            problem={problemOf('repeat')}
            value={repeat}
            onChange={(event) => set({ repeat: event.target.value as Repeat })}
          >
            {Object.entries(times.repeats).map(([each, text]) => (
              <option key={each} value={each}>
                {text}
              </option>
            ))}
          </SelectField>
          {repeat !== 'once' && (
            <TextField
              label={`${times.until} (${common.optional})`}
              type="date"
              value={until}
              onChange={(event) => set({ until: event.target.value })}
            />
          )}
          <ExperimentField value={experiment} onChange={(next) => set({ experiment: next })} />
        </>
      )}
    </ChangeDialog>
  )
}

interface ExperimentFieldProps {
  readonly value: string
  readonly onChange: (value: string) => void
}

/** What becomes of an experiment that runs when nobody is there to ask. */
export const ExperimentField = ({ value, onChange }: ExperimentFieldProps) => (
  <SelectField label={form.ifExperiment} value={value} onChange={(event) => onChange(event.target.value)}>
    <option value="">{form.refuse}</option>
    <option value="stop">{form.stop}</option>
    <option value="new-phase">{form.newPhase}</option>
  </SelectField>
)
