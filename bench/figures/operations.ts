// What it costs to decide 10,000 operations from their counts: run the file. Each watches a flag with a user
// a minute for a week, so that most minutes have a row; one in a hundred is due. CPU time of this process.
import type { Operation } from '../../core/model/operation.ts'
import { type MinuteCounts, watch } from '../../core/model/operation-watch.ts'
import { randomFrom } from '../../test/simulate/random.ts'

const operations = 10_000
const minutes = 7.5 * 1_440
const streams = 100
const start = 29_000_000
const now = (start + minutes) * 60_000

const guard: Operation = {
  id: 'guard',
  kind: 'event-rate',
  flagKey: 'checkout',
  variationId: 'on',
  goalKey: 'error',
  comparison: 'at-least',
  threshold: 0.05,
  minimumUsers: 30,
  status: 'active',
  countingFrom: start * 60_000,
  version: 1,
  createdAt: 0,
  updatedAt: 0,
}

function rowsOf(seed: number): MinuteCounts[] {
  const random = randomFrom(seed)
  const rows: MinuteCounts[] = []
  for (let i = 0; i < minutes; i++) {
    const users = random.poisson(1)
    const rate = seed === 0 && i > minutes - 60 ? 0.5 : 0.04
    const goalUsers = random.binomial(users, rate)
    const baselineUsers = random.poisson(1)
    const baselineGoalUsers = random.binomial(baselineUsers, 0.04)
    const others = { baselineUsers, baselineGoalUsers, verifiedUsers: 0, usersOverLimit: 0 }
    if (users > 0) rows.push({ minute: start + i, users, goalUsers, unverifiedUsers: users, ...others })
  }
  return rows
}

const counted = Array.from({ length: streams }, (_, seed) => rowsOf(seed))
for (const kinds of [
  { name: 'against a threshold', more: {} },
  {
    name: 'against a baseline',
    more: { baselineVariationId: 'off', share: 0.5, threshold: 0.02, delayMs: 0 },
  },
]) {
  const began = process.cpuUsage()
  let due = 0
  for (let i = 0; i < operations; i++) {
    const { facts } = watch({ ...guard, ...kinds.more }, counted[i % streams]!, now)
    if (facts.evidence) due++
  }
  const { user, system } = process.cpuUsage(began)
  const seconds = ((user + system) / 1e6).toFixed(1)
  console.log(`${operations} operations ${kinds.name}, ${minutes} minutes each: ${seconds} s, ${due} due`)
}
