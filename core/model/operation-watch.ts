// When an operation is due. Pure: counts of users by the minute of their exposure in, a decision out. The
// runner asks before it sends the command, and the environment object asks again.
//
// Only the last seven days and the running one are counted, in days since `countingFrom`. Fewer starts give
// a smaller sum, so the chance of a false kill stays within its limit; a change is found by the starts after
// it, so it is found as soon; and an operation that is a year old costs what a new one does. A user counts
// once a day. Nothing is carried from look to look: counting anew gives the same decision.
import {
  type Bet,
  betsOnDifference,
  betsOnRate,
  betsOnRatio,
  openDetector,
  type Detector,
  evidenceNeeded,
  minutesAtFirst,
  type Tally,
} from '../statistics/e-detector.ts'
import { sourceUsersMax } from './counted-events.ts'
import {
  delayOf,
  type Operation,
  operationAlphaDefault,
  type OperationEvidence,
  type OperationFacts,
  type OperationLook,
} from './operation.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** A user counts once in it. */
export const watchDayMs = 24 * hourMs
const daysWatched = 7

/**
 * An SDK sends events some time after they happened, and the lake has them some time later: where a goal that
 * is missing speaks against the flag, it is waited for so much longer.
 */
const lateMs = 5 * minuteMs
/**
 * What was found before is not acted on any more, and forgotten: a runner was away, and somebody may have
 * mended it since. If nobody has, it is found again.
 */
const freshMs = hourMs

export interface MinuteCounts extends Tally {
  /** Epoch minutes: when they were first exposed. */
  readonly minute: number
  readonly verifiedUsers: number
  readonly unverifiedUsers: number
  readonly usersOverLimit: number
}

/** Events before it, in epoch milliseconds, cannot matter. */
export const watchedFrom = ({ countingFrom }: Operation, now: number): number =>
  countingFrom + Math.max(0, Math.floor((now - countingFrom) / watchDayMs) - daysWatched) * watchDayMs

const needed = ({ alpha = operationAlphaDefault }: Operation) => evidenceNeeded(alpha)

/** The minute before the first one that counts. */
const minuteBefore = (from: number) => Math.floor(from / minuteMs) - 1

/** No users of one address, were they invented, can make it fire. */
function detectorOf(operation: Operation, bets: readonly Bet[], after: number): Detector {
  const detector = openDetector(bets, sourceUsersMax(operation))
  // Once for each time that it is armed: a share that changes often would make starts of nothing.
  if (!operation.restarted && after === minuteBefore(operation.countingFrom))
    detector.advance(minutesAtFirst, nobody)
  return detector
}

/** Undefined: with this baseline there is nothing to compare. */
function betsOf(operation: Operation): Bet[] | undefined {
  const { comparison, threshold, baselineVariationId, difference, share } = operation
  const direction = comparison === 'at-least' ? 'above' : 'below'
  if (baselineVariationId === undefined) return betsOnRate(threshold, direction)
  if (share === undefined) return undefined
  return difference === 'relative'
    ? betsOnRatio(threshold, share, direction)
    : betsOnDifference(threshold, share, direction)
}

/**
 * Who has not reached the goal yet may still do so. Where a missing goal is in favour of the flag, he can be
 * judged at once: it only makes the evidence smaller. So it is above a threshold; and by ratio, where only
 * those who did are compared. Otherwise he is judged when his time is over.
 */
const isJudgedAtOnce = ({ comparison, baselineVariationId, difference }: Operation) =>
  baselineVariationId === undefined ? comparison === 'at-least' : difference === 'relative'

/** Users who were exposed before it have had their time, and what they did has arrived. */
export const judgedUntil = (operation: Operation, now: number): number => now - delayOf(operation) - lateMs

/** The logarithm of 0 is no number. */
const leastShown = 1e-300

export interface Watch {
  readonly look: OperationLook
  readonly facts: OperationFacts
}

/** `rows` are in order of time, and start at `watchedFrom`. With evidence among the facts, it is due. */
export function watch(operation: Operation, rows: readonly MinuteCounts[], now: number): Watch {
  const bets = betsOf(operation)
  const from = watchedFrom(operation, now)
  const isAtOnce = isJudgedAtOnce(operation)
  const after = minuteBefore(from)
  const end = isAtOnce
    ? Math.floor(now / minuteMs) + 1
    : Math.max(after + 1, Math.floor(judgedUntil(operation, now) / minuteMs))
  const judged = (rows.at(-1)?.minute ?? 0) < end ? rows : rows.filter(({ minute }) => minute < end)
  const found = bets && detect(operation, bets, judged, { after, end, now })
  const total = totalOf(judged)
  const all = judged === rows ? total : totalOf(rows)
  const { verifiedUsers, unverifiedUsers, usersOverLimit } = all
  const hasBaseline = operation.baselineVariationId !== undefined
  const { baselineUsers, baselineGoalUsers } = total
  const counts = {
    exposedUsers: total.users,
    goalUsers: total.goalUsers,
    ...(hasBaseline && { baselineUsers, baselineGoalUsers }),
    verifiedUsers,
    unverifiedUsers,
    usersOverLimit,
  }
  const isDue = found?.firedAt !== undefined && operation.status === 'active'
  const evidence = isDue ? evidenceOf(operation, bets!, judged, found.firedAt!, after) : undefined
  const { sum = 0, rate = NaN } = found ?? {}
  return {
    facts: { ...counts, ...(evidence && { evidence }) },
    look: {
      at: now,
      countingFrom: operation.countingFrom,
      from,
      until: Math.max(from, Math.min(now, end * minuteMs)),
      state: !bets
        ? 'unwatched'
        : isDue
          ? 'due'
          : total.users < operation.minimumUsers
            ? 'too-few-users'
            : 'watching',
      ...counts,
      waitingUsers: all.users - total.users,
      evidence: sum,
      needed: needed(operation),
      distance: Math.log(Math.max(sum, leastShown) / needed(operation)),
      ...(Number.isFinite(rate) && { lateRate: rate }),
    },
  }
}

interface Span {
  /** Epoch minutes: each after it is a start, up to but without `end`. */
  readonly after: number
  readonly end: number
  readonly now: number
}

/** `firedAt` is the place of the first row at which there was enough; undefined if there is not. */
function detect(operation: Operation, bets: readonly Bet[], rows: readonly MinuteCounts[], span: Span) {
  const detector = detectorOf(operation, bets, span.after)
  const isAtOnce = isJudgedAtOnce(operation)
  // By ratio, goals of both variations are still to come at every earlier minute: only all of them are exact.
  const onlyLast = isAtOnce && operation.baselineVariationId !== undefined
  const freshFrom = Math.floor((span.now - delayOf(operation) - freshMs - (isAtOnce ? 0 : lateMs)) / minuteMs)
  let [last, users] = [span.after, 0]
  let firedAt: number | undefined
  for (const [i, row] of rows.entries()) {
    detector.advance(row.minute - last, row)
    last = row.minute
    users += row.users
    if (users < operation.minimumUsers || detector.evidence() < needed(operation)) continue
    if (row.minute < freshFrom) detector.forget()
    else if (!onlyLast || i === rows.length - 1) firedAt ??= i
  }
  const rate = users > 0 ? detector.rate() : NaN
  detector.advance(Math.max(1, span.end - 1 - last), nobody)
  return { firedAt, sum: detector.evidence(), rate }
}

const nobody: Tally = { users: 0, goalUsers: 0, baselineUsers: 0, baselineGoalUsers: 0 }

function totalOf(rows: readonly MinuteCounts[]): Omit<MinuteCounts, 'minute'> {
  const total = { ...nobody, verifiedUsers: 0, unverifiedUsers: 0, usersOverLimit: 0 }
  // Field by field: there may be ten thousand rows, and as many operations.
  for (const row of rows) {
    total.users += row.users
    total.goalUsers += row.goalUsers
    total.baselineUsers += row.baselineUsers
    total.baselineGoalUsers += row.baselineGoalUsers
    total.verifiedUsers += row.verifiedUsers
    total.unverifiedUsers += row.unverifiedUsers
    total.usersOverLimit += row.usersOverLimit
  }
  return total
}

/** The last rows that are enough by themselves, few of them; all of them if need be. */
function evidenceOf(
  operation: Operation,
  bets: readonly Bet[],
  rows: readonly MinuteCounts[],
  firedAt: number,
  after: number,
): OperationEvidence {
  const hasBaseline = operation.baselineVariationId !== undefined
  for (let length = 1; ; length *= 2) {
    const first = Math.max(0, firedAt + 1 - length)
    const minutes = rows
      .slice(first, firedAt + 1)
      .map(({ minute, users, goalUsers, baselineUsers, baselineGoalUsers }) => ({
        minute,
        users,
        goalUsers,
        ...(hasBaseline && { baselineUsers, baselineGoalUsers }),
      }))
    const evidence = { after: rows[first - 1]?.minute ?? after, minutes }
    if (first === 0 || sumOf(operation, bets, evidence) >= needed(operation)) return evidence
  }
}

function sumOf(operation: Operation, bets: readonly Bet[], { after, minutes }: OperationEvidence): number {
  const detector = detectorOf(operation, bets, after)
  let last = after
  for (const { minute, users, goalUsers, baselineUsers = 0, baselineGoalUsers = 0 } of minutes) {
    detector.advance(minute - last, { users, goalUsers, baselineUsers, baselineGoalUsers })
    last = minute
  }
  return detector.evidence()
}

/**
 * Why the operation should not be applied on these facts, as a phrase; undefined if it should. Facts without
 * evidence are those of a runner one release back: all users since `countingFrom` are taken for users of one
 * moment with all starts before it, which keeps the chance of a false kill.
 */
export function whyNotDue(operation: Operation, facts: OperationFacts, now: number): string | undefined {
  const { comparison, baselineVariationId, countingFrom, minimumUsers } = operation
  const { exposedUsers, goalUsers } = facts
  const bets = betsOf(operation)
  if (!bets) return 'no rollout gives both variations'
  if (exposedUsers < minimumUsers) return `${exposedUsers} users are fewer than ${minimumUsers}`
  if (!facts.evidence && (baselineVariationId !== undefined || comparison === 'at-most'))
    return 'they do not say when users were exposed: the runner is too old'
  const after = minuteBefore(countingFrom)
  const minute = Math.max(after + 1, Math.floor(now / minuteMs))
  const evidence = facts.evidence ?? { after, minutes: [{ minute, users: exposedUsers, goalUsers }] }
  if (evidence.after < after) return 'they are older than countingFrom'
  if (evidence.minutes.at(-1)!.minute > minute + 1) return 'they are of a time to come'
  const sum = sumOf(operation, bets, evidence)
  if (sum < needed(operation))
    return `the evidence is ${sum.toPrecision(3)}, and ${needed(operation).toPrecision(3)} is needed`
  return undefined
}
