// A dynamic allocation, new or edited: whose shares move, by which goal, how fast.
import { useQuery } from '@tanstack/react-query'
import type { DynamicAllocation } from '../../../core/model/dynamic-allocation.ts'
import { goalsQuery } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { EntityDialog } from '../change/entity-dialog.tsx'
import { useEdit } from '../change/use-edit.ts'
import { RuleField } from '../hold-backs/rule-field.tsx'
import { allocations as words } from '../messages/allocations.ts'
import { operationForms } from '../messages/operation-forms.ts'
import { SelectField, TextField } from '../ui/fields.tsx'
import { Note } from '../ui/page.tsx'
import { allocationBody, type AllocationFields, allocationForm } from './allocation-fields.ts'
import { FlagField } from './flag-field.tsx'
import css from './operations.module.css'

const { form } = words

interface AllocationFormProps {
  readonly allocation?: DynamicAllocation
  readonly onClose: () => void
}

export default function AllocationForm({ allocation, onClose }: AllocationFormProps) {
  const { data: goals = [] } = useQuery(goalsQuery(useEnvironmentId()))
  const edit = useEdit(allocation, allocationForm)
  const { fields, set } = edit
  const isEdit = allocation !== undefined
  return (
    <EntityDialog
      plural="dynamic-allocations"
      words={words}
      edit={edit}
      bodyOf={allocationBody}
      onClose={onClose}
    >
      {(problemOf) => {
        const number = (
          field: 'delay' | 'every' | 'floor' | 'step' | 'users',
          path: string,
          more: { hint?: string; disabled?: boolean } = {},
        ) => (
          <TextField
            label={form[field]}
            inputMode="decimal"
            problem={problemOf(path)}
            value={fields[field]}
            onChange={(event) => set({ [field]: event.target.value })}
            {...more}
          />
        )
        return (
          <>
            {!isEdit && <Note tone="info">{words.decides}</Note>}
            <TextField
              label={operationForms.name}
              problem={problemOf('name')}
              value={fields.name}
              onChange={(event) => set({ name: event.target.value })}
            />
            <FlagField
              value={fields.flagKey}
              fixed={isEdit}
              problem={problemOf('flagKey')}
              onChange={({ key }) => set({ flagKey: key, ruleId: '' })}
            />
            {fields.flagKey !== '' && !isEdit && (
              <RuleField
                flagKey={fields.flagKey}
                value={fields.ruleId}
                hint={form.rule}
                problem={problemOf('ruleId')}
                onChange={(ruleId) => set({ ruleId })}
              />
            )}
            <div className={css['pair']}>
              <SelectField
                label={form.goal}
                problem={problemOf('goalKey')}
                value={fields.goal}
                disabled={isEdit}
                onChange={(event) => set({ goal: event.target.value })}
              >
                <option value="">{operationForms.chooseGoal}</option>
                {goals.map(({ key, name }) => (
                  <option key={key} value={key}>
                    {name || key}
                  </option>
                ))}
              </SelectField>
              <SelectField
                label={form.direction}
                value={fields.direction}
                disabled={isEdit}
                onChange={(event) => set({ direction: event.target.value as AllocationFields['direction'] })}
              >
                {Object.entries(form.directions).map(([each, text]) => (
                  <option key={each} value={each}>
                    {text}
                  </option>
                ))}
              </SelectField>
              {number('delay', 'delayMs', { hint: form.delayHint, disabled: isEdit })}
              <SelectField
                label={form.counts}
                value={fields.counts}
                disabled={isEdit}
                onChange={(event) => set({ counts: event.target.value as AllocationFields['counts'] })}
              >
                {Object.entries(form.countsOptions).map(([each, text]) => (
                  <option key={each} value={each}>
                    {text}
                  </option>
                ))}
              </SelectField>
              {number('every', 'everyMs')}
              {number('users', 'minimumUsers')}
              {number('floor', 'floor')}
              {number('step', 'maximumStep')}
            </div>
          </>
        )
      }}
    </EntityDialog>
  )
}
