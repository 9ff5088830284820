// @ts-check
// The section of flags: how each is decided, and the switch.
import { shareBar, tone } from './chart.js'
import { h, sentence } from './dom.js'
import { condition, counted, division, integer, nameIn, outcome, variationName } from './words.js'

/** @import { Flag, Strategy } from '../../core/model/flag.ts' */
/** @import { EnvironmentApi, Refusal } from './api.js' */
/** @import { View } from './main.js' */

const valueShownMax = 60

/** @type {View} */
export async function flagsView(api, changedTo) {
  const flags = await api.flags()
  const live = flags.filter(({ archived }) => !archived)
  const archived = flags.length - live.length
  const note =
    archived > 0 ? ` ${counted(archived, 'archived flag')} ${archived === 1 ? 'is' : 'are'} not shown.` : ''
  if (live.length === 0) {
    return [
      sentence(`There are no flags here yet. Create one with \`POST /api/v1/environments/…/flags\`.${note}`),
    ]
  }
  return [
    sentence(`${counted(live.length, 'flag')}.${note}`),
    ...live.map((flag) => flagArticle(api, flag, changedTo)),
  ]
}

/**
 * Shows one flag, and its changes.
 * @param {EnvironmentApi} api
 * @param {Flag} first
 * @param {(revision: number | undefined) => void} changedTo
 */
function flagArticle(api, first, changedTo) {
  let flag = first
  let isBusy = false
  const said = h('p', { class: 'said', role: 'status' })
  const article = h('article', { class: 'flag', 'aria-labelledby': `flag-${flag.key}` })
  show()
  return article

  function show() {
    const button = enabledSwitch(flag, () => void setEnabled(!flag.enabled))
    const hadFocus = article.contains(document.activeElement)
    const old = [...article.children].filter((child) => child !== said)
    for (const child of old) child.remove()
    article.prepend(heading(flag), button)
    if (!said.isConnected) article.append(said) // not replaced: screen readers announce changes in it
    said.before(decisions(flag))
    if (hadFocus) button.focus()
  }

  /** @param {boolean} enabled */
  async function setEnabled(enabled) {
    if (isBusy) return
    isBusy = true
    say(`Turning ${flag.key} ${enabled ? 'on' : 'off'}…`, 'calm')
    const answer = await api.switchFlag(flag, enabled)
    isBusy = false
    if (!answer.ok) return refused(answer.refusal)
    const { revision, changed, published, entity } = answer.value
    flag = entity
    show()
    changedTo(revision)
    const what = changed
      ? `Turned ${enabled ? 'on' : 'off'} in revision ${revision}`
      : `Nothing to change at revision ${revision}`
    say(
      `${what}${published ? ', which is published.' : '; it is stored and on its way to the edge.'}`,
      'calm',
    )
  }

  /** @param {Refusal} refusal */
  function refused({ code, message, current }) {
    if (code !== 'CONFLICT') return say(`Not changed: ${message}.`, 'alarm')
    const versionOnScreen = flag.version
    flag = /** @type {Flag} */ (current)
    show()
    changedTo(undefined)
    say(
      `Not changed: somebody else changed this flag meanwhile (version ${versionOnScreen} was on the ` +
        `screen, ${flag.version} is stored). It is shown as it is now.`,
      'alarm',
    )
  }

  /**
   * @param {string} text
   * @param {'calm' | 'alarm'} mood
   */
  function say(text, mood) {
    said.className = `said ${mood}`
    said.textContent = text
  }
}

/**
 * @param {Flag} flag
 * @param {() => void} onPress
 */
const enabledSwitch = ({ key, name, enabled }, onPress) =>
  h(
    'button',
    {
      type: 'button',
      class: 'switch',
      role: 'switch',
      'aria-checked': String(enabled),
      'aria-label': `${name || key} enabled`,
      click: onPress,
    },
    h('span', { class: 'switch-word', 'aria-hidden': 'true' }, enabled ? 'On' : 'Off'),
    h('span', { class: 'switch-track', 'aria-hidden': 'true' }),
  )

/** @param {Flag} flag */
function heading({ key, name, slug, campaignId, type, bundle, content, tags, description }) {
  const kind = bundle ? `${type} bundle` : type
  return h(
    'header',
    {},
    h('h2', { id: `flag-${key}` }, name || key),
    h(
      'p',
      { class: 'meta' },
      h('code', {}, key),
      slug ? h('span', {}, 'slug ', h('code', {}, slug)) : undefined,
      campaignId ? h('span', {}, 'campaign ', h('code', {}, campaignId)) : undefined,
      h('span', {}, kind),
      content ? h('span', {}, content) : undefined,
      ...tags.map((tag) => h('span', { class: 'tag' }, tag)),
    ),
    description ? h('p', { class: 'description' }, description) : undefined,
  )
}

/** @param {Flag} flag */
function decisions(flag) {
  const { enabled, offVariationId, prerequisites, targets, rules, defaultStrategy } = flag
  const name = offVariationId === undefined ? undefined : nameIn(flag, offVariationId)
  const off = name ?? 'no variation: SDKs use their own default'
  const named = targets.filter(({ targetingKeys }) => targetingKeys.length > 0)
  const everybody = rules.length + named.length > 0 ? 'everybody else' : 'everybody'
  return h(
    'div',
    { class: 'decision' },
    enabled
      ? undefined
      : h(
          'p',
          { class: 'off-note' },
          'Turned off: everybody → ',
          h('span', { class: 'then' }, off),
          '. Turned on, it would be decided so:',
        ),
    h(
      'ol',
      { class: enabled ? 'rules' : 'rules dormant' },
      ...prerequisites.map(({ flagKey, variationId }) =>
        line(`unless flag ${flagKey} serves ${variationId}`, off, undefined),
      ),
      ...named.map(({ variationId, targetingKeys }) =>
        line(`${counted(targetingKeys.length, 'named targeting key')}`, nameIn(flag, variationId), undefined),
      ),
      ...rules.map(({ name, anyOf, strategy }) =>
        line(condition(anyOf), outcome(flag, strategy), bar(flag, strategy), name),
      ),
      line(everybody, outcome(flag, defaultStrategy.strategy), bar(flag, defaultStrategy.strategy)),
    ),
    legend(flag, name ?? 'none'),
  )
}

/**
 * @param {string} when
 * @param {string} then
 * @param {SVGElement | undefined} drawing
 * @param {string} name
 */
const line = (when, then, drawing, name = '') =>
  h(
    'li',
    {},
    h('span', { class: 'when' }, when),
    ' → ',
    h('span', { class: 'then' }, then),
    name ? h('span', { class: 'rule-name' }, name) : undefined,
    drawing,
  )

/**
 * @param {Flag} flag
 * @param {Strategy} strategy
 */
function bar(flag, strategy) {
  const segments = division(strategy)
  if (segments.length === 0) return undefined
  return shareBar(
    segments.map(({ variationId, share }) => ({ share, tone: tone(indexOf(flag, variationId)) })),
  )
}

/**
 * @param {Flag} flag
 * @param {string | undefined} variationId
 */
const indexOf = ({ variations }, variationId) => variations.findIndex(({ id }) => id === variationId)

/**
 * @param {Flag} flag
 * @param {string} off
 */
function legend(flag, off) {
  return h(
    'p',
    { class: 'legend' },
    ...flag.variations.map((variation, i) =>
      h(
        'span',
        { class: 'key' },
        h('span', { class: `swatch ${tone(i)}`, 'aria-hidden': 'true' }),
        variationName(variation),
        ...(variation.value === variationName(variation)
          ? []
          : [' ', h('code', {}, shortened(variation.value))]),
        variation.baseline ? ' (baseline)' : undefined,
      ),
    ),
    h('span', { class: 'key' }, `Off variation: ${off}`),
  )
}

/** @param {string} value */
const shortened = (value) =>
  value.length <= valueShownMax
    ? value || '(empty)'
    : `${value.slice(0, valueShownMax)}… (${integer(value.length)} characters)`
