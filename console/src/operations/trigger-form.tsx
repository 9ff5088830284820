// Creates a trigger, and shows its URL the only time that it can be seen.
import { useState } from 'react'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import type { PublicTrigger } from '../../../workers/control/api/operation-answers.ts'
import type { ChangeAnswer } from '../../../workers/control/api/shapes.ts'
import { ask, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { operations as words } from '../messages/operations.ts'
import { scheduling } from '../messages/scheduling.ts'
import { SelectField, TextField } from '../ui/fields.tsx'
import { FlagField } from './flag-field.tsx'
import { nameOf } from './lanes.ts'
import { ExperimentField } from './schedule-form.tsx'
import { type MadeTrigger, TriggerSecret } from './trigger-secret.tsx'

const { form } = words

export default function TriggerForm({ onClose }: { onClose: () => void }) {
  const environment = useEnvironmentId()
  const [flag, setFlag] = useState<FlagRow>()
  const [fields, setFields] = useState({ name: '', action: 'turn-off', experiment: '' })
  const [made, setMade] = useState<MadeTrigger>()
  const set = (next: Partial<typeof fields>) => setFields((was) => ({ ...was, ...next }))
  const { name, action, experiment } = fields
  const body = () => ({ name, flagKey: flag!.key, action, ...(experiment && { experiment }) })
  if (made) return <TriggerSecret made={made} onClose={onClose} />
  return (
    <ChangeDialog<ChangeAnswer<PublicTrigger> & MadeTrigger>
      title={words.buttons.createTrigger}
      verb={words.buttons.createTrigger}
      isReady={flag !== undefined}
      run={(comment) =>
        ask('POST', pathOf(environment, 'triggers'), {
          body: body(),
          comment,
        })
      }
      done={({ entity }) => words.created(nameOf(entity))}
      onDone={setMade}
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
          <SelectField
            label={form.what}
            value={action}
            onChange={(event) => set({ action: event.target.value })}
          >
            <option value="turn-off">{scheduling.turnOff}</option>
            <option value="turn-on">{scheduling.turnOn}</option>
          </SelectField>
          <ExperimentField value={experiment} onChange={(next) => set({ experiment: next })} />
        </>
      )}
    </ChangeDialog>
  )
}
