// Schedules that a flag is turned on or off. Other changes are scheduled where they are made, at the flag.
import { useState } from 'react'
import type { Schedule } from '../../../core/model/schedule.ts'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { operations as words } from '../messages/operations.ts'
import { SelectField, TextField } from '../ui/fields.tsx'
import { FlagField } from './flag-field.tsx'
import { nameOf } from './lanes.ts'

const { form } = words

export default function ScheduleForm({ onClose }: { onClose: () => void }) {
  const environment = useEnvironmentId()
  const [flag, setFlag] = useState<FlagRow>()
  const [fields, setFields] = useState({ name: '', when: '', what: 'on', experiment: '' })
  const set = (next: Partial<typeof fields>) => setFields((was) => ({ ...was, ...next }))
  const { name, when, what, experiment } = fields
  const body = () => ({
    name,
    flagKey: flag!.key,
    at: Date.parse(when),
    changes: { enabled: what === 'on' },
    ...(experiment && { experiment }),
  })
  return (
    <ChangeDialog
      title={words.buttons.createSchedule}
      verb={words.buttons.createSchedule}
      isReady={flag !== undefined && when !== ''}
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
            <option value="on">{form.turnOn}</option>
            <option value="off">{form.turnOff}</option>
          </SelectField>
          <TextField
            label={form.when}
            type="datetime-local"
            problem={problemOf('at')}
            value={when}
            onChange={(event) => set({ when: event.target.value })}
          />
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
