// How long the experiment would take: asked of the API as soon as the form says enough.
import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useState } from 'react'
import type { Flag } from '../../../core/model/flag.ts'
import type { Goal } from '../../../core/model/goal.ts'
import type { PlanAnswer } from '../../../workers/control/api/experiment-answers.ts'
import { ask, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { number } from '../messages/catalogue.ts'
import { figure, rate } from '../messages/figures.ts'
import { experiments as words } from '../messages/experiments.ts'
import { results as resultWords } from '../messages/results.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/fields.tsx'
import { Note, Section } from '../ui/page.tsx'
import { Refusal } from '../ui/states.tsx'
import { Table } from '../ui/table.tsx'
import { type ExperimentFields, rolloutsOf } from './draft.ts'
import { dayText, numberOf, shareOf } from '../ui/field-text.ts'
import css from './form.module.css'

const { planner } = words
const dayMs = 86_400_000

interface PlannerProps {
  readonly fields: ExperimentFields
  readonly flag: Flag | undefined
  readonly goals: readonly Goal[]
  readonly set: (next: Partial<ExperimentFields>) => void
}

export function Planner({ fields, flag, goals, set }: PlannerProps) {
  const environment = useEnvironmentId()
  const [typed, setTyped] = useState({ baseline: '', mean: '', sd: '', perDay: '' })
  const type = (next: Partial<typeof typed>) => setTyped((was) => ({ ...was, ...next }))
  const goal = goals.find(({ key }) => key === fields.primary)
  const isOfValues = goal?.metric !== undefined && goal.metric.kind !== 'conversion'
  const body = useDeferredValue(JSON.stringify(askedOf(fields, flag, typed, isOfValues)))
  const { data: plan, error } = useQuery({
    queryKey: [environment, 'plan', body],
    enabled: body !== undefined,
    queryFn: () =>
      ask<PlanAnswer>('POST', pathOf(environment, 'experiment-plan'), { body: JSON.parse(body) as unknown }),
    placeholderData: (before) => before,
  })
  const chosen = plan?.plans.find(({ decision }) => decision === fields.decision)
  const days = chosen?.days
  return (
    <section className={css['planner']}>
      <Section title={planner.title} hint={planner.hint} />
      <div className={css['pair']}>
        {isOfValues ? (
          <>
            <TextField
              label={planner.mean}
              inputMode="decimal"
              value={typed.mean}
              onChange={(event) => type({ mean: event.target.value })}
            />
            <TextField
              label={planner.sd}
              inputMode="decimal"
              value={typed.sd}
              onChange={(event) => type({ sd: event.target.value })}
            />
          </>
        ) : (
          <TextField
            label={planner.baselineRate}
            inputMode="decimal"
            placeholder={baselineText(plan)}
            value={typed.baseline}
            onChange={(event) => type({ baseline: event.target.value })}
          />
        )}
        <TextField
          label={planner.perDay}
          hint={planner.asked}
          inputMode="numeric"
          placeholder={plan?.usersPerDay ? number(Math.round(plan.usersPerDay)) : ''}
          value={typed.perDay}
          onChange={(event) => type({ perDay: event.target.value })}
        />
      </div>
      {body === undefined ? (
        <p className={css['hint']}>{planner.needs}</p>
      ) : error ? (
        <Refusal error={error} />
      ) : (
        plan && (
          <>
            <Table
              label={planner.title}
              rows={plan.plans}
              keyOf={({ decision }) => decision}
              columns={[
                { title: planner.kind, cell: ({ decision }) => resultWords.decisions[decision] },
                { title: resultWords.users, end: true, cell: ({ users }) => number(users) },
                {
                  title: planner.days,
                  end: true,
                  cell: (row) => (row.days === null ? planner.unknown : number(Math.ceil(row.days))),
                },
              ]}
            />
            {plan.warnings.map((warning) => (
              <Note key={warning} tone="warning">
                {warning}
              </Note>
            ))}
            {chosen && days !== null && days !== undefined && (
              <Button
                small
                onClick={() =>
                  set({ usersPlanned: chosen.users, ends: dayText(Date.now() + Math.ceil(days) * dayMs) })
                }
              >
                {planner.useEnd}
              </Button>
            )}
          </>
        )
      )}
    </section>
  )
}

function baselineText(plan: PlanAnswer | undefined): string {
  if (!plan) return ''
  const { baseline } = plan
  return 'rate' in baseline ? rate(baseline.rate) : figure(baseline.mean)
}

/** What is asked of the API; undefined if the form does not say enough. */
function askedOf(
  { flagKey, ruleId, baselineId, primary, effect }: ExperimentFields,
  flag: Flag | undefined,
  typed: { readonly baseline: string; readonly mean: string; readonly sd: string; readonly perDay: string },
  isOfValues: boolean,
): object | undefined {
  const relative = shareOf(effect)
  if (!flag || primary === '' || relative === undefined || relative === 0) return undefined
  const weights = rolloutsOf(flag).find((rollout) => rollout.ruleId === ruleId)?.weights
  if (!weights) return undefined
  const baseline = weights.get(baselineId) ?? 1
  const others = [...weights].filter(([id]) => id !== baselineId).map(([, weight]) => weight)
  const [baselineRate, mean, sd, usersPerDay] = [
    shareOf(typed.baseline),
    numberOf(typed.mean),
    numberOf(typed.sd),
    numberOf(typed.perDay),
  ]
  return {
    flagKey,
    goalKey: primary,
    effect: { relative },
    shares: [baseline, ...others],
    ...(!isOfValues && baselineRate !== undefined && { baselineRate }),
    ...(isOfValues && mean !== undefined && sd !== undefined && { mean, sd }),
    ...(usersPerDay !== undefined && { usersPerDay }),
  }
}
