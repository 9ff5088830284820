// @ts-check
// Portability: which flags SDKs that decide by themselves are not given, and why.
import { h, sentence } from './dom.js'
import { counted } from './words.js'

/** @import { Omission } from './api.js' */
/** @import { View } from './main.js' */

/** @type {Record<string, string>} */
const names = { 'flagship-io': 'AB Tasty SDKs in bucketing mode' }

/** @type {View} */
export async function portabilityView(api) {
  const omissions = await api.portability()
  return [
    sentence(
      'Bucketing SDKs fetch the whole configuration and decide by themselves. They are given a flag only if they will decide it exactly as the edge does. SDKs that ask the edge to decide are not limited in this way.',
    ),
    ...Object.entries(omissions).map(([dialect, omitted]) =>
      dialectArticle(names[dialect] ?? dialect, omitted),
    ),
  ]
}

/**
 * @param {string} name
 * @param {readonly Omission[]} omitted
 */
function dialectArticle(name, omitted) {
  if (omitted.length === 0) {
    return h('article', {}, h('h2', {}, name), sentence('No flag is held back.'))
  }
  return h(
    'article',
    {},
    h('h2', {}, name),
    sentence(`${counted(omitted.length, 'flag')} held back: there, SDKs use their own default.`),
    h(
      'ul',
      { class: 'omissions' },
      ...omitted.map(({ flagKey, reason }) => h('li', {}, h('code', {}, flagKey), h('span', {}, reason))),
    ),
  )
}
