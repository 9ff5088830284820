// Creates a goal, or edits what is measured of it.
import { useState } from 'react'
import type { Goal } from '../../../core/model/goal.ts'
import { type GoalMetric, isOfShares } from '../../../core/model/goal-metric.ts'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { numberOf } from '../experiments/draft.ts'
import { audience } from '../messages/audience.ts'
import { common } from '../messages/common.ts'
import { SelectField, TextField } from '../ui/fields.tsx'
import { keyFollowing } from '../ui/key-of.ts'
import css from './audience.module.css'

const { goals: words } = audience
type Kind = GoalMetric['kind']

export function GoalForm({ goal, onClose }: { goal?: Goal; onClose: () => void }) {
  const environment = useEnvironmentId()
  const metric = goal?.metric
  const [fields, setFields] = useState({
    key: goal?.key ?? '',
    name: goal?.name ?? '',
    event: goal?.event ?? '',
    kind: metric?.kind ?? ('conversion' as Kind),
    cap: metric && 'cap' in metric ? String(metric.cap ?? '') : '',
    windowDays: metric && 'windowDays' in metric ? String(metric.windowDays ?? '') : '',
    day: metric?.kind === 'retention' ? String(metric.day) : '',
    steps: metric?.kind === 'funnel' ? metric.steps.join(', ') : '',
    denominator: metric?.kind === 'ratio' ? metric.denominator.event : '',
  })
  const set = (next: Partial<typeof fields>) => setFields((was) => ({ ...was, ...next }))
  const { key, name, event, kind, cap, windowDays, day, steps, denominator } = fields
  const [capValue, days] = [numberOf(cap), numberOf(windowDays)]
  const hasCap = !isOfShares({ kind })
  const hasWindow = kind !== 'retention'
  const names = steps.split(',').flatMap((step) => step.trim() || [])
  const body = () => ({
    ...(!goal && { key }),
    name,
    ...(event && { event }),
    ...((goal?.metric || kind !== 'conversion' || days !== undefined) && {
      metric: {
        // What the form does not show of the same metric stays.
        ...(metric?.kind === kind && metric),
        kind,
        ...(hasCap && capValue !== undefined && { cap: capValue }),
        ...(hasWindow && days !== undefined && { windowDays: days }),
        ...(kind === 'retention' && { day: numberOf(day) }),
        ...(kind === 'funnel' && { steps: names }),
        ...(kind === 'ratio' && { denominator: { event: denominator } }),
      },
    }),
  })
  const path = pathOf(environment, 'goals', ...(goal ? [goal.key] : []))
  return (
    <ChangeDialog
      title={goal ? words.edit : words.create}
      verb={goal ? words.save : words.create}
      isReady={
        key !== '' &&
        (kind !== 'ratio' || denominator !== '') &&
        (kind !== 'retention' || numberOf(day) !== undefined) &&
        (kind !== 'funnel' || names.length > 0)
      }
      run={(comment) =>
        change<Goal>(goal ? 'PATCH' : 'POST', path, {
          body: body(),
          comment,
          ...(goal && { version: goal.version }),
        })
      }
      done={({ entity }) => (goal ? audience.saved : audience.created)(entity.name || entity.key)}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <TextField
            label={audience.name}
            problem={problemOf('name')}
            value={name}
            onChange={({ target: { value } }) =>
              set({ name: value, ...(!goal && { key: keyFollowing(key, name, value) }) })
            }
          />
          <TextField
            label={audience.key}
            hint={audience.keyHint}
            problem={problemOf('key')}
            mono
            readOnly={goal !== undefined}
            value={key}
            onChange={(changed) => set({ key: changed.target.value })}
          />
          <TextField
            label={words.event}
            hint={words.eventHint}
            problem={problemOf('event')}
            mono
            placeholder={key}
            value={event}
            onChange={(changed) => set({ event: changed.target.value })}
          />
          <SelectField
            label={words.metric}
            problem={problemOf('metric')}
            value={kind}
            onChange={(changed) => set({ kind: changed.target.value as Kind })}
          >
            {Object.entries(words.metrics).map(([each, text]) => (
              <option key={each} value={each}>
                {text}
              </option>
            ))}
          </SelectField>
          {kind === 'ratio' && (
            <TextField
              label={words.denominator}
              problem={problemOf('metric.denominator.event')}
              mono
              value={denominator}
              onChange={(changed) => set({ denominator: changed.target.value })}
            />
          )}
          {kind === 'retention' && (
            <TextField
              label={words.day}
              inputMode="numeric"
              problem={problemOf('metric.day')}
              value={day}
              onChange={(changed) => set({ day: changed.target.value })}
            />
          )}
          {kind === 'funnel' && (
            <TextField
              label={words.steps}
              hint={words.stepsHint}
              problem={problemOf('metric.steps')}
              mono
              value={steps}
              onChange={(changed) => set({ steps: changed.target.value })}
            />
          )}
          <div className={css['pair']}>
            {hasWindow && (
              <TextField
                label={`${words.windowDays} (${common.optional})`}
                inputMode="decimal"
                problem={problemOf('metric.windowDays')}
                value={windowDays}
                onChange={(changed) => set({ windowDays: changed.target.value })}
              />
            )}
            {hasCap && (
              <TextField
                label={`${words.cap} (${common.optional})`}
                hint={words.capHint}
                inputMode="decimal"
                problem={problemOf('metric.cap')}
                value={cap}
                onChange={(changed) => set({ cap: changed.target.value })}
              />
            )}
          </div>
        </>
      )}
    </ChangeDialog>
  )
}
