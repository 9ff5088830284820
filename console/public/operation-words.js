// @ts-check
// What an operation watches and does, and what the last look found, as sentences. Pure: no document, no
// clock.
import { counted, exactPercent, integer, minute, nameIn, reached } from './words.js'

/** @import { Flag } from '../../core/model/flag.ts' */
/** @import { Goal } from '../../core/model/goal.ts' */
/** @import { WatchedOperation } from './api.js' */

// core/model/operation.ts
const delayDefaults = { 'at-least': 3_600_000, 'at-most': 86_400_000 }

/**
 * @param {WatchedOperation} operation
 * @param {Flag | undefined} flag
 * @param {Goal | undefined} goal
 */
export function operationSentence(operation, flag, goal) {
  const { flagKey, variationId, goalKey, comparison, threshold, baselineVariationId, difference } = operation
  const isAbove = comparison === 'at-least'
  const side = isAbove ? 'more' : 'fewer'
  const share = exactPercent(threshold)
  const limit =
    baselineVariationId === undefined
      ? `${side} than ${share} of the users`
      : difference === 'relative'
        ? `by ${share} ${side} users than of “${nameIn(flag, baselineVariationId)}”`
        : `by ${share.replace('%', 'points')} ${side} users than of “${nameIn(flag, baselineVariationId)}”`
  const within = duration(operation.delayMs ?? delayDefaults[comparison])
  return (
    `${effectOf(operation, flag?.name || flagKey, flag)} on evidence that ${limit} who get ` +
    `“${nameIn(flag, variationId)}” reach the goal “${goal?.name || goalKey}” within ${within}.`
  )
}

/**
 * @param {WatchedOperation} operation
 * @param {string} name
 * @param {Flag | undefined} flag
 */
function effectOf({ action }, name, flag) {
  switch (action?.kind) {
    case 'serve':
      return `Turns “${name}” off, with “${nameIn(flag, action.variationId)}” for everybody,`
    case 'stop-experiment':
      return `Stops the experiment “${action.experimentId}”`
    case 'notify':
      return 'Tells webhooks, and changes nothing,'
    default:
      return `Turns “${name}” off`
  }
}

/** @type {Record<string, string>} */
const stateWords = {
  watching: 'not due',
  'too-few-users': 'too few users yet',
  due: 'it fired',
  unwatched: 'not watched, because no rollout gives both variations',
}

/**
 * Undefined if nobody looked since counting began.
 * @param {WatchedOperation} operation
 */
export function lookSentence({ lastLook, countingFrom }) {
  if (lastLook?.countingFrom !== countingFrom) return undefined
  const { at, state, evidence, needed, waitingUsers, baselineUsers, baselineGoalUsers } = lastLook
  const baseline =
    baselineUsers === undefined
      ? ''
      : `; of the baseline ${integer(baselineGoalUsers ?? 0)} of ${counted(baselineUsers, 'user')}`
  const waiting = waitingUsers > 0 ? `; ${counted(waitingUsers, 'user')} still have time` : ''
  const distance = `evidence ${evidence.toPrecision(2)} of ${needed.toPrecision(2)} needed`
  return `${minute(at)}: ${stateWords[state] ?? state}, ${distance}. ${reached(lastLook)}${baseline}${waiting}.`
}

const units = /** @type {const} */ ([
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
])

/** @param {number} ms */
export function duration(ms) {
  const [size, unit] = units.find(([each]) => ms >= each && ms % each === 0) ?? [1, 'millisecond']
  return counted(ms / size, unit)
}
