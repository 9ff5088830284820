// Checks that every contender decides a few flags of each kind as the workload says. Asserts no times.
import { describe, expect, it } from 'vitest'
import { contenderNames, load } from './contender.ts'
import { faultsOf } from './correctness.ts'
import { slice, workload } from './workloads.ts'

/** Flagship needs milliseconds to make a visitor. */
const answersMax = 200

describe.each(contenderNames)('%s', (name) => {
  it.each(['W1', 'W2', 'W3', 'W5'] as const)('decides %s rightly', async (workloadName) => {
    const contender = await load(name)
    const small = slice(workload(workloadName), 10)
    const prepared = await contender.prepare(small)
    try {
      expect(await faultsOf(contender, small, prepared, answersMax)).toEqual([])
    } finally {
      await prepared.close?.()
    }
  })
})
