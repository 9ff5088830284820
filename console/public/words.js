// @ts-check
// Formats configuration and numbers as text. Pure: no document, no clock.

/** @import { AnyOf, Clause } from '../../core/model/clause.ts' */
/** @import { Command } from '../../core/change/command.ts' */
/** @import { Flag, Strategy, Variation } from '../../core/model/flag.ts' */

const space = '\u00a0' // keeps a number and its unit on one line
const valuesShown = 5
const weightTotal = 100_000 // core/model/limits.ts

/** @param {number} count */
export const integer = (count) => count.toLocaleString('en-US').replaceAll(',', '\u202f')

/**
 * @param {number} count
 * @param {string} one
 */
export const counted = (count, one) => `${integer(count)}${space}${one}${count === 1 ? '' : 's'}`

/**
 * Three significant digits, so that rare conversions are not all 0.0 %. As in batch/print.ts.
 * @param {number} share
 */
export function percent(share) {
  const value = Math.abs(share * 100)
  const digits = value === 0 ? '0' : value >= 10 ? value.toFixed(1) : value.toPrecision(3)
  return `${share < 0 ? '−' : ''}${digits}${space}%`
}

/** @param {number} share */
export const signedPercent = (share) => `${share > 0 ? '+' : ''}${percent(share)}`

/**
 * A configured share with all its digits: 50 %, 12.5 %.
 * @param {number} share
 */
export const exactPercent = (share) => `${Number((share * 100).toFixed(3))}${space}%`

/**
 * A difference of two rates.
 * @param {number} share
 */
export const points = (share) => `${Number((share * 100).toPrecision(2))}${space}percentage points`

/** @param {number} epochMs */
export const minute = (epochMs) => new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ')

/** @param {number} epochMs */
export const second = (epochMs) => new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ')

/** @param {Variation} variation */
export const variationName = ({ name, value, id }) => name || (value.length <= 30 ? value : '') || id

/**
 * @param {Flag | undefined} flag
 * @param {string} id
 */
export function nameIn(flag, id) {
  const variation = flag?.variations.find((candidate) => candidate.id === id)
  return variation ? variationName(variation) : id
}

/**
 * One group must match, and in it all clauses.
 * @param {AnyOf} anyOf
 */
export const condition = (anyOf) =>
  anyOf
    .map((group) => {
      const all = group.map(clause).join(' and ')
      return anyOf.length > 1 && group.length > 1 ? `(${all})` : all
    })
    .join(' or ')

/** @param {Clause} clause */
const clause = ({ compareAs, negated, ...given }) => {
  const plain = plainClause(given) + (compareAs === undefined ? '' : ` (compared as ${compareAs})`)
  return negated ? `not (${plain})` : plain
}

/** @param {Pick<Clause, 'attribute' | 'operator' | 'values'>} clause */
function plainClause({ attribute, operator, values }) {
  const who = attribute === 'id' || attribute === 'targetingKey' ? 'targeting key' : attribute
  const which = values.length === 1 ? value(values[0]) : `one of ${list(values)}`
  switch (operator) {
    case 'equals':
      return `${who} equals ${which}`
    case 'in':
      return `${who} is ${which}`
    case 'not-equals':
      return `${who} is ${values.length === 1 ? 'not' : 'none of'} ${list(values)}`
    case 'not-contains':
      return `${who} contains ${values.length === 1 ? 'no' : 'none of'} ${list(values)}`
    case 'starts-with':
      return `${who} starts with ${which}`
    case 'ends-with':
      return `${who} ends with ${which}`
    case 'contains':
      return `${who} contains ${which}`
    case 'greater':
      return `${who} is greater than ${which}`
    case 'greater-or-equal':
      return `${who} is at least ${which}`
    case 'less':
      return `${who} is less than ${which}`
    case 'less-or-equal':
      return `${who} is at most ${which}`
    case 'before':
      return `${who} is before ${which}`
    case 'after':
      return `${who} is after ${which}`
    case 'matches':
      return `${who} matches ${which}`
    case 'exists':
      return `${who} is given`
    case 'not-exists':
      return `${who} is not given`
    case 'in-segment':
      return `is in segment ${which}`
    case 'not-in-segment':
      return `is not in segment ${which}`
    case 'flag-is':
      return `flag ${attribute} serves ${which}`
    default:
      return /** @satisfies {never} */ (operator)
  }
}

/** @param {string | undefined} text */
const value = (text) => text || '(empty)'

/** @param {readonly string[]} values */
export function list(values) {
  const firstValues = values.slice(0, valuesShown).map(value).join(', ')
  return values.length > valuesShown
    ? `${firstValues} and ${integer(values.length - valuesShown)} more`
    : firstValues
}

/**
 * @param {Flag} flag
 * @param {Strategy} strategy
 */
export function outcome(flag, strategy) {
  if (strategy.kind === 'fixed') return nameIn(flag, strategy.variationId)
  const { shares } = strategy
  const rest = weightTotal - shares.reduce((sum, { weight }) => sum + weight, 0)
  const split = [
    ...shares.map(
      ({ variationId, weight }) => `${nameIn(flag, variationId)} ${exactPercent(weight / weightTotal)}`,
    ),
    ...(rest > 0 ? [`no variation ${exactPercent(rest / weightTotal)}`] : []),
  ].join(', ')
  const audience = limitedAudience(strategy)
  if (!audience) return split
  const others = nameIn(flag, audience.defaultVariationId)
  return `${exactPercent(audience.percentage / 100)} take part: ${split}; the others: ${others}`
}

/**
 * How a strategy divides users. Undefined is the remainder that gets no variation. Empty if one variation
 * gets all users.
 * @param {Strategy} strategy
 * @returns {{ variationId: string | undefined, share: number }[]}
 */
export function division(strategy) {
  if (strategy.kind === 'fixed') return []
  const audience = limitedAudience(strategy)
  const inside = audience ? audience.percentage / 100 : 1
  const weights = strategy.shares.map(({ weight }) => weight / weightTotal)
  const rest = 1 - weights.reduce((sum, weight) => sum + weight, 0)
  return [
    ...strategy.shares.map(({ variationId }, i) => ({ variationId, share: (weights[i] ?? 0) * inside })),
    { variationId: undefined, share: rest * inside },
    { variationId: audience?.defaultVariationId, share: 1 - inside },
  ].filter(({ share }) => share > 1e-9)
}

/**
 * 0 and 100 percent mean that everybody takes part (core/evaluation/bucket.ts).
 * @param {Extract<Strategy, { kind: 'rollout' }>} strategy
 */
const limitedAudience = ({ audience }) =>
  audience && audience.percentage > 0 && audience.percentage < 100 ? audience : undefined

/**
 * What a revision did, in words. Null is the revision that created the environment.
 * @param {Command | null} command
 */
export function describeCommand(command) {
  if (command === null) return 'created the environment'
  switch (command.kind) {
    case 'create-flag':
      return `created flag ${command.flag.key}`
    case 'update-flag':
      return describeUpdate(command)
    case 'create-segment':
      return `created segment ${command.segment.key}`
    case 'create-goal':
      return `created goal ${command.goal.key}`
    case 'create-experiment':
      return `${command.experiment.status === 'draft' ? 'drafted' : 'started'} experiment ${command.experiment.id ?? command.experiment.name}`
    case 'start-experiment':
      return `started experiment ${command.id}`
    case 'advance-experiment':
      return `noted that experiment ${command.id} has started or ended`
    case 'archive-experiment':
      return `archived experiment ${command.id}`
    case 'stop-experiment':
      return `stopped experiment ${command.id}`
    case 'create-operation':
      return `created operation ${command.operation.id ?? `on ${command.operation.flagKey}`}`
    case 'apply-operation':
      return `fired operation ${command.id}: ${reached(command.facts)}`
    case 'arm-operation':
      return `armed operation ${command.id} again`
    case 'create-sdk-key':
      return `created ${command.key.role} SDK key ${command.key.name || command.key.id}`
    default:
      return describeByKind(command)
  }
}

/**
 * `delete-goal` as `delete goal buy`.
 * @param {{ kind: string, key?: string, id?: string }} command
 */
const describeByKind = ({ kind, key, id }) => [kind.replaceAll('-', ' '), key ?? id].filter(Boolean).join(' ')

/**
 * That edge decides by an older revision than the one on the page; empty if it does not.
 * @param {import('./api.js').Published} published
 */
export const unpublishedNotice = ({ revision, unpublished }) =>
  unpublished
    ? `Revision ${integer(unpublished.revision)} is stored, but could not be published since ` +
      `${minute(unpublished.since)} (${counted(unpublished.attempts, 'attempt')} so far). ` +
      `Users still get what revision ${integer(revision)} says.`
    : ''

/** @param {Extract<Command, { kind: 'update-flag' }>} command */
function describeUpdate({ key, changes }) {
  const fields = Object.keys(changes)
  if (fields.length !== 1) return `changed ${fields.map(fieldName).join(', ')} of flag ${key}`
  if (changes.enabled !== undefined) return `turned ${changes.enabled ? 'on' : 'off'} flag ${key}`
  if (changes.archived !== undefined) return `${changes.archived ? 'archived' : 'brought back'} flag ${key}`
  return `changed ${fields.map(fieldName).join('')} of flag ${key}`
}

/**
 * `defaultStrategy` as `default strategy`.
 * @param {string} field
 */
const fieldName = (field) => field.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

/**
 * @param {{ exposedUsers: number, goalUsers: number, verifiedUsers?: number | undefined,
 *   unverifiedUsers?: number | undefined }} facts
 */
export const reached = ({ exposedUsers, goalUsers, verifiedUsers = 0, unverifiedUsers = 0 }) =>
  `${integer(goalUsers)} of ${counted(exposedUsers, 'user')} reached the goal` +
  (exposedUsers > 0 ? ` (${percent(goalUsers / exposedUsers)})` : '') +
  (verifiedUsers + unverifiedUsers > 0
    ? `; ${integer(verifiedUsers)} users verified, ${integer(unverifiedUsers)} not`
    : '')

/**
 * The text with a capital first letter.
 * @param {string} text
 */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1)
