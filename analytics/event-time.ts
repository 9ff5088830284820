// When an event counts, and how old it may be: one rule for every protocol, the queries and the runner.
//
// An event counts at its own time by the client's clock, but never later than edge received it: a clock that
// runs ahead does not move events into the future (sql/counting/events.sql). Where the client says when it
// sent the event, edge turns its time into one of edge's clock; AB Tasty's hits say their age, which is the
// same. Times of two clocks are compared with a tolerance (sql/counting/outcomes.sql).

const hourMs = 3_600_000

/**
 * Older events are refused where they are sent, and the runner looks for events of a window for as long after
 * its end. 31 days, as Bucketeer's gateway has it.
 */
export const eventAgeMaxMs = 744 * hourMs
/**
 * Events whose time is further ahead of edge's clock are refused: that is no clock that runs fast or is in
 * another time zone, but a time in another unit.
 */
export const clockAheadMaxMs = 24 * hourMs
/**
 * A clock that seems slower than this is taken to be right: what it dates so early has waited, in the queue
 * of a phone perhaps, and is sent again as it was. A clock with another time zone is off by less.
 */
export const clockBehindMaxMs = 24 * hourMs
/** A goal counts if it seems to precede the exposure by at most this much, where two clocks said so. */
export const clockSkewMaxMs = 5 * 60_000
/**
 * AB Tasty's events say how long they waited, and count at receipt less that: the network's time is in it. So
 * a goal of the same moment may seem to precede its exposure, by as long as a request takes. It counts within
 * this, if the two came in different requests.
 */
export const requestDelayMaxMs = 5_000

/**
 * The event's time, in epoch milliseconds as all of these are; undefined if it is too old or too far ahead.
 *
 * `at` and `sentAt` are by the client's clock. If the client says when it sent the event, its clock is
 * corrected by the difference to edge's. The network's time is in that difference too: seconds at most, and
 * less than clocks are off. `at` without `sentAt` is taken as it is. It is as well if `sentAt` is further
 * behind than a clock may be: then the event was sent at that time, waited, and is sent again as it was.
 */
export function eventTime(at: number, receivedAt: number, sentAt?: number): number | undefined {
  const isOfNow = sentAt !== undefined && receivedAt - sentAt <= clockBehindMaxMs
  const corrected = isOfNow ? Math.min(at + receivedAt - sentAt, receivedAt) : at
  return isTimely(corrected, receivedAt) ? corrected : undefined
}

/** Both in epoch milliseconds. */
export const isTimely = (at: number, receivedAt: number): boolean =>
  at >= receivedAt - eventAgeMaxMs && at <= receivedAt + clockAheadMaxMs
