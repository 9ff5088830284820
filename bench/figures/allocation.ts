// Heap bytes that a decision allocates. This process has a young generation so large that nothing is
// collected during a measurement. A round with a collection has a lower figure and drops out of the median.
import { load } from '../contender.ts'
import { median } from '../numbers.ts'
import { spend } from '../timing.ts'
import { users } from '../users.ts'
import { workload, type WorkloadName } from '../workloads.ts'
import type { Figure } from './figure.ts'

/** An array of 1,000 answers takes little more than 8 bytes per flag. */
const bytesPerAnswer = 8.3

export async function figures(rounds: number): Promise<Figure[]> {
  const found: Figure[] = []
  for (const name of ['floor', 'tackline-percent', 'tackline-fine']) {
    for (const workloadName of ['W1', 'W2', 'W4', 'W5'] as const) {
      const value = await bytesPerFlag(name, workloadName, rounds)
      const limit = workloadName === 'W4' ? bytesPerAnswer : 0.1
      const target = name.startsWith('tackline') ? { atMost: limit } : {}
      found.push({ name: `heap bytes per flag, ${workloadName}, ${name}`, value, unit: 'B', ...target })
    }
  }
  return found
}

async function bytesPerFlag(name: string, workloadName: WorkloadName, rounds: number): Promise<number> {
  const given = workload(workloadName)
  const people = users()
  const decide = await (await load(name)).prepare(given).then((prepared) => prepared.takeUsers(people))
  const calls = Math.round(100_000 / given.flags.length)
  await spend(decide, people.length, 10 * calls) // interpreted code keeps numbers on the heap
  const perCall: number[] = []
  for (let round = 0; round < 3 * rounds; round++) {
    globalThis.gc!({ type: 'minor' })
    const before = process.memoryUsage().heapUsed
    await spend(decide, people.length, calls)
    perCall.push((process.memoryUsage().heapUsed - before - own) / calls)
  }
  return Math.max(0, median(perCall)) / given.flags.length
}

/** The allocation of the measurement itself. */
const own = await ownBytes()
async function ownBytes(): Promise<number> {
  const found: number[] = []
  for (let i = 0; i < 51; i++) {
    const before = process.memoryUsage().heapUsed
    await spend(() => undefined, 1, 1)
    found.push(process.memoryUsage().heapUsed - before)
  }
  return median(found)
}
