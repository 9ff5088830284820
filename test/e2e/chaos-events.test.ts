// The short form of `npm run chaos`: what SDKs were told is what the runner counts, whatever fails on the
// way.
import { expect, it } from 'vitest'
import { hasChdb } from '../support/chdb.ts'
import { playBlock } from '../chaos/block.ts'
import { scheduleOf } from '../chaos/schedule.ts'

/** Between them: a killed run and compaction, dead letters, a damaged object, harmed caches, stale copies. */
const seeds = [3, 14, 36]

it.skipIf(!hasChdb)(
  `every acknowledged event counts once, seeds ${seeds.join()}`,
  async () => {
    const { played, findings, progress } = await playBlock(seeds.map(scheduleOf))
    const all = [...findings, ...played.flatMap((each) => each.findings)]
    expect(all).toEqual([])
    expect(progress.sent).toBe(progress.settled)
    expect(played.every(({ acknowledged }) => acknowledged > 0)).toBe(true)
    // The schedules were hard enough: something was refused, killed or came again.
    expect(Object.values(progress.faults).reduce((sum, times) => sum + times, 0)).toBeGreaterThan(0)
    expect(played.reduce((sum, { copies }) => sum + copies, 0)).toBeGreaterThan(0)
  },
  600_000, // on a busy machine
)
