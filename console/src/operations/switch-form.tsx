// A kill switch, new or edited: what it watches, against what, and what it then does.
import { useQuery } from '@tanstack/react-query'
import type { Operation } from '../../../core/model/operation.ts'
import { experimentsQuery, goalsQuery } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { EntityDialog } from '../change/entity-dialog.tsx'
import { useEdit } from '../change/use-edit.ts'
import { common } from '../messages/common.ts'
import { operationForms as form } from '../messages/operation-forms.ts'
import { operations as words } from '../messages/operations.ts'
import { SelectField, TextField } from '../ui/fields.tsx'
import { FlagField, useFlagRow, VariationOptions } from './flag-field.tsx'
import { nameOf } from './lanes.ts'
import css from './operations.module.css'
import { serving, stopping, switchBody, type SwitchFields, switchForm } from './switch-fields.ts'

interface SwitchFormProps {
  readonly operation?: Operation
  readonly onClose: () => void
}

const formWords = { create: words.buttons.createSwitch, edit: form.edit.switch }

export default function SwitchForm({ operation, onClose }: SwitchFormProps) {
  const environment = useEnvironmentId()
  const { data: goals = [] } = useQuery(goalsQuery(environment))
  const { data: experiments = [] } = useQuery(experimentsQuery(environment))
  const edit = useEdit<Operation, SwitchFields>(operation, switchForm)
  const { fields, set } = edit
  const flag = useFlagRow(fields.flagKey)
  const isEdit = operation !== undefined
  const { variation, goal, comparison, threshold, baseline, difference, minimum, delay, action, rearm } =
    fields
  const stoppable = experiments.filter(
    ({ id, flagKey, status }) =>
      flagKey === fields.flagKey && (status === 'running' || action === stopping(id)),
  )
  // the API has no way back to its default
  const isComplete = !isEdit || edit.initial.delay === '' || delay !== ''
  return (
    <EntityDialog
      plural="operations"
      words={formWords}
      edit={edit}
      bodyOf={(of) => (isComplete ? switchBody(of) : undefined)}
      shown={flag?.name || fields.flagKey}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <FlagField
            value={fields.flagKey}
            fixed={isEdit}
            problem={problemOf('flagKey')}
            onChange={(next) => {
              const watched =
                next.variations.find(({ id }) => id !== next.offVariationId) ?? next.variations[0]
              set({ flagKey: next.key, variation: watched?.id ?? '', baseline: '', action: 'disable' })
            }}
          />
          {flag && (
            <SelectField
              label={form.variation}
              problem={problemOf('variationId')}
              value={variation}
              disabled={isEdit}
              onChange={(event) => set({ variation: event.target.value, baseline: '' })}
            >
              <VariationOptions flag={flag} />
            </SelectField>
          )}
          <SelectField
            label={form.goal}
            problem={problemOf('goalKey')}
            value={goal}
            disabled={isEdit}
            onChange={(event) => set({ goal: event.target.value })}
          >
            <option value="">{form.chooseGoal}</option>
            {goals.map((each) => (
              <option key={each.key} value={each.key}>
                {each.name || each.key}
              </option>
            ))}
          </SelectField>
          <div className={css['pair']}>
            <SelectField
              label={form.comparison}
              value={comparison}
              onChange={(event) => set({ comparison: event.target.value as SwitchFields['comparison'] })}
            >
              <option value="at-least">{form.atLeast}</option>
              <option value="at-most">{form.atMost}</option>
            </SelectField>
            <TextField
              label={baseline === '' ? form.threshold : form.distances[difference]}
              inputMode="decimal"
              problem={problemOf('threshold')}
              value={threshold}
              onChange={(event) => set({ threshold: event.target.value })}
            />
            {flag && (
              <SelectField
                label={form.against}
                problem={problemOf('baselineVariationId')}
                value={baseline}
                disabled={isEdit}
                onChange={(event) => set({ baseline: event.target.value })}
              >
                <option value="">{form.nobody}</option>
                <VariationOptions flag={flag} except={variation} />
              </SelectField>
            )}
            {baseline !== '' && (
              <SelectField
                label={form.difference}
                value={difference}
                disabled={isEdit}
                onChange={(event) => set({ difference: event.target.value as SwitchFields['difference'] })}
              >
                {Object.entries(form.differences).map(([each, text]) => (
                  <option key={each} value={each}>
                    {text}
                  </option>
                ))}
              </SelectField>
            )}
            <TextField
              label={form.minimum}
              inputMode="numeric"
              problem={problemOf('minimumUsers')}
              value={minimum}
              onChange={(event) => set({ minimum: event.target.value })}
            />
            <TextField
              label={`${form.delay} (${common.optional})`}
              hint={form.delayHint}
              inputMode="decimal"
              problem={problemOf('delayMs')}
              value={delay}
              onChange={(event) => set({ delay: event.target.value })}
            />
          </div>
          <SelectField
            label={form.action}
            problem={problemOf('action')}
            value={action}
            onChange={(event) => set({ action: event.target.value })}
          >
            <option value="disable">{form.disable}</option>
            {flag?.variations
              .filter(({ id }) => id !== variation)
              .map(({ id, name }) => (
                <option key={id} value={serving(id)}>
                  {form.serve(name || id)}
                </option>
              ))}
            {stoppable.map((experiment) => (
              <option key={experiment.id} value={stopping(experiment.id)}>
                {form.stopExperiment(nameOf(experiment))}
              </option>
            ))}
            <option value="notify">{form.notify}</option>
          </SelectField>
          <TextField
            label={`${form.rearm} (${common.optional})`}
            hint={form.rearmHint}
            inputMode="decimal"
            problem={problemOf('rearmAfterMs')}
            value={rearm}
            onChange={(event) => set({ rearm: event.target.value })}
          />
        </>
      )}
    </EntityDialog>
  )
}
