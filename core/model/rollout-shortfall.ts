// What a step of a progressive rollout still lacks. Pure: the runner asks before it sends facts, and the
// environment object asks again.
import type { Operation } from './operation.ts'
import { judgedUntil, type MinuteCounts } from './operation-watch.ts'
import { type ProgressiveRollout, type RolloutFacts, stepInQuestion } from './progressive-rollout.ts'

type Operations = ReadonlyMap<string, Operation>

/** As phrases; empty if the facts are enough for the last step. */
export function shortfallOf(
  rollout: ProgressiveRollout,
  operations: Operations,
  facts: RolloutFacts,
): string[] {
  const step = stepInQuestion(rollout)
  if (!step) return []
  if (facts.stepAt !== rollout.stepAt) return ['the facts are of another step']
  const { minimumUsers = 0, guardrails = [] } = step
  const few =
    facts.users < minimumUsers ? [`${facts.users} users met the variation, ${minimumUsers} are needed`] : []
  return [...few, ...guardrails.flatMap((id) => guardrailShortfall(id, operations.get(id), facts))]
}

function guardrailShortfall(
  id: string,
  operation: Operation | undefined,
  { guardrails }: RolloutFacts,
): string[] {
  if (!operation) return [`operation ${id} is not there, or has fired`]
  if (operation.status !== 'active') return [`operation ${id} has fired`]
  const judged = guardrails.find(({ operationId }) => operationId === id)?.judgedUsers ?? 0
  return judged < operation.minimumUsers
    ? [`operation ${id} has judged ${judged} users of the step, ${operation.minimumUsers} are needed`]
    : []
}

/** What an operation has judged of a step: users whose time to reach the goal is over. */
export function judgedOf(
  operation: Operation,
  rows: readonly MinuteCounts[],
  stepAt: number,
  now: number,
): RolloutFacts['guardrails'][number] {
  const until = judgedUntil(operation, now)
  // The minute in which the step was made holds users of the one before.
  const counted = rows.filter(({ minute }) => minute * minuteMs >= stepAt && (minute + 1) * minuteMs <= until)
  const sum = (field: 'users' | 'goalUsers') => counted.reduce((total, row) => total + row[field], 0)
  return { operationId: operation.id, judgedUsers: sum('users'), goalUsers: sum('goalUsers') }
}
const minuteMs = 60_000
