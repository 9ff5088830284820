// No time is asserted here: that every contender says what the workloads mean, on a few flags of each kind.
import { describe, expect, it } from 'vitest'
import { contenderNames, load } from './contender.ts'
import { faultsOf } from './correctness.ts'
import { slice, workload } from './workloads.ts'

/** Flagship takes milliseconds to make a visitor. */
const answersMax = 200

describe.each(contenderNames)('%s', (name) => {
  it.each(['W1', 'W2', 'W3', 'W5'] as const)('decides %s rightly', async (asked) => {
    const contender = await load(name)
    const small = slice(workload(asked), 10)
    const prepared = await contender.prepare(small)
    try {
      expect(await faultsOf(contender, small, prepared, answersMax)).toEqual([])
    } finally {
      await prepared.close?.()
    }
  })
})
