// What was decided before the start, and how far it is.
import {
  equivalenceDefault,
  type Experiment,
  minimumDaysDefault,
  statusAt,
} from '../../../core/model/experiment.ts'
import type { Flag } from '../../../core/model/flag.ts'
import type { StoredResult } from '../../../core/model/stored-result.ts'
import { conditionText } from '../flags/text.ts'
import { number } from '../messages/catalogue.ts'
import { sizePercent } from '../messages/figures.ts'
import { results as words } from '../messages/results.ts'
import { Moment, Section } from '../ui/page.tsx'
import { type Fact, Facts } from '../ui/report.tsx'
import type { Names } from './names.ts'

const { facts: text } = words
const dayMs = 86_400_000

interface PlanProps {
  readonly experiment: Experiment
  readonly flag: Flag | undefined
  readonly names: Names
  readonly results: readonly StoredResult[]
}

export function Plan({ experiment, flag, names, results }: PlanProps) {
  const { startAt, stopAt, baselineVariationId, design = {}, owner, ruleId } = experiment
  const status = statusAt(experiment, Date.now())
  const isBefore = status === 'draft' || status === 'waiting'
  const isOver = status === 'stopped' || status === 'archived'
  const newest = results[0]
  const users = newest?.variations.reduce((sum, variation) => sum + variation.users, 0)
  const days = newest ? (newest.window.to - newest.window.from) / dayMs : 0
  const { minimumEffect, minimumDays = minimumDaysDefault, usersPlanned } = design
  const facts: (Fact | false)[] = [
    [text.rollout, rolloutText(flag, ruleId)],
    [text.baseline, names.variation(baselineVariationId)],
    (status !== 'draft' || startAt > Date.now()) && [
      isBefore ? text.starts : text.started,
      <Moment key="start" time={startAt} />,
    ],
    [isOver ? text.ended : text.ends, <Moment key="stop" time={stopAt} />],
    [text.decision, words.decisions[design.decision ?? 'always-valid']],
    minimumEffect !== undefined && [text.effect, sizePercent(minimumEffect)],
    [text.equivalence, words.within(sizePercent(design.equivalence ?? equivalenceDefault))],
    minimumDays > 0 && [text.minimum, words.daysIn(minimumDays)],
    usersPlanned !== undefined && [text.planned, number(usersPlanned)],
    users !== undefined && [text.users, number(users)],
    users !== undefined && days >= 1 && [text.perDay, number(Math.round(users / days))],
    owner !== undefined && owner !== '' && [text.owner, owner],
  ]
  return (
    <div>
      <Section title={words.plan} />
      <Facts facts={facts} />
    </div>
  )
}

/** Whose users are compared. */
export function rolloutText(flag: Flag | undefined, ruleId: string): string {
  if (!flag) return ruleId
  if (flag.defaultStrategy.id === ruleId) return flag.rules.length > 0 ? words.others : words.everybody
  const rule = flag.rules.find(({ id }) => id === ruleId)
  return rule ? rule.name || conditionText(rule.anyOf) : words.goneRule
}
