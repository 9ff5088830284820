// A trigger, new or edited. A new one's URL is shown the only time that it can be seen.
import { useState } from 'react'
import type { PublicTrigger } from '../../../workers/control/api/operation-answers.ts'
import { EntityDialog } from '../change/entity-dialog.tsx'
import { operationForms as form } from '../messages/operation-forms.ts'
import { operations as words } from '../messages/operations.ts'
import { scheduling } from '../messages/scheduling.ts'
import { SelectField, TextField } from '../ui/fields.tsx'
import { FlagField } from './flag-field.tsx'
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
const emptyTrigger: TriggerFields = { name: '', flagKey: '', action: 'turn-off', experiment: '' }

const triggerBody = ({ name, flagKey, action, experiment }: TriggerFields) =>
  flagKey === '' ? undefined : { name, flagKey, action, ...(experiment && { experiment }) }

interface TriggerFormProps {
  readonly trigger?: PublicTrigger
  readonly onClose: () => void
}

export default function TriggerForm({ trigger, onClose }: TriggerFormProps) {
  const [initial] = useState<TriggerFields>(
    trigger ? { ...trigger, experiment: trigger.experiment ?? '' } : emptyTrigger,
  )
  const [fields, setFields] = useState(initial)
  const [made, setMade] = useState<MadeTrigger>()
  const set = (next: Partial<TriggerFields>) => setFields((was) => ({ ...was, ...next }))
  const { name, flagKey, action, experiment } = fields
  if (made) return <TriggerSecret made={made} onClose={onClose} />
  return (
    <EntityDialog
      plural="triggers"
      words={formWords}
      entity={trigger}
      initial={initial}
      fields={fields}
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
