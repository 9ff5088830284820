// What happened to an operation or a rollout, as people read it. Pure: an event in, a line out.
import { actionDefault, delayOf, type Operation, type OperationLook } from '../core/model/operation.ts'
import { weightPerPercent } from '../core/model/limits.ts'
import { stepName } from '../core/model/progressive-rollout.ts'
import { chancesOf, movedWeights } from '../core/model/reallocation.ts'
import { percent } from './print-numbers.ts'
import { integer } from './print-lake.ts'
import type { RunEvent } from './run-event.ts'

type OperationEvent = Extract<RunEvent, { kind: 'watched' | 'armed' | 'applied' }>

export function operationText(event: OperationEvent): string {
  const { environmentId, operation } = event
  const path = `${environmentId}/${operation.id}`
  if (event.kind === 'armed') return `${path}: armed again, and watches from now on.`
  const { look } = event
  const seen = `${path}: ${operation.flagKey} ${operation.variationId}, ${countsText(operation, look)}; ${ruleText(operation)}`
  if (event.kind === 'watched') return `${seen}: ${stateText(operation, look)}.`
  const effect = event.changed ? effectText(operation) : 'was applied already'
  return `${seen}: due, ${effect}, revision ${event.revision}.`
}

/** Of a step that has its users. */
export function rolloutText(event: Extract<RunEvent, { kind: 'confirmed' }>): string {
  const { environmentId, rollout, facts, revision, changed } = event
  const step = stepName(rollout, rollout.stepsMade)
  const effect = changed ? `revision ${revision}` : 'was confirmed already'
  return `${environmentId}/${rollout.id}: ${integer(facts.users)} users met ${rollout.variationId} at step ${step}: ${effect}.`
}

/** The chances are what it decides by, and no result of an experiment. */
export function allocationText(event: Extract<RunEvent, { kind: 'moved' | 'not-moved' }>): string {
  const { environmentId, allocation } = event
  const { arms, phases, flagKey, goalKey } = allocation
  const path = `${environmentId}/${allocation.id}: ${flagKey} by ${goalKey}`
  if (event.kind === 'not-moved') return `${path}, shares stay: ${event.reason}.`
  const { weights } = phases.at(-1)!
  const moved = movedWeights(allocation, event.facts)
  const chances = chancesOf(allocation, event.facts)
  const parts = arms.map((arm, i) => {
    const [from, to] = [weights[arm] ?? 0, moved[arm] ?? 0]
    return `${arm} ${from / weightPerPercent} to ${to / weightPerPercent} % (best with ${percent(chances[i]!)})`
  })
  return `${path}, ${parts.join(', ')}: ${event.changed ? `revision ${event.revision}` : 'nothing had to change'}.`
}

function countsText(operation: Operation, look: OperationLook): string {
  const { goalKey, baselineVariationId } = operation
  const { exposedUsers, goalUsers, baselineUsers = 0, baselineGoalUsers = 0, waitingUsers } = look
  const { verifiedUsers, unverifiedUsers, usersOverLimit } = look
  const reached = (goals: number, users: number) =>
    `${integer(goals)} of ${integer(users)}${users > 0 ? ` (${percent(goals / users)})` : ''}`
  const parts = [`${reached(goalUsers, exposedUsers)} users reached ${goalKey}`]
  if (baselineVariationId !== undefined)
    parts.push(`of ${baselineVariationId} ${reached(baselineGoalUsers, baselineUsers)}`)
  if (verifiedUsers + unverifiedUsers > 0)
    parts.push(`${integer(verifiedUsers)} users verified, ${integer(unverifiedUsers)} not`)
  if (waitingUsers > 0) parts.push(`${integer(waitingUsers)} still have time`)
  if (usersOverLimit > 0) parts.push(`${integer(usersOverLimit)} users left out: too many from one address`)
  return parts.join(', ')
}

function ruleText(operation: Operation): string {
  const { comparison, threshold, minimumUsers, baselineVariationId, difference } = operation
  const isAbove = comparison === 'at-least'
  const limit =
    baselineVariationId === undefined
      ? `${isAbove ? 'above' : 'below'} ${percent(threshold)}`
      : `${difference === 'relative' ? percent(threshold) : percent(threshold).replace('%', 'points')} ` +
        `${isAbove ? 'above' : 'below'} ${baselineVariationId}`
  return `fires ${limit} within ${duration(delayOf(operation))}, from ${integer(minimumUsers)} users on`
}

function stateText({ minimumUsers }: Operation, look: OperationLook): string {
  const { state, exposedUsers, evidence, needed } = look
  if (state === 'unwatched') return 'not watched, because no rollout gives both variations'
  if (state === 'too-few-users') return `not due, ${integer(minimumUsers - exposedUsers)} users are missing`
  return `not due, evidence ${evidence.toPrecision(2)} of ${needed.toPrecision(2)}`
}

function effectText({ action = actionDefault }: Operation): string {
  switch (action.kind) {
    case 'serve':
      return `flag turned off with ${action.variationId} for everybody`
    case 'stop-experiment':
      return `experiment ${action.experimentId} stopped`
    case 'notify':
      return 'told, nothing changed'
    default:
      return 'flag turned off'
  }
}

const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const

function duration(ms: number): string {
  const [size, unit] = units.find(([each]) => ms >= each && ms % each === 0) ?? [1, 'ms']
  return `${integer(ms / size)} ${unit}`
}
