// A goal, new or edited: its event, and what is measured of it.
import type { Goal } from '../../../core/model/goal.ts'
import { EntityDialog } from '../change/entity-dialog.tsx'
import { NameAndId } from '../change/name-and-id.tsx'
import { useEdit } from '../change/use-edit.ts'
import { audience } from '../messages/audience.ts'
import { common } from '../messages/common.ts'
import { SelectField, TextField } from '../ui/fields.tsx'
import css from './audience.module.css'
import { goalBody, type GoalFields, goalForm, hasCap, hasWindow } from './goal-fields.ts'

const { goals: words } = audience

export function GoalForm({ goal, onClose }: { goal?: Goal; onClose: () => void }) {
  const edit = useEdit(goal, goalForm)
  const { fields, set } = edit
  const { key, name, event, kind, cap, windowDays, day, steps, denominator } = fields
  return (
    <EntityDialog
      plural="goals"
      words={words}
      edit={edit}
      bodyOf={goalBody}
      shown={name || key}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <NameAndId
            words={{ name: audience.name, id: audience.key, idHint: audience.keyHint }}
            idField="key"
            name={name}
            id={key}
            fixed={goal !== undefined}
            problemOf={problemOf}
            onChange={(next) => set({ name: next.name, key: next.id })}
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
            onChange={(changed) => set({ kind: changed.target.value as GoalFields['kind'] })}
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
            {hasWindow(kind) && (
              <TextField
                label={`${words.windowDays} (${common.optional})`}
                inputMode="decimal"
                problem={problemOf('metric.windowDays')}
                value={windowDays}
                onChange={(changed) => set({ windowDays: changed.target.value })}
              />
            )}
            {hasCap(kind) && (
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
    </EntityDialog>
  )
}
