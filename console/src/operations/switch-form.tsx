// Creates a kill switch: what it watches, against what, and what it then does.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Operation } from '../../../core/model/operation.ts'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import { change, pathOf } from '../api/client.ts'
import { goalsQuery } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { numberOf, shareOf } from '../experiments/draft.ts'
import { operations as words } from '../messages/operations.ts'
import { SelectField, TextField } from '../ui/fields.tsx'
import { FlagField, VariationOptions } from './flag-field.tsx'
import { flagName } from './lanes.ts'
import css from './operations.module.css'

const { form } = words

export default function SwitchForm({ onClose }: { onClose: () => void }) {
  const environment = useEnvironmentId()
  const { data: goals = [] } = useQuery(goalsQuery(environment))
  const [flag, setFlag] = useState<FlagRow>()
  const [fields, setFields] = useState({
    variation: '',
    goal: '',
    comparison: 'at-least',
    threshold: '5',
    baseline: '',
    minimum: '100',
    action: 'disable',
  })
  const set = (next: Partial<typeof fields>) => setFields((was) => ({ ...was, ...next }))
  const { variation, goal, comparison, threshold, baseline, minimum, action } = fields
  const body = () => ({
    kind: 'event-rate',
    flagKey: flag!.key,
    variationId: variation,
    goalKey: goal,
    comparison,
    threshold: shareOf(threshold),
    minimumUsers: numberOf(minimum),
    ...(baseline && { baselineVariationId: baseline }),
    action:
      action === 'disable' || action === 'notify' ? { kind: action } : { kind: 'serve', variationId: action },
  })
  return (
    <ChangeDialog
      title={words.buttons.createSwitch}
      verb={words.buttons.createSwitch}
      isReady={flag !== undefined && goal !== ''}
      run={(comment) =>
        change<Operation>('POST', pathOf(environment, 'operations'), { body: body(), comment })
      }
      done={({ entity }) => words.created(flagName(flag ? [flag] : [], entity.flagKey))}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <FlagField
            value={flag?.key ?? ''}
            problem={problemOf('flagKey')}
            onChange={(next) => {
              const watched =
                next.variations.find(({ id }) => id !== next.offVariationId) ?? next.variations[0]
              setFlag(next)
              set({ variation: watched?.id ?? '', baseline: '', action: 'disable' })
            }}
          />
          {flag && (
            <SelectField
              label={form.variation}
              problem={problemOf('variationId')}
              value={variation}
              onChange={(event) => set({ variation: event.target.value, baseline: '' })}
            >
              <VariationOptions flag={flag} />
            </SelectField>
          )}
          <SelectField
            label={form.goal}
            problem={problemOf('goalKey')}
            value={goal}
            onChange={(event) => set({ goal: event.target.value })}
          >
            <option value="">{form.chooseGoal}</option>
            {goals.map(({ key, name }) => (
              <option key={key} value={key}>
                {name || key}
              </option>
            ))}
          </SelectField>
          <div className={css['pair']}>
            <SelectField
              label={form.comparison}
              value={comparison}
              onChange={(event) => set({ comparison: event.target.value })}
            >
              <option value="at-least">{form.atLeast}</option>
              <option value="at-most">{form.atMost}</option>
            </SelectField>
            <TextField
              label={baseline ? form.distance : form.threshold}
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
                onChange={(event) => set({ baseline: event.target.value })}
              >
                <option value="">{form.nobody}</option>
                <VariationOptions
                  flag={{ ...flag, variations: flag.variations.filter(({ id }) => id !== variation) }}
                />
              </SelectField>
            )}
            <TextField
              label={form.minimum}
              inputMode="numeric"
              problem={problemOf('minimumUsers')}
              value={minimum}
              onChange={(event) => set({ minimum: event.target.value })}
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
                <option key={id} value={id}>
                  {form.serve(name || id)}
                </option>
              ))}
            <option value="notify">{form.notify}</option>
          </SelectField>
        </>
      )}
    </ChangeDialog>
  )
}
