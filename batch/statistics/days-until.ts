// How many days more, at this traffic and if what was seen goes on.
const dayMs = 86_400_000
const daysAheadMax = 365

/** `isDecided` gets how many times the users of now there would be. Null if not within a year. */
export function daysUntil(
  { from, to }: { readonly from: number; readonly to: number },
  isDecided: (times: number) => boolean,
): number | null {
  const days = (to - from) / dayMs
  if (!(days > 0)) return null
  let [low, high] = [1, 1 + daysAheadMax / days]
  if (!isDecided(high)) return null
  while ((high - low) * days > 0.5) {
    const middle = (low + high) / 2
    if (isDecided(middle)) high = middle
    else low = middle
  }
  return Math.ceil((high - 1) * days)
}
