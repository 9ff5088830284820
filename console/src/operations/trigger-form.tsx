// A trigger, new or edited. A new one's URL is shown the only time that it can be seen.
import { useState } from 'react'
import type { PublicTrigger } from '../../../workers/control/api/operation-answers.ts'
import { EntityDialog } from '../change/entity-dialog.tsx'
import { optionText } from '../change/merge-fields.ts'
import type { FormOf } from '../change/edit-state.ts'
import { useEdit } from '../change/use-edit.ts'
import { operationForms as form } from '../messages/operation-forms.ts'
import { operations as words } from '../messages/operations.ts'
import { scheduling } from '../messages/scheduling.ts'
import { SelectField, TextField } from '../ui/fields.tsx'
import { FlagField } from './flag-field.tsx'
import { experimentTexts } from './schedule-fields.ts'
import { ExperimentField } from './schedule-form.tsx'
import { type MadeTrigger, TriggerSecret } from './trigger-secret.tsx'

const formWords = { create: words.buttons.createTrigger, edit: form.edit.trigger }

interface TriggerFields {
  readonly name: string
  readonly flagKey: string
  readonly action: PublicTrigger['action']
  /** Empty: an experiment that runs refuses it. */
  readonly experiment: string
}
const triggerForm: FormOf<PublicTrigger, TriggerFields> = {
  empty: { name: '', flagKey: '', action: 'turn-off', experiment: '' },
  fieldsOf: ({ name, flagKey, action, experiment = '' }) => ({ name, flagKey, action, experiment }),
  rules: {
    name: { label: form.name },
    flagKey: 'stored',
    action: {
      label: form.what,
      text: optionText({ 'turn-off': scheduling.turnOff, 'turn-on': scheduling.turnOn }),
    },
    experiment: { label: form.ifExperiment, text: optionText(experimentTexts) },
  },
}

const triggerBody = ({ name, flagKey, action, experiment }: TriggerFields) =>
  flagKey === '' ? undefined : { name, flagKey, action, ...(experiment && { experiment }) }

interface TriggerFormProps {
  readonly trigger?: PublicTrigger
  readonly onClose: () => void
}

export default function TriggerForm({ trigger, onClose }: TriggerFormProps) {
  const edit = useEdit(trigger, triggerForm)
  const { fields, set } = edit
  const [made, setMade] = useState<MadeTrigger>()
  const { name, flagKey, action, experiment } = fields
  if (made) return <TriggerSecret made={made} onClose={onClose} />
  return (
    <EntityDialog
      plural="triggers"
      words={formWords}
      edit={edit}
      bodyOf={triggerBody}
      {...(!trigger && { onDone: (answer: object) => setMade(answer as MadeTrigger) })}
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
            fixed={trigger !== undefined}
            problem={problemOf('flagKey')}
            onChange={({ key }) => set({ flagKey: key })}
          />
          <SelectField
            label={form.what}
            value={action}
            onChange={(event) => set({ action: event.target.value as TriggerFields['action'] })}
          >
            <option value="turn-off">{scheduling.turnOff}</option>
            <option value="turn-on">{scheduling.turnOn}</option>
          </SelectField>
          <ExperimentField value={experiment} onChange={(next) => set({ experiment: next })} />
        </>
      )}
    </EntityDialog>
  )
}
