// What is asked of an environment's events: experiments, in the words of
// analytics/sql/counting/questions.sql. A question says everything that its counts depend on, besides the
// events.
import { createHash } from 'node:crypto'
import * as z from 'zod'
import { copyHorizonMs } from '../../analytics/records.ts'
import { CountedEvents, countedByDefault } from '../../core/model/counted-events.ts'
import type { Experiment } from '../../core/model/experiment.ts'
import type { Window } from '../lake/cache.ts'

/** The end of the year 9999. */
const endOfTime = 253_402_300_799_999

export const Question = z.strictObject({
  flagKey: z.string(),
  /** Exposures that it decided count. */
  rule: z.string(),
  /** The attribute whose values are counted; empty: users are. */
  unitAttribute: z.string(),
  counts: CountedEvents,
  /** Half-open, in epoch milliseconds. */
  start: z.int(),
  end: z.int(),
  /** Names of the goals' events. Goal 1 is the first. */
  events: z.array(z.string()),
})
export type Question = z.infer<typeof Question>

/** `events` are those of its goals. */
export const experimentQuestion = (
  experiment: Pick<Experiment, 'flagKey' | 'ruleId' | 'counts' | 'phases'>,
  { from, to }: Window,
  events: readonly string[],
): Question => ({
  flagKey: experiment.flagKey,
  rule: experiment.ruleId,
  unitAttribute: unitAttributeOf(experiment),
  counts: experiment.counts ?? countedByDefault,
  start: from,
  end: to,
  events: [...new Set(events)],
})

/** Empty: users are counted. */
export const unitAttributeOf = ({ phases }: Pick<Experiment, 'phases'>): string =>
  phases?.at(-1)?.unitAttribute ?? ''

/** Equal questions have equal names. */
export const nameOf = (question: Question): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(question).toSorted(([a], [b]) => (a < b ? -1 : 1))))
    .digest('hex')

/** A question with the number that its counts have. */
export interface Asked {
  readonly x: number
  readonly question: Question
  /** Of persons who count for it (link-scopes.ts), besides those of every scope. */
  readonly scopes?: readonly number[]
}

/** The earliest and the latest time that any of them asks for. */
export const windowOf = (asked: readonly Pick<Question, 'start' | 'end'>[]): Window => ({
  from: asked.reduce((earliest, { start }) => Math.min(earliest, start), endOfTime),
  to: asked.reduce((latest, { end }) => Math.max(latest, end), 0),
})

/** What has to be read of the lake: copies of its events may count earlier. */
export const withCopies = ({ from, to }: Window): Window => ({ from: from - copyHorizonMs, to })

/**
 * A question follows the links that were made in its window, and in the time before it that is read for
 * copies anyway: not what a neighbour's window happens to bring.
 */
export const linkWindowOf = (
  { start, end }: Pick<Question, 'start' | 'end'>,
  { copyHorizonMs: horizonMs }: { readonly copyHorizonMs: number },
): Window => ({ from: start - horizonMs, to: end })

/** As parameters of analytics/sql/counting. */
export const questionParameters = (asked: readonly Asked[]) => ({
  questions: asked.map((each) => JSON.stringify(toRow(each))).join('\n'),
  flags: [...new Set(asked.map(({ question }) => question.flagKey))],
  events: [...new Set(asked.flatMap(({ question }) => question.events))],
  from: windowOf(asked.map(({ question }) => question)).from,
})

const toRow = ({ x, question, scopes = [] }: Asked) => ({
  x,
  askedFlag: question.flagKey,
  rule: question.rule,
  askedUnit: question.unitAttribute,
  counts: question.counts,
  start: question.start,
  end: question.end,
  goals: question.events.map((event, i) => ({ q: i + 1, event })),
  scopes,
})
