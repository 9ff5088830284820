// Measures one round inside a contender's process. CPU time, because the machine may be shared.
import type { Decide } from './contender.ts'

/**
 * Runs `calls` decisions over the users in turn. Asynchronous answers are awaited one by one, as a caller
 * does.
 */
export async function spend(decide: Decide, people: number, calls: number): Promise<void> {
  if (decide(0) instanceof Promise) {
    for (let i = 0; i < calls; i++) await decide(i % people)
    return
  }
  let index = 0
  for (let i = 0; i < calls; i++) {
    if (decide(index) === never) throw new Error('never')
    if (++index === people) index = 0
  }
}
/**
 * No decision returns this value. Comparing with it keeps the engine from optimising unused decisions away.
 */
const never = {}

/**
 * CPU nanoseconds of this process while `work` runs, including compilation and garbage collection in other
 * threads.
 */
export async function cpuNanoseconds(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) * 1_000
}

/**
 * CPU nanoseconds of this thread alone, if other threads may still collect earlier garbage. Not available in
 * Node 22.
 */
export async function threadNanoseconds(work: () => Promise<void>): Promise<number> {
  if (!process.threadCpuUsage) return cpuNanoseconds(work)
  const before = process.threadCpuUsage()
  await work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) * 1_000
}
