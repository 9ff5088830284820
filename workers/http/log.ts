// Structured log lines. They never contain a targeting key, an attribute, a secret or a stack trace.

/** Logs an unexpected error: its name and message, and those of its causes. */
export function logError(where: string, error: unknown): void {
  console.error(JSON.stringify({ level: 'error', where, error: describe(error) }))
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const cause = error.cause === undefined ? '' : ` <- ${describe(error.cause)}`
  return `${error.name}: ${withoutValues(error.message)}${cause}`
}

/** drizzle appends the bound values of a query to its error. A key or token may stand in any message. */
const withoutValues = (message: string): string =>
  message.replace(/\nparams:[^]*$/, '').replaceAll(/\b(tl[a-z]?|whsec)_[\w+/=-]+/g, '(secret)')
