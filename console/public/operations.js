// @ts-check
// The section of operations: what each watches, and whether it fired.
import { facts, h, prose, sentence } from './dom.js'
import { counted, minute, reached } from './words.js'
import { duration, lookSentence, operationSentence } from './operation-words.js'

/** @import { Flag } from '../../core/model/flag.ts' */
/** @import { Goal } from '../../core/model/goal.ts' */
/** @import { Revision, WatchedOperation } from './api.js' */
/** @import { View } from './main.js' */

const revisionsRead = 200 // the API's largest page

/** @type {View} */
export async function operationsView(api) {
  const [operations, flags, goals] = await Promise.all([api.operations(), api.flags(), api.goals()])
  if (operations.length === 0) {
    return [
      sentence(
        'No operation watches anything here. Create one with `POST /api/v1/environments/…/operations`.',
      ),
    ]
  }
  const hasFired = operations.some(({ status }) => status === 'fired')
  const revisions = hasFired ? await api.revisions({ limit: revisionsRead }) : []
  return operations.map((operation) => {
    const flag = flags.find(({ key }) => key === operation.flagKey)
    const goal = goals.find(({ key }) => key === operation.goalKey)
    return operationArticle(operation, flag, goal, revisions)
  })
}

/**
 * @param {WatchedOperation} operation
 * @param {Flag | undefined} flag
 * @param {Goal | undefined} goal
 * @param {readonly Revision[]} revisions
 */
function operationArticle(operation, flag, goal, revisions) {
  const { id, flagKey, status, countingFrom, counts, minimumUsers, rearmAfterMs } = operation
  const rearmed =
    rearmAfterMs === undefined
      ? 'By hand: `POST …/arm`.'
      : `By itself, ${duration(rearmAfterMs)} after it fired.`
  return h(
    'article',
    { class: 'operation', 'aria-labelledby': `operation-${id}` },
    h('h2', { id: `operation-${id}` }, id),
    h(
      'p',
      { class: 'meta' },
      h('span', {}, 'event rate'),
      h('span', { class: `state ${status}` }, status === 'active' ? 'watching' : 'fired'),
    ),
    h('p', { class: 'description' }, operationSentence(operation, flag, goal)),
    facts([
      ['Flag', flag && h('span', {}, h('code', {}, flagKey), ` is ${flag.enabled ? 'on' : 'off'} now`)],
      ['Counts from', `${minute(countingFrom)}, at least ${counted(minimumUsers, 'user')}`],
      ['Which events', countsWords[counts ?? 'all'] ?? counts],
      ['State', status === 'active' ? stillWatching() : firedWhen(operation, revisions)],
      ['Last look', lookSentence(operation)],
      ['Armed again', h('span', {}, ...prose(rearmed))],
    ]),
  )
}

/** @type {Record<string, string>} */
const countsWords = {
  all: 'All. Whoever has a client key, which is public, can invent visitors and make this fire.',
  verified:
    'Exposures that edge verified or that came with a server key, and few users of one address. ' +
    'Goals cannot be verified.',
  server: 'Exposures and goals that came with a server key.',
}

const stillWatching = () =>
  h(
    'span',
    {},
    ...prose('Watching. `npm run batch -- operations` looks, and fires it when there is enough evidence.'),
  )

/**
 * @param {WatchedOperation} operation
 * @param {readonly Revision[]} revisions
 */
function firedWhen({ id, firedAt }, revisions) {
  for (const { number, createdAt, command } of revisions) {
    if (command?.kind !== 'apply-operation' || command.id !== id) continue
    const details = `${minute(createdAt)}: ${reached(command.facts)}`
    return `Fired in revision ${number}, ${details}. It does not watch until it is armed again.`
  }
  const when = firedAt === undefined ? `before the newest ${revisionsRead} revisions` : minute(firedAt)
  return `Fired ${when}. It does not watch until it is armed again.`
}
