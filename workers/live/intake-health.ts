// What the counts of an environment's intake say about its health. Pure.
import { type IntakeCounts, refusalReasons } from '../../analytics/intake.ts'
import type { IntakeHours } from '../contracts/live-contract.ts'

export const sumOfHours = (hours: IntakeHours['hours']): IntakeCounts => {
  const sum: Record<string, number> = {}
  for (const { counts } of hours)
    for (const [name, events] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + events
  return sum
}

export function toHealth(counts: IntakeCounts) {
  const { accepted = 0, stored = 0, duplicates = 0, bad = 0, dead = 0, 'lag-seconds': lag = 0 } = counts
  const refused = Object.fromEntries(
    refusalReasons.map((reason) => [reason, counts[`refused:${reason}`] ?? 0]),
  )
  return {
    accepted,
    refused: refused as Record<(typeof refusalReasons)[number], number>,
    stored,
    duplicates,
    bad,
    deadLetters: dead,
    lagSeconds: stored === 0 ? null : Math.round((1_000 * lag) / stored) / 1_000,
  }
}
