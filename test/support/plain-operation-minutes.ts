// What operation-minutes.sql counts, as plain loops over records: the oracle of its property test.
import type { EventRecord } from '../../analytics/records.ts'
import type { AskedMinutes } from '../../batch/counting/operation-minutes.ts'
import type { MinuteCounts } from '../../core/model/operation-watch.ts'
import {
  type Counts,
  counted,
  inOrder,
  isVerified,
  mayCount,
  personsOf,
  sourceOf,
  tolerance,
  withoutCopies,
} from './plain-counts.ts'

export function plainMinutes(
  raw: readonly EventRecord[],
  question: AskedMinutes,
  dayMs: number,
): (MinuteCounts & { readonly x: number })[] {
  const { x, variation, baseline, start: from, delayMs, sourceUsersMax } = question
  const counts = question.counts as Counts
  const personOf = personsOf(raw, { from: question.linksFrom, to: Infinity })
  const all = withoutCopies(raw.map(counted), { from, to: Infinity }, personOf).filter(
    ({ at, targetingKey }) => at >= from && targetingKey !== '',
  )
  const goals = all.filter(
    (each) => each.kind === 'tracking' && each.event === question.goal && mayCount(each, counts),
  )
  const exposures = all.filter(
    (each) =>
      each.kind === 'exposure' &&
      each.flagKey === question.askedFlag &&
      [variation, baseline].includes(each.variationId) &&
      ['', each.ruleId].includes(question.rule),
  )
  const days = Map.groupBy(exposures, (each) =>
    JSON.stringify([personOf(each), Math.floor((each.at - from) / dayMs)]),
  )
  const users = [...days.values()].map((own) => {
    const sorted = own.toSorted(inOrder)
    const first = sorted.find((each) => mayCount(each, counts)) ?? sorted[0]!
    const hasGoal = goals.some(
      (goal) =>
        personOf(goal) === personOf(first) &&
        goal.at <= first.at + delayMs &&
        goal.at >= first.at - tolerance(goal, first),
    )
    return { first, hasGoal }
  })
  const places = new Map<string, number>()
  const rows = new Map<number, Record<keyof MinuteCounts | 'x', number>>()
  const byTime = users.toSorted(
    (a, b) => a.first.at - b.first.at || (a.first.targetingKey < b.first.targetingKey ? -1 : 1),
  )
  for (const { first, hasGoal } of byTime) {
    const minute = Math.floor(first.at / 60_000)
    const row = rows.get(minute) ?? { x, ...emptyRow, minute }
    rows.set(minute, row)
    if (isVerified(first)) row.verifiedUsers++
    else if (first.v === 2) row.unverifiedUsers++
    if (!mayCount(first, counts)) continue
    const source = sourceOf(first)
    const place = (places.get(source) ?? 0) + 1
    places.set(source, place)
    const isBaseline = first.kind === 'exposure' && baseline !== '' && first.variationId === baseline
    if (sourceUsersMax > 0 && source !== '' && place > sourceUsersMax) row.usersOverLimit++
    else {
      row[isBaseline ? 'baselineUsers' : 'users']++
      if (hasGoal) row[isBaseline ? 'baselineGoalUsers' : 'goalUsers']++
    }
  }
  return [...rows.values()].toSorted((a, b) => a.minute - b.minute)
}

const emptyRow = {
  users: 0,
  goalUsers: 0,
  baselineUsers: 0,
  baselineGoalUsers: 0,
  verifiedUsers: 0,
  unverifiedUsers: 0,
  usersOverLimit: 0,
}
