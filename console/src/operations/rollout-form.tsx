// A progressive rollout, new or edited: which variation, of whose users, in which steps.
import { Plus, X } from 'lucide-react'
import type { ProgressiveRollout } from '../../../core/model/progressive-rollout.ts'
import { EntityDialog } from '../change/entity-dialog.tsx'
import { useEdit } from '../change/use-edit.ts'
import { RuleField } from '../hold-backs/rule-field.tsx'
import { common } from '../messages/common.ts'
import { operationForms as form } from '../messages/operation-forms.ts'
import { operations as words } from '../messages/operations.ts'
import { Button } from '../ui/button.tsx'
import { Checkbox, SelectField, TextField } from '../ui/fields.tsx'
import { FlagField, useFlagRow, VariationOptions } from './flag-field.tsx'
import css from './operations.module.css'
import { rolloutBody, type RolloutFields, rolloutForm, type StepFields, withStep } from './rollout-fields.ts'

interface RolloutFormProps {
  readonly rollout?: ProgressiveRollout
  readonly onClose: () => void
}

type ProblemOf = (path: string) => string | undefined
const formWords = { create: words.buttons.createRollout, edit: form.edit.rollout }

export default function RolloutForm({ rollout, onClose }: RolloutFormProps) {
  const edit = useEdit(rollout, rolloutForm)
  const { fields, set } = edit
  const { name, flagKey, ruleId, variation, from, steps, onOperation, startsAt } = fields
  const flag = useFlagRow(flagKey)
  const isEdit = rollout !== undefined
  return (
    <EntityDialog
      plural="progressive-rollouts"
      words={formWords}
      edit={edit}
      bodyOf={rolloutBody}
      wide
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
            fixed={isEdit}
            problem={problemOf('flagKey')}
            onChange={(next) => {
              const rolled = next.variations.find(({ id }) => id !== next.offVariationId)?.id ?? ''
              const other = next.variations.find(({ id }) => id !== rolled)?.id ?? ''
              set({ flagKey: next.key, ruleId: '', variation: rolled, from: other })
            }}
          />
          {flag && !isEdit && (
            <RuleField
              flagKey={flagKey}
              value={ruleId}
              all
              problem={problemOf('ruleId')}
              onChange={(next) => set({ ruleId: next })}
            />
          )}
          {flag && (
            <div className={css['pair']}>
              <SelectField
                label={form.rolled}
                problem={problemOf('variationId')}
                value={variation}
                disabled={isEdit}
                onChange={(event) => set({ variation: event.target.value })}
              >
                <VariationOptions flag={flag} />
              </SelectField>
              <SelectField
                label={form.from}
                problem={problemOf('fromVariationId')}
                value={from}
                disabled={isEdit}
                onChange={(event) => set({ from: event.target.value })}
              >
                <VariationOptions flag={flag} except={variation} />
                <option value="">{form.rest}</option>
              </SelectField>
            </div>
          )}
          <Steps
            steps={steps}
            made={edit.opened?.stepsMade ?? 0}
            problemOf={problemOf}
            onChange={(next) => set({ steps: next })}
          />
          <div className={css['pair']}>
            <SelectField
              label={form.onOperation}
              value={onOperation}
              onChange={(event) => set({ onOperation: event.target.value as RolloutFields['onOperation'] })}
            >
              {Object.entries(form.reactions).map(([reaction, text]) => (
                <option key={reaction} value={reaction}>
                  {text}
                </option>
              ))}
            </SelectField>
            {(!edit.opened || edit.opened.status === 'waiting') && (
              <TextField
                label={isEdit ? form.starts : `${form.starts} (${common.optional})`}
                type="datetime-local"
                problem={problemOf('startAt')}
                value={startsAt}
                required={isEdit}
                onChange={(event) => set({ startsAt: event.target.value })}
              />
            )}
          </div>
        </>
      )}
    </EntityDialog>
  )
}

interface StepsProps {
  readonly steps: readonly StepFields[]
  /** So many were made: they stay as they are. */
  readonly made: number
  readonly problemOf: ProblemOf
  readonly onChange: (steps: readonly StepFields[]) => void
}

function Steps({ steps, made, problemOf, onChange }: StepsProps) {
  const set = (place: number, next: Partial<StepFields>) =>
    onChange(steps.map((each, i) => (i === place ? { ...each, ...next } : each)))
  const problem = problemOf('steps')
  return (
    <fieldset className={css['steps']}>
      <legend>{form.steps}</legend>
      {steps.map((each, i) => (
        <div key={each.key} className={css['step']}>
          <TextField
            label={form.share}
            aria-label={`${form.share}, ${form.step(i + 1)}`}
            inputMode="decimal"
            problem={problemOf(`steps.${i}.weight`)}
            value={each.share}
            disabled={i < made}
            onChange={(event) => set(i, { share: event.target.value })}
          />
          <TextField
            label={form.hold}
            aria-label={`${form.hold}, ${form.step(i + 1)}`}
            inputMode="decimal"
            problem={problemOf(`steps.${i}.holdMs`)}
            value={each.hold}
            disabled={i < made}
            onChange={(event) => set(i, { hold: event.target.value })}
          />
          <TextField
            label={form.users}
            aria-label={`${form.users}, ${form.step(i + 1)}`}
            inputMode="numeric"
            placeholder="–"
            problem={problemOf(`steps.${i}.minimumUsers`)}
            value={each.users}
            disabled={i < made}
            onChange={(event) => set(i, { users: event.target.value })}
          />
          <Checkbox
            label={form.approval}
            hint={each.guardrails && form.guardrails(each.guardrails.length)}
            checked={each.approval}
            disabled={i < made}
            onChange={(event) => set(i, { approval: event.target.checked })}
          />
          {i < made ? (
            <small>{form.stepMade}</small>
          ) : (
            <Button
              look="ghost"
              icon
              small
              aria-label={form.removeStep(i + 1)}
              onClick={() => onChange(steps.filter((_, place) => place !== i))}
            >
              <X size={14} />
            </Button>
          )}
        </div>
      ))}
      {problem && <p role="alert">{problem}</p>}
      <Button small onClick={() => onChange(withStep(steps))}>
        <Plus size={13} aria-hidden />
        {form.addStep}
      </Button>
    </fieldset>
  )
}
