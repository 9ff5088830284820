// The instants of wall-clock times. Temporal asks Intl for each. A scheduled change that is compared with a
// hundred recurring ones needs thousands, so the stretches without a jump of a zone's clocks are remembered.
import { Temporal } from 'temporal-polyfill'

/** From one jump of a zone's clocks to the next, in epoch milliseconds. */
interface Stretch {
  readonly from: number
  readonly until: number
  readonly offsetMs: number
}

/**
 * So close to a jump, a time may be skipped or come twice, and Temporal decides. No clock has jumped by more
 * than a day.
 */
const nearJumpMs = 2 * 86_400_000
/** Of one zone. A schedule's times lie in few. */
const stretchesMax = 64

const stretchesByZone = new Map<string, Stretch[]>()

function stretchOf(ms: number, timeZone: string): Stretch {
  const known = stretchesByZone.get(timeZone) ?? []
  const found = known.find(({ from, until }) => from <= ms && ms < until)
  if (found) return found
  const zoned = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone)
  // `previous` is strictly before: a millisecond later, so that a jump at `ms` begins the stretch.
  const previous = zoned.add({ milliseconds: 1 }).getTimeZoneTransition('previous')
  const next = zoned.getTimeZoneTransition('next')
  const stretch = {
    from: previous?.epochMilliseconds ?? -Infinity,
    until: next?.epochMilliseconds ?? Infinity,
    offsetMs: zoned.offsetNanoseconds / 1e6,
  }
  stretchesByZone.set(timeZone, [...known.slice(-(stretchesMax - 1)), stretch])
  return stretch
}

/** What the zone's clocks show, as if they were UTC's, in epoch milliseconds. */
export const wallAt = (ms: number, timeZone: string): number => ms + stretchOf(ms, timeZone).offsetMs

/**
 * When the zone's clocks show `wall` (as if they were UTC's). A time that is skipped is as much later as the
 * clock jumps, one that comes twice is the first: Temporal's `compatible`.
 */
export function instantAt(wall: number, timeZone: string): number {
  const stretch = stretchOf(wall, timeZone)
  const at = wall - stretch.offsetMs
  if (at - stretch.from > nearJumpMs && stretch.until - at > nearJumpMs) return at
  const date = Temporal.Instant.fromEpochMilliseconds(wall).toZonedDateTimeISO('UTC').toPlainDateTime()
  return date.toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds
}
