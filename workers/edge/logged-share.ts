// Reads `LOG_REQUESTS`: which requests have a log line beside all failures.

/**
 * Part of the requests, 0 to 1, for `all`, `failures` or a share such as `1%`. Undefined for anything else.
 */
export function loggedShare(setting: string): number | undefined {
  if (setting === 'all') return 1
  if (setting === 'failures') return 0
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(setting) ?? []
  const share = Number(percent) / 100
  return share <= 1 ? share : undefined
}
