// Starts a progressive rollout: which variation, of whose users, in which steps.
import { useState } from 'react'
import type { ProgressiveRollout } from '../../../core/model/progressive-rollout.ts'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { numberOf } from '../experiments/draft.ts'
import { operations as words } from '../messages/operations.ts'
import { Checkbox, SelectField, TextField } from '../ui/fields.tsx'
import { FlagField, VariationOptions } from './flag-field.tsx'
import { nameOf } from './lanes.ts'
import css from './operations.module.css'

const { form } = words
const weightPerPercent = 1_000 // core/model/limits.ts
const hourMs = 3_600_000

export default function RolloutForm({ onClose }: { onClose: () => void }) {
  const environment = useEnvironmentId()
  const [flag, setFlag] = useState<FlagRow>()
  const [fields, setFields] = useState({
    name: '',
    variation: '',
    from: '',
    steps: '1, 5, 20, 50, 100',
    hold: '24',
    approval: false,
    onOperation: 'pause',
  })
  const set = (next: Partial<typeof fields>) => setFields((was) => ({ ...was, ...next }))
  const { name, variation, from, steps, hold, approval, onOperation } = fields
  const shares = steps
    .split(/[,;\s]+/)
    .filter(Boolean)
    .map(numberOf)
  const holdMs = Math.round((numberOf(hold) ?? NaN) * hourMs)
  const isReady =
    flag !== undefined && shares.length > 0 && !shares.includes(undefined) && Number.isFinite(holdMs)
  const body = () => ({
    name,
    flagKey: flag!.key,
    variationId: variation,
    fromVariationId: from === '' ? null : from,
    onOperation,
    steps: shares.map((share) => ({ weight: Math.round(share! * weightPerPercent), holdMs, approval })),
  })
  return (
    <ChangeDialog
      title={words.buttons.createRollout}
      verb={words.buttons.createRollout}
      isReady={isReady}
      run={(comment) =>
        change<ProgressiveRollout>('POST', pathOf(environment, 'progressive-rollouts'), {
          body: body(),
          comment,
        })
      }
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
          <FlagField
            value={flag?.key ?? ''}
            problem={problemOf('flagKey')}
            onChange={(next) => {
              const rolled = next.variations.find(({ id }) => id !== next.offVariationId)?.id ?? ''
              setFlag(next)
              set({ variation: rolled, from: next.variations.find(({ id }) => id !== rolled)?.id ?? '' })
            }}
          />
          {flag && (
            <div className={css['pair']}>
              <SelectField
                label={form.rolled}
                problem={problemOf('variationId')}
                value={variation}
                onChange={(event) => set({ variation: event.target.value })}
              >
                <VariationOptions flag={flag} />
              </SelectField>
              <SelectField
                label={form.from}
                problem={problemOf('fromVariationId')}
                value={from}
                onChange={(event) => set({ from: event.target.value })}
              >
                <VariationOptions
                  flag={{ ...flag, variations: flag.variations.filter(({ id }) => id !== variation) }}
                />
                <option value="">{form.rest}</option>
              </SelectField>
            </div>
          )}
          <div className={css['pair']}>
            <TextField
              label={form.steps}
              hint={form.stepsHint}
              problem={problemOf('steps')}
              value={steps}
              onChange={(event) => set({ steps: event.target.value })}
            />
            <TextField
              label={form.hold}
              inputMode="decimal"
              problem={problemOf('steps.0.holdMs')}
              value={hold}
              onChange={(event) => set({ hold: event.target.value })}
            />
          </div>
          <Checkbox
            label={form.approval}
            checked={approval}
            onChange={(event) => set({ approval: event.target.checked })}
          />
          <SelectField
            label={form.onOperation}
            value={onOperation}
            onChange={(event) => set({ onOperation: event.target.value })}
          >
            {Object.entries(form.reactions).map(([reaction, text]) => (
              <option key={reaction} value={reaction}>
                {text}
              </option>
            ))}
          </SelectField>
        </>
      )}
    </ChangeDialog>
  )
}
