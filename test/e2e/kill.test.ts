// The short form of `npm run soak -- --kill 200`: the whole stack is killed while changes and events are
// sent. What was acknowledged is there afterwards, once, and D1, KV and the environment's object agree.
import { expect, it } from 'vitest'
import { soakWithKills } from '../soak/kill.ts'

const kills = 5

it(
  'loses no acknowledged change and no acknowledged event, and counts none twice',
  { timeout: 600_000 },
  async () => {
    const report = await soakWithKills(kills, Date.now() % 1_000_000, console.info)
    console.info(JSON.stringify(report))
    expect(report.findings).toEqual([])
    expect(report.acknowledgedChanges).toBeGreaterThan(kills)
    expect(report.acknowledgedEvents).toBeGreaterThan(kills)
  },
)
