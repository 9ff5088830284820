// @ts-check
// The section of portability: flags that are withheld from SDKs that decide by themselves, and why.
import { h, sentence } from './dom.js'
import { counted } from './words.js'

/** @import { Omission } from './api.js' */
/** @import { View } from './main.js' */

/** @type {Record<string, string>} */
const names = {
  'flagship-io': 'AB Tasty SDKs in bucketing mode',
  bucketeer: 'Bucketeer server SDKs in local mode',
}

/** @type {View} */
export async function portabilityView(api) {
  const families = await api.portability()
  return [
    sentence(
      'Some SDKs fetch the whole configuration and decide by themselves. They are given a flag only if ' +
        'they will decide it exactly as the edge does. SDKs that ask the edge to decide are not limited ' +
        'in this way.',
    ),
    ...Object.entries(families).map(([family, { omitted, notes }]) =>
      familyArticle(names[family] ?? family, omitted, notes),
    ),
  ]
}

/**
 * @param {string} name
 * @param {readonly Omission[]} omitted
 * @param {readonly Omission[]} notes
 */
function familyArticle(name, omitted, notes) {
  const held =
    omitted.length === 0
      ? [sentence('No flag is held back.')]
      : [
          sentence(`${counted(omitted.length, 'flag')} held back: there, SDKs use their own default.`),
          reasons(omitted),
        ]
  const noted = notes.length === 0 ? [] : [sentence('To know of flags that are given out:'), reasons(notes)]
  return h('article', {}, h('h2', {}, name), ...held, ...noted)
}

/** @param {readonly Omission[]} each */
const reasons = (each) =>
  h(
    'ul',
    { class: 'omissions' },
    ...each.map(({ flagKey, reason }) => h('li', {}, h('code', {}, flagKey), h('span', {}, reason))),
  )
