// What operation-minutes.sql counts, as plain loops over records: the oracle of its property test.
import type { EventRecord } from '../../analytics/records.ts'
import type { MinuteCounts } from '../../core/model/operation-watch.ts'
import { type Counts, counted, inOrder, isVerified, mayCount, sourceOf, tolerance } from './plain-counts.ts'

export interface MinutesQuestion {
  readonly variationId: string
  readonly baselineVariationId: string
  readonly ruleId: string
  readonly event: string
  readonly from: number
  readonly dayMs: number
  readonly delayMs: number
  readonly counts: Counts
  readonly sourceUsersMax: number
}

/** Of the flag `checkout`. */
export function plainMinutes(raw: readonly EventRecord[], question: MinutesQuestion): MinuteCounts[] {
  const { variationId, baselineVariationId, from, dayMs, delayMs, counts, sourceUsersMax } = question
  const all = raw.map(counted).filter(({ at, targetingKey }) => at >= from && targetingKey !== '')
  const goals = all.filter(
    (each) => each.kind === 'tracking' && each.event === question.event && mayCount(each, counts),
  )
  const exposures = all.filter(
    (each) =>
      each.kind === 'exposure' &&
      each.flagKey === 'checkout' &&
      [variationId, baselineVariationId].includes(each.variationId) &&
      ['', each.ruleId].includes(question.ruleId),
  )
  const days = Map.groupBy(exposures, ({ targetingKey, at }) =>
    JSON.stringify([targetingKey, Math.floor((at - from) / dayMs)]),
  )
  const users = [...days.values()].map((own) => {
    const sorted = own.toSorted(inOrder)
    const first = sorted.find((each) => mayCount(each, counts)) ?? sorted[0]!
    const hasGoal = goals.some(
      (goal) =>
        goal.targetingKey === first.targetingKey &&
        goal.at <= first.at + delayMs &&
        goal.at >= first.at - tolerance(goal, first),
    )
    return { first, hasGoal }
  })
  const places = new Map<string, number>()
  const rows = new Map<number, Record<keyof MinuteCounts, number>>()
  const byTime = users.toSorted(
    (a, b) => a.first.at - b.first.at || (a.first.targetingKey < b.first.targetingKey ? -1 : 1),
  )
  for (const { first, hasGoal } of byTime) {
    const minute = Math.floor(first.at / 60_000)
    const row = rows.get(minute) ?? { ...emptyRow, minute }
    rows.set(minute, row)
    if (isVerified(first)) row.verifiedUsers++
    else if (first.v === 2) row.unverifiedUsers++
    if (!mayCount(first, counts)) continue
    const source = sourceOf(first)
    const place = (places.get(source) ?? 0) + 1
    places.set(source, place)
    const isBaseline =
      first.kind === 'exposure' && baselineVariationId !== '' && first.variationId === baselineVariationId
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
