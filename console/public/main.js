// @ts-check
// The frame of the page: token, environment, section. Views return nodes; this module shows them, and shows
// errors.
import { environmentApi, listEnvironments, Refused, session } from './api.js'
import { byId, h, sentence } from './dom.js'
import { experimentsView } from './experiments.js'
import { flagsView } from './flags.js'
import { historyView } from './history.js'
import { operationsView } from './operations.js'
import { portabilityView } from './portability.js'
import { integer, unpublishedNotice } from './words.js'

/** @import { EnvironmentRow } from '../../workers/control/api/shapes.ts' */
/** @import { EnvironmentApi } from './api.js' */

/**
 * `changedTo` notifies the frame of a new revision; undefined if its number is not known.
 * @typedef {(api: EnvironmentApi, changedTo: (revision: number | undefined) => void) => Promise<Node[]>} View
 */

/** @type {Record<string, { title: string, view: View }>} */
const sections = {
  flags: { title: 'Flags', view: flagsView },
  experiments: { title: 'Experiments', view: experimentsView },
  operations: { title: 'Operations', view: operationsView },
  history: { title: 'History', view: historyView },
  portability: { title: 'Portability', view: portabilityView },
}
const firstSection = 'flags'
const noPage = {
  title: 'No such page',
  view: async () => [sentence('There is nothing under this address. Choose a section.')],
}

const main = byId('main')
const select = /** @type {HTMLSelectElement} */ (byId('environments'))
let showCount = 0 // a response is dropped if another page was opened meanwhile

takeTokenFromAddress()
select.addEventListener('change', () => go(addressOf(select.value, readAddress().section || firstSection)))
byId('reload').addEventListener('click', () => void show())
byId('sign-out').addEventListener('click', () => signOut('Signed out.'))
addEventListener('popstate', () => void show())
void show()

/**
 * Takes the token of `#token=...`. Browsers send no fragment to the server, so it gets into no log. In the
 * address it would stay in the browser's history.
 */
function takeTokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (token === null) return
  session.begin(token)
  history.replaceState(null, '', location.pathname + location.search)
}

/**
 * Environment and section of the address. The bare address has the first section, an unknown one has an empty
 * section.
 * @returns {{ environmentId: string | undefined, section: string }}
 */
function readAddress() {
  const [, first, id, section = firstSection, ...rest] = location.pathname.replace(/\/$/, '').split('/')
  if (first === undefined) return { environmentId: undefined, section: firstSection }
  const isKnown = first === 'environments' && !!id && Object.hasOwn(sections, section) && rest.length === 0
  return isKnown
    ? { environmentId: decodeURIComponent(id), section }
    : { environmentId: undefined, section: '' }
}

/**
 * @param {string} environmentId
 * @param {string} section
 */
const addressOf = (environmentId, section) => `/environments/${encodeURIComponent(environmentId)}/${section}`

/** @param {string} address */
function go(address) {
  history.pushState(null, '', address)
  void show()
}

async function show() {
  const count = ++showCount
  const isCurrent = () => count === showCount
  if (session.token() === '') return signOut('Sign in with an API token to see flags and experiments.')
  try {
    const { environmentId: requestedId, section } = readAddress()
    const { title, view } = sections[section] ?? noPage
    fill(title, [sentence('Loading…')])
    const environments = await listEnvironments()
    if (!isCurrent()) return
    const environmentId = requestedId ?? environments[0]?.id
    frame(environments, environmentId, section)
    if (environmentId === undefined) return fill('No environments', [noEnvironments()])
    if (section) history.replaceState(null, '', addressOf(environmentId, section))
    const nodes = await view(
      environmentApi(environmentId),
      (revision) => void changedTo(environmentId, revision),
    )
    if (isCurrent()) fill(title, nodes)
    await showNotice(environmentId, isCurrent)
  } catch (error) {
    if (isCurrent()) explain(error)
  }
}

const noEnvironments = () =>
  sentence('There are no environments yet. Create one with `POST /api/v1/environments`, then reload.')

/**
 * @param {readonly EnvironmentRow[]} environments
 * @param {string | undefined} environmentId
 * @param {string} section
 */
function frame(environments, environmentId, section) {
  for (const id of ['environment', 'sections', 'session']) byId(id).hidden = false
  const chosen = environments.find(({ id }) => id === environmentId)
  select.replaceChildren(
    ...environments.map(({ id, name }) =>
      h('option', { value: id, selected: id === environmentId }, labelOf(id, name)),
    ),
    ...(chosen || environmentId === undefined
      ? []
      : [h('option', { value: environmentId, selected: true }, environmentId)]),
  )
  showRevision(chosen?.revision)
  if (environmentId === undefined) return byId('sections').replaceChildren()
  byId('sections').replaceChildren(
    ...Object.entries(sections).map(([key, { title }]) =>
      h(
        'a',
        { href: addressOf(environmentId, key), 'aria-current': key === section && 'page', click: follow },
        title,
      ),
    ),
  )
}

/**
 * @param {string} id
 * @param {string} name
 */
const labelOf = (id, name) => (name && name.toLowerCase() !== id ? `${id} · ${name}` : id)

/** @param {Event} event */
function follow(event) {
  const { ctrlKey, metaKey, shiftKey, altKey } = /** @type {MouseEvent} */ (event)
  if (ctrlKey || metaKey || shiftKey || altKey) return
  event.preventDefault()
  go(/** @type {HTMLAnchorElement} */ (event.currentTarget).pathname)
  main.focus()
}

/** @param {number | undefined} revision */
const showRevision = (revision) => {
  byId('revision').textContent = revision === undefined ? 'Revision unknown' : `Revision ${integer(revision)}`
}

/**
 * @param {string} environmentId
 * @param {number | undefined} revision
 */
async function changedTo(environmentId, revision) {
  const count = showCount
  void showNotice(environmentId, () => count === showCount)
  if (revision !== undefined) return showRevision(revision)
  const environments = await listEnvironments().catch(() => [])
  showRevision(environments.find(({ id }) => id === environmentId)?.revision)
}

/**
 * Says above the page if edge decides by an older revision. What cannot be read is not said.
 * @param {string} environmentId
 * @param {() => boolean} isCurrent
 */
async function showNotice(environmentId, isCurrent) {
  const published = await environmentApi(environmentId)
    .published()
    .catch(() => undefined)
  if (isCurrent()) notice(published ? unpublishedNotice(published) : '')
}

/** @param {string} text */
function notice(text) {
  byId('notice').textContent = text
  byId('notice').hidden = text === ''
}

/**
 * @param {string} title
 * @param {readonly Node[]} nodes
 */
function fill(title, nodes) {
  document.title = title === 'Tackline' ? title : `${title} · Tackline`
  main.replaceChildren(h('h1', {}, title), ...nodes)
}

/** @param {unknown} error */
function explain(error) {
  if (error instanceof Refused && error.code === 'UNAUTHENTICATED') {
    return signOut('The API does not know this token: it was mistyped, or belongs to another installation.')
  }
  console.error(error)
  const message = error instanceof Error ? error.message : String(error)
  const again = h('button', { type: 'button', click: () => void show() }, 'Try again')
  fill('Not loaded', [sentence(`This could not be loaded: ${message}.`, 'said alarm'), again])
}

/** @param {string} reason */
function signOut(reason) {
  showCount++
  session.end()
  notice('')
  for (const id of ['environment', 'sections', 'session']) byId(id).hidden = true
  const field = h('input', {
    id: 'token',
    type: 'password',
    autocomplete: 'off',
    spellcheck: 'false',
    required: true,
  })
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault()
    session.begin(field.value)
    void show()
  }
  fill('Sign in', [
    h('p', { class: 'sentence', role: 'status' }, reason),
    h(
      'form',
      { class: 'sign-in', submit },
      h('label', { for: 'token' }, 'API token'),
      field,
      h('button', { type: 'submit' }, 'Sign in'),
    ),
    sentence(
      '`npm start` prints one; on Cloudflare, `npm run token` makes one. ' +
        'It is kept in this tab only, until the tab is closed.',
      'sentence muted',
    ),
  ])
  field.focus()
}
