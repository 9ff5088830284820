// Asks at the start for what the first page needs, all at once: one after the other, as the page is built up,
// each would wait for the one before.
import { callerQuery, environmentsQuery, flagRowsQuery, queries, settingsQuery } from './queries.ts'

/** `path` is that of the address. Failures are told where the page asks again. */
export function askAhead(path: string): void {
  void queries.prefetchQuery(callerQuery())
  void queries.prefetchQuery(environmentsQuery())
  const environment = /^\/environments\/([^/]+)/.exec(path)?.[1]
  if (environment === undefined) return
  const id = decodeURIComponent(environment)
  void queries.prefetchQuery(settingsQuery(id))
  if (/\/flags\/?$/.test(path)) void queries.prefetchQuery(flagRowsQuery(id))
}
