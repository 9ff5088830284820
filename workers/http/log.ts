// One structured line per event; never a targeting key, an attribute or a stack.

/** For what nobody expected: the name and message of the error, and of what caused it. */
export function logError(where: string, error: unknown): void {
  console.error(JSON.stringify({ level: 'error', where, error: describe(error) }))
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const cause = error.cause === undefined ? '' : ` <- ${describe(error.cause)}`
  return `${error.name}: ${error.message}${cause}`
}
