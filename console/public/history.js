// @ts-check
// History: the newest revisions, and older ones on demand.
import { h, sentence } from './dom.js'
import { capital, describeCommand, integer, minute } from './words.js'

/** @import { Revision } from './api.js' */
/** @import { View } from './main.js' */

const page = 50

/** @type {View} */
export async function historyView(api) {
  const first = await api.revisions({ limit: page })
  const body = h('tbody', {}, ...first.map(row))
  const older = h(
    'button',
    { type: 'button', class: 'quiet', click: () => void more() },
    'Show older revisions',
  )
  const said = h('p', { class: 'said', role: 'status' })
  let lowest = first.at(-1)?.number ?? 1
  older.hidden = lowest <= 1
  const table = h(
    'table',
    { class: 'history' },
    h('caption', { class: 'unseen' }, 'Revisions, newest first'),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ...['Revision', 'When', 'Who', 'What', 'Comment'].map((name) => h('th', { scope: 'col' }, name)),
      ),
    ),
    body,
  )
  return [sentence('Every change is one revision. Nothing is ever taken out.'), table, older, said]

  async function more() {
    older.disabled = true
    try {
      const next = await api.revisions({ before: lowest, limit: page })
      body.append(...next.map(row))
      lowest = next.at(-1)?.number ?? 1
      said.textContent = `Shown down to revision ${lowest}.`
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      said.textContent = `Older revisions could not be read: ${reason}.`
    }
    older.disabled = false
    older.hidden = lowest <= 1
  }
}

/** @param {Revision} revision */
const row = ({ number, createdAt, actor, command, comment }) =>
  h(
    'tr',
    {},
    h('th', { scope: 'row', class: 'number' }, integer(number)),
    h('td', { class: 'when' }, h('time', { datetime: new Date(createdAt).toISOString() }, minute(createdAt))),
    h('td', { class: 'who' }, actor.name),
    h('td', { class: 'what' }, capital(describeCommand(command))),
    h('td', { class: 'comment' }, comment),
  )
