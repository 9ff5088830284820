// @ts-check
// The section of experiments, with the newest result of each goal.
import { facts, h, prose, sentence } from './dom.js'
import { resultSection } from './result.js'
import { condition, minute } from './words.js'

/** @import { Experiment } from '../../core/model/experiment.ts' */
/** @import { ExperimentResult } from '../../core/model/experiment-result.ts' */
/** @import { Flag } from '../../core/model/flag.ts' */
/** @import { Goal } from '../../core/model/goal.ts' */
/** @import { View } from './main.js' */

/** @type {View} */
export async function experimentsView(api) {
  const [experiments, flags, goals] = await Promise.all([api.experiments(), api.flags(), api.goals()])
  if (experiments.length === 0) {
    return [
      sentence(
        'There are no experiments here yet. Start one with `POST /api/v1/environments/…/experiments`.',
      ),
    ]
  }
  const results = await Promise.all(experiments.map(({ id }) => api.results(id)))
  return experiments.map((experiment, i) => {
    const flag = flags.find(({ key }) => key === experiment.flagKey)
    return experimentArticle(experiment, flag, goals, results[i] ?? [])
  })
}

/**
 * @param {Experiment} experiment
 * @param {Flag | undefined} flag
 * @param {readonly Goal[]} goals
 * @param {readonly ExperimentResult[]} results newest first
 */
function experimentArticle(experiment, flag, goals, results) {
  const { id, name, flagKey, goalKeys, startAt, stopAt, status } = experiment
  const nameOfGoal = (/** @type {string} */ key) => goals.find((goal) => goal.key === key)?.name || key
  return h(
    'article',
    { class: 'experiment', 'aria-labelledby': `experiment-${id}` },
    h('h2', { id: `experiment-${id}` }, name || id),
    facts([
      ['Flag', h('span', {}, flag?.name || flagKey, ' ', h('code', {}, flagKey))],
      ['Among', flag && audienceOf(flag, experiment.ruleId)],
      [goalKeys.length === 1 ? 'Goal' : 'Goals', goalKeys.map(nameOfGoal).join(', ')],
      ['Window', `${minute(startAt)} to ${minute(stopAt)}, ${status}`],
    ]),
    ...goalKeys.map((goalKey) => {
      const newest = results.find((result) => result.goalKey === goalKey)
      return newest ? resultSection(newest, flag, nameOfGoal(goalKey)) : noResult(nameOfGoal(goalKey))
    }),
  )
}

/**
 * @param {Flag} flag
 * @param {string} ruleId
 */
function audienceOf(flag, ruleId) {
  if (flag.defaultStrategy.id === ruleId)
    return flag.rules.length > 0 ? 'those whom no rule catches' : 'everybody'
  const rule = flag.rules.find(({ id }) => id === ruleId)
  return rule ? rule.name || condition(rule.anyOf) : 'a rule that the flag no longer has'
}

/** @param {string} goal */
const noResult = (goal) =>
  h(
    'p',
    { class: 'sentence' },
    `No result for the goal “${goal}” yet. `,
    ...prose(
      'Run `npm run batch`: it counts exposed users and those who reached the goal, and stores a result ' +
        'as soon as a user was exposed.',
    ),
  )
