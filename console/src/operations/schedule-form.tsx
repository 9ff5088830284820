// A change of a flag that waits for its time, new or edited: the ones that people schedule most often, once
// or recurring. Any other change is scheduled where it is made, at the flag: this form leads there.
import { Link } from '@tanstack/react-router'
import type { Schedule } from '../../../core/model/schedule.ts'
import { useEnvironmentId } from '../api/place.ts'
import { EntityDialog } from '../change/entity-dialog.tsx'
import { useEdit } from '../change/use-edit.ts'
import { common } from '../messages/common.ts'
import { operationForms as form } from '../messages/operation-forms.ts'
import { operations as words } from '../messages/operations.ts'
import { scheduling as times } from '../messages/scheduling.ts'
import { SelectField, TextField } from '../ui/fields.tsx'
import { Note } from '../ui/page.tsx'
import { FlagField, useFlagRow } from './flag-field.tsx'
import {
  experimentTexts,
  isKept,
  scheduleBody,
  type ScheduleFields,
  scheduleForm,
  serving,
  whatText,
} from './schedule-fields.ts'

interface ScheduleFormProps {
  readonly schedule?: Schedule
  readonly onClose: () => void
}

const formWords = { create: words.buttons.createSchedule, edit: form.edit.schedule }

/** What the form has no other words for, as it was opened and as it is now. */
const keptIn = (...values: readonly string[]) => [...new Set(values.filter(isKept))]

export default function ScheduleForm({ schedule, onClose }: ScheduleFormProps) {
  const environment = useEnvironmentId()
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const edit = useEdit(schedule, scheduleForm(timeZone))
  const { fields, set } = edit
  const { name, flagKey, when, what, repeat, until, experiment } = fields
  const flag = useFlagRow(flagKey)
  return (
    <EntityDialog
      plural="schedules"
      words={formWords}
      edit={edit}
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
            {keptIn(edit.initial.what, what).map((each) => (
              <option key={each} value={each}>
                {whatText(each)}
              </option>
            ))}
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
            disabled={isKept(repeat)}
            onChange={(event) => set({ when: event.target.value })}
          />
          <SelectField
            label={times.repeat}
            problem={problemOf('repeat') ?? problemOf('repeat.until')}
            value={repeat}
            onChange={(event) => set({ repeat: event.target.value as ScheduleFields['repeat'] })}
          >
            {keptIn(edit.initial.repeat, repeat).map((each) => (
              <option key={each} value={each}>
                {times.keptRepeat}
              </option>
            ))}
            {Object.entries(times.repeats).map(([each, text]) => (
              <option key={each} value={each}>
                {text}
              </option>
            ))}
          </SelectField>
          {repeat !== 'once' && !isKept(repeat) && (
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
    {Object.entries(experimentTexts).map(([each, text]) => (
      <option key={each} value={each}>
        {text}
      </option>
    ))}
  </SelectField>
)
