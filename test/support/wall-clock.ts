// Time zones by the runtime's own formatter alone: what recurring times are compared with.

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(timeZone, format)
  return format
}

/** What the clocks of the zone show, as if it were UTC. Whole seconds of epoch milliseconds. */
export function wallClock(timeZone: string, at: number): number {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  ) as Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>
  return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second)
}

export const offsetAt = (timeZone: string, at: number) =>
  wallClock(timeZone, at) - Math.floor(at / 1000) * 1000

/** Zones change their offset at most this seldom. */
const stepMs = 5 * 86_400_000

/** When the clocks of the zone jump, in [from, to): the first millisecond with another offset. */
export function jumps(timeZone: string, from: number, to: number): number[] {
  const found: number[] = []
  for (let start = from; start < to; start += stepMs) {
    let [low, high] = [start, Math.min(start + stepMs, to)]
    const offset = offsetAt(timeZone, low)
    if (offsetAt(timeZone, high) === offset) continue
    while (high - low > 1000) {
      const middle = Math.floor((low + high) / 2000) * 1000
      if (offsetAt(timeZone, middle) === offset) low = middle
      else high = middle
    }
    found.push(high)
  }
  return found
}

/**
 * The instant at which the clocks show `wall` (as if it were UTC). One that comes twice: the first; one that
 * is skipped: by the clock as it was before the jump.
 */
export function instantAt(timeZone: string, wall: number): number {
  const offsets = [wall - 86_400_000, wall + 86_400_000].map((around) => offsetAt(timeZone, around))
  const shown = offsets.map((offset) => wall - offset).filter((at) => wallClock(timeZone, at) === wall)
  return shown.length > 0 ? Math.min(...shown) : wall - offsets[0]!
}
