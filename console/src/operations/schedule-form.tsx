// A change of a flag that waits for its time, new or edited: the ones that people schedule most often, once
// or recurring. Any other change is scheduled where it is made, at the flag: this form leads there.
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Schedule } from '../../../core/model/schedule.ts'
import { useEnvironmentId } from '../api/place.ts'
import { EntityDialog } from '../change/entity-dialog.tsx'
import { common } from '../messages/common.ts'
import { operationForms as form } from '../messages/operation-forms.ts'
import { operations as words } from '../messages/operations.ts'
import { scheduling as times } from '../messages/scheduling.ts'
import { SelectField, TextField } from '../ui/fields.tsx'
import { Note } from '../ui/page.tsx'
import { FlagField, useFlagRow } from './flag-field.tsx'
import { changesText } from './lanes.ts'
import {
  emptySchedule,
  scheduleBody,
  type ScheduleFields,
  scheduleFields,
  serving,
} from './schedule-fields.ts'

interface ScheduleFormProps {
  readonly schedule?: Schedule
  readonly onClose: () => void
}

const formWords = { create: words.buttons.createSchedule, edit: form.edit.schedule }

export default function ScheduleForm({ schedule, onClose }: ScheduleFormProps) {
  const environment = useEnvironmentId()
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const [initial] = useState(() => (schedule ? scheduleFields(schedule, timeZone) : emptySchedule))
  const [fields, setFields] = useState(initial)
  const set = (next: Partial<ScheduleFields>) => setFields((was) => ({ ...was, ...next }))
  const { name, flagKey, when, what, repeat, until, experiment } = fields
  const flag = useFlagRow(flagKey)
  return (
    <EntityDialog
      plural="schedules"
      words={formWords}
      entity={schedule}
      initial={initial}
      fields={fields}
      bodyOf={(of) => scheduleBody(of, timeZone)}
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
          <FlagField
            value={flagKey}
            fixed={schedule !== undefined}
            problem={problemOf('flagKey')}
            onChange={({ key }) => set({ flagKey: key })}
          />
          <SelectField label={form.what} value={what} onChange={(event) => set({ what: event.target.value })}>
            {schedule && initial.what === 'kept' && (
              <option value="kept">{times.kept(changesText(schedule))}</option>
            )}
            <option value="on">{times.turnOn}</option>
            <option value="off">{times.turnOff}</option>
            {flag?.variations.map(({ id, name: variation }) => (
              <option key={id} value={serving(id)}>
                {times.serve(variation || id)}
              </option>
            ))}
            <option value="archive">{times.archive}</option>
            <option value="other">{times.other}…</option>
          </SelectField>
          {what === 'other' && (
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
            disabled={repeat === 'kept'}
            onChange={(event) => set({ when: event.target.value })}
          />
          <SelectField
            label={times.repeat}
            problem={problemOf('repeat') ?? problemOf('repeat.until')}
            value={repeat}
            onChange={(event) => set({ repeat: event.target.value as ScheduleFields['repeat'] })}
          >
            {initial.repeat === 'kept' && <option value="kept">{times.keptRepeat}</option>}
            {Object.entries(times.repeats).map(([each, text]) => (
              <option key={each} value={each}>
                {text}
              </option>
            ))}
          </SelectField>
          {repeat !== 'once' && repeat !== 'kept' && (
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
    </EntityDialog>
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
