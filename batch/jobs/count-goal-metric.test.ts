// Which question a goal's metric becomes.
import { expect, it } from 'vitest'
import { fail } from '../failure.ts'
import { experimentQuestion } from '../counting/question.ts'
import { experiment, hourMs, purchase, startAt } from '../../test/support/simulated-shop.ts'
import { countGoalMetric } from './count-goal-metric.ts'
import type { JobContext } from './job-context.ts'

it.each([
  ['by the days before the first phase', true, 14],
  ['by nothing in a later phase, which users came to from a variation', false, 0],
])('adjusts %s', async (_, isFirstPhase, days) => {
  const asked: unknown[] = []
  const metrics: JobContext['metrics'] = {
    count: async (_environment, question) => (asked.push(question), fail('job', 'Counted.')),
  }
  const window = { from: startAt, to: startAt + hourMs }
  const goal = { ...purchase, metric: { kind: 'value' as const } }
  const question = experimentQuestion(experiment(), window, ['bought'])
  const context = { metrics } as JobContext
  const users = { asOf: window.to, isFirstPhase, exposuresUntil: undefined, cap: undefined }
  await countGoalMetric('demo', goal, question, [], users, context)
  const [{ metric }] = asked as [{ metric: { priorDays?: number } }]
  expect(metric.priorDays ?? 14).toBe(days)
})

it('caps a goal by history where the start fixed the cap, and nowhere if it fixed none', async () => {
  const asked: unknown[] = []
  const metrics: JobContext['metrics'] = {
    count: async (_environment, question) => (asked.push(question.metric), fail('job', 'Counted.')),
  }
  const metric = { kind: 'value' as const, capFromHistory: true }
  const question = experimentQuestion(experiment(), { from: startAt, to: startAt + hourMs }, ['bought'])
  for (const cap of [120, undefined]) {
    const users = { asOf: startAt + hourMs, isFirstPhase: true, exposuresUntil: undefined, cap }
    await countGoalMetric('demo', { ...purchase, metric }, question, [], users, { metrics } as JobContext)
  }
  expect(asked).toEqual([{ ...metric, cap: 120 }, metric])
})
