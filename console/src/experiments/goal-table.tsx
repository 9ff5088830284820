// The goals of an experiment, each with its intervals on one axis, and what is called of it.
import type { ExperimentDesign } from '../../../core/model/experiment.ts'
import type { StoredResult } from '../../../core/model/stored-result.ts'
import { Axis, Interval } from '../charts/interval.tsx'
import { sizePercent, tick } from '../messages/figures.ts'
import { results as words } from '../messages/results.ts'
import { Status, Variation } from '../ui/marks.tsx'
import { Section } from '../ui/page.tsx'
import css from './detail.module.css'
import { axisOf, type GoalRow, goalRows } from './goal-rows.ts'
import type { Names } from './names.ts'

interface GoalTableProps {
  readonly results: readonly StoredResult[]
  readonly design: ExperimentDesign | undefined
  readonly names: Names
}

export function GoalTable({ results, design, names }: GoalTableProps) {
  const rows = goalRows(results, design, names)
  const { domain, ticks } = axisOf(rows)
  const baseline = names.variation(results[0]!.baselineVariationId)
  const limit = rows.find((row) => row.limit)?.limit
  const hasInner = rows.some(({ marks }) => marks.some(({ inner }) => inner))
  return (
    <section>
      <Section title={words.goals} hint={words.goalsHint(baseline, words.alwaysValid)}>
        <span className={css['legend']}>
          {rows[0]!.changes.map(({ variationId, name, colour }) => (
            <Variation key={variationId} name={name} colour={colour} />
          ))}
          {hasInner && <span>{words.thick}</span>}
          {limit && (
            <span className={css['limit']}>
              <i />
              {words.worseBy(sizePercent(limit.at))}
            </span>
          )}
        </span>
      </Section>
      <div className={css['goals']} role="table" aria-label={words.goals}>
        <div role="row" data-head>
          <span role="columnheader">{words.goal}</span>
          <span role="columnheader" className={css['control']}>
            {baseline}
          </span>
          <span role="columnheader">{words.change}</span>
          <span role="columnheader">{words.changeShort}</span>
          <span role="columnheader">{words.call}</span>
        </div>
        {rows.map((row) => (
          <Row key={row.key} row={row} domain={domain} ticks={ticks} />
        ))}
        <div data-axis role="presentation">
          <div className={css['plot']}>
            <Axis domain={domain} ticks={ticks} text={tick} />
          </div>
        </div>
      </div>
    </section>
  )
}

interface RowProps extends ReturnType<typeof axisOf> {
  readonly row: GoalRow
}

const Row = ({ row, domain, ticks }: RowProps) => (
  <div role="row">
    <div className={css['goal']} role="cell">
      <strong>{row.name}</strong>
      <small>
        {words.roles[row.role]}, {row.isLowerBetter ? words.lower : words.higher}
        {row.noLongerAsked && `, ${words.noLongerAsked}`}
      </small>
    </div>
    <div className={css['control']} role="cell">
      {row.baseline}
      <small>{row.unit}</small>
    </div>
    <div className={css['plot']} role="cell">
      <Interval
        marks={row.marks}
        domain={domain}
        ticks={ticks}
        limit={row.limit}
        label={row.changes.map(({ name, relative }) => `${name}: ${relative}`).join('; ')}
      />
    </div>
    <div className={css['changes']} role="cell">
      {row.changes.map(({ variationId, name, colour, relative, absolute }) => (
        <span key={variationId} title={name}>
          <i className={css['square']} style={{ background: `var(--v${colour % 7})` }} />
          <b>{relative}</b>
          {absolute && <small>{absolute}</small>}
        </span>
      ))}
    </div>
    <div className={css['call']} role="cell">
      <Status is={row.call.mark}>{row.call.text}</Status>
    </div>
  </div>
)
