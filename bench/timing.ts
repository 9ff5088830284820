// Inside a contender's process: what one round takes. CPU time, since the machine may be shared.
import type { Decide } from './contender.ts'

/**
 * Runs `calls` decisions over people in turn. Async answers are awaited one after the other, as a caller
 * would.
 */
export async function spend(decide: Decide, people: number, calls: number): Promise<void> {
  if (decide(0) instanceof Promise) {
    for (let i = 0; i < calls; i++) await decide(i % people)
    return
  }
  let place = 0
  for (let i = 0; i < calls; i++) {
    if (decide(place) === never) throw new Error('never')
    if (++place === people) place = 0
  }
}
/**
 * No answer is this: comparing with it keeps the engine from leaving out a decision whose answer nobody
 * wants.
 */
const never = {}

/**
 * CPU nanoseconds of this process while `work` runs: all its threads, so also what its engine compiles and
 * collects.
 */
export async function cpuNanoseconds(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) * 1_000
}

/**
 * Of this thread alone: where other threads may still be collecting what was made before the work began. Node
 * 22 cannot tell.
 */
export async function threadNanoseconds(work: () => Promise<void>): Promise<number> {
  if (!process.threadCpuUsage) return cpuNanoseconds(work)
  const before = process.threadCpuUsage()
  await work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) * 1_000
}
