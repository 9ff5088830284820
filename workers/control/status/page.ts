// The status as a page: no script, no font, no picture from anywhere.
import { html } from 'hono/html'
import type { Part, State, Status } from './judge.ts'

const names = {
  decisions: 'Decisions',
  configuration: 'Configuration',
  intake: 'Events',
  runner: 'Runner',
} as const
const states: Record<State, string> = {
  ok: 'well',
  degraded: 'needs attention',
  down: 'down',
  unknown: 'not known',
}

const time = (at: number) => {
  const text = new Date(at).toISOString()
  return html`<time datetime="${text}">${text.slice(0, 16).replace('T', ' ')} UTC</time>`
}
const timeOrNever = (at: number | null) => (at === null ? '–' : time(at))

const row = (name: string, { state, since, says }: Part) =>
  html`<tr>
    <th scope="row">${name}</th>
    <td class="${state}">${states[state]}${since === null ? '' : html` since ${time(since)}`}</td>
    <td>${says}</td>
  </tr>`

export const statusPage = ({ state, at, parts, lastPublishedAt, jobs }: Status) =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta http-equiv="refresh" content="60" />
        <title>Status: ${states[state]}</title>
        <link rel="stylesheet" href="/status.css" />
      </head>
      <body>
        <main>
          <h1>Feature flags: <span class="${state}">${states[state]}</span></h1>
          <table>
            <caption>
              Parts
            </caption>
            <tbody>
              ${Object.entries(names).map(([part, name]) => row(name, parts[part as keyof typeof names]))}
            </tbody>
          </table>
          <p>Last change published: ${timeOrNever(lastPublishedAt)}</p>
          ${jobs.length === 0 ? '' : jobTable(jobs)}
          <p>As of ${time(at)}. The same as <a href="/status.json">JSON</a>.</p>
        </main>
      </body>
    </html>`

const jobTable = (jobs: Status['jobs']) =>
  html`<table>
    <caption>
      Jobs of the runner
    </caption>
    <thead>
      <tr>
        <th scope="col">Job</th>
        <th scope="col">Last success</th>
        <th scope="col">In time</th>
      </tr>
    </thead>
    <tbody>
      ${jobs.map(
        ({ job, doneAt, isLate }) =>
          html`<tr>
            <th scope="row">${job}</th>
            <td>${timeOrNever(doneAt)}</td>
            <td class="${isLate ? 'degraded' : 'ok'}">${isLate ? 'late' : 'yes'}</td>
          </tr>`,
      )}
    </tbody>
  </table>`

export const statusStyle = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 48rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
caption { text-align: left; font-weight: 600; padding: 0.5rem 0 }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.75rem 0.4rem 0; border-top: 1px solid #8886 }
.ok { color: light-dark(#0a6b2d, #6fd694) }
.degraded { color: light-dark(#8a4b00, #f0b45a); font-weight: 600 }
.down { color: light-dark(#a3001b, #ff8a8a); font-weight: 600 }
`
