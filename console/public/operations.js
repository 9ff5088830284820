// @ts-check
// The section of operations: what each watches, and whether it fired.
import { facts, h, prose, sentence } from './dom.js'
import { counted, exactPercent, minute, nameIn, reached } from './words.js'

/** @import { Flag } from '../../core/model/flag.ts' */
/** @import { Goal } from '../../core/model/goal.ts' */
/** @import { Operation } from '../../core/model/operation.ts' */
/** @import { Revision } from './api.js' */
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
 * @param {Operation} operation
 * @param {Flag | undefined} flag
 * @param {Goal | undefined} goal
 * @param {readonly Revision[]} revisions
 */
function operationArticle(operation, flag, goal, revisions) {
  const {
    id,
    flagKey,
    variationId,
    goalKey,
    comparison,
    threshold,
    minimumUsers,
    status,
    countingFrom,
    counts,
  } = operation
  const limit = `${exactPercent(threshold)} or ${comparison === 'at-least' ? 'more' : 'less'}`
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
    h(
      'p',
      { class: 'description' },
      `Turns “${flag?.name || flagKey}” off when ${limit} of the users who got ` +
        `“${nameIn(flag, variationId)}” reach the goal “${goal?.name || goalKey}”, ` +
        `as soon as ${counted(minimumUsers, 'user')} got it.`,
    ),
    facts([
      ['Flag', flag && h('span', {}, h('code', {}, flagKey), ` is ${flag.enabled ? 'on' : 'off'} now`)],
      ['Counts from', minute(countingFrom)],
      ['Which events', countsWords[counts ?? 'all'] ?? counts],
      ['State', status === 'active' ? stillWatching() : firedWhen(id, revisions)],
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
    ...prose('Watching. `npm run batch` counts, prints how close it is, and fires it when it is due.'),
  )

/**
 * @param {string} id
 * @param {readonly Revision[]} revisions
 */
function firedWhen(id, revisions) {
  for (const { number, createdAt, command } of revisions) {
    if (command?.kind !== 'apply-operation' || command.id !== id) continue
    const details = `${minute(createdAt)}: ${reached(command.facts)}`
    return `Fired in revision ${number}, ${details}. It does not watch any more.`
  }
  return `Fired before the newest ${revisionsRead} revisions. It does not watch any more.`
}
