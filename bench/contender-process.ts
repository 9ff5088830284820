// One contender in a process of its own. The parent process sends it the rounds to measure.
import { load, type PreparedWorkload } from './contender.ts'
import { faultsOf } from './correctness.ts'
import { cpuNanoseconds, spend, threadNanoseconds } from './timing.ts'
import { anew, type User, users } from './users.ts'
import { type Workload, workload, type WorkloadName, workloadNames } from './workloads.ts'

export interface RoundRequest {
  readonly workload: WorkloadName
  readonly cpuMs: number
}
export type Reply =
  /** The wrong answers of each workload. Workloads without any are absent. */
  | { readonly kind: 'ready'; readonly faults: Partial<Record<WorkloadName, readonly string[]>> }
  | { readonly kind: 'round'; readonly nsPerFlag: number }

interface WarmedWorkload {
  readonly workload: Workload
  readonly prepared: PreparedWorkload
  /** Estimated during warm-up. */
  nsPerCall: number
}

const [name = '', warmUpMs = '200'] = process.argv.slice(2)
const people = users()
/**
 * How many contexts are made at once, if each is used once. They are made before the measurement and must fit
 * into the young generation.
 */
const newAtOnce = 20_000
/** Fewer, because making them takes far longer than using them. */
const newShare = 0.3

const known = new Map<WorkloadName, WarmedWorkload>()

/**
 * Every workload is prepared and warmed up, even if it is not measured. So the engine has always seen the
 * same flags, of more than one kind.
 */
async function warmUp(): Promise<Partial<Record<WorkloadName, readonly string[]>>> {
  const contender = await load(name)
  const faults: Partial<Record<WorkloadName, readonly string[]>> = {}
  for (const each of workloadNames.map(workload)) {
    const prepared = await contender.prepare(each)
    known.set(each.name, { workload: each, prepared, nsPerCall: 1e6 })
    const found = await faultsOf(contender, each, prepared)
    if (found.length > 0) faults[each.name] = found
  }
  for (let attempt = 0; attempt < 3; attempt++)
    for (const each of known.values()) each.nsPerCall = await nsPerCall(each, Number(warmUpMs) / 3)
  return faults
}

async function nsPerCall(each: WarmedWorkload, cpuMs: number): Promise<number> {
  if (each.workload.idsAreNew === 'each time') return nsPerNewCall(each, cpuMs)
  const decide = await each.prepared.takeUsers(anew(people))
  let calls = Math.max(1, Math.round((cpuMs * 1e6) / each.nsPerCall))
  collectYoungGeneration()
  let spent = 0
  let made = 0
  // The estimate may be far off, so go on until about the requested time is spent.
  while (spent < cpuMs * 0.8e6) {
    spent += await cpuNanoseconds(() => spend(decide, people.length, calls))
    made += calls
    calls = Math.max(1, Math.round((calls * (cpuMs * 1e6 - spent)) / spent))
  }
  return spent / made
}

/** Moves the new users out of the young generation. A full collection would also discard compiled code. */
function collectYoungGeneration(): void {
  globalThis.gc?.({ type: 'minor' })
  globalThis.gc?.({ type: 'minor' })
}

/** Measures in pieces: users are made outside of the measured time, and each is used once. */
async function nsPerNewCall(
  { prepared, nsPerCall: estimate }: WarmedWorkload,
  cpuMsWanted: number,
): Promise<number> {
  const cpuMs = cpuMsWanted * newShare
  const calls = Math.min(newAtOnce, Math.max(1, Math.round((cpuMs * 1e6) / estimate)))
  let spent = 0
  let made = 0
  while (spent < cpuMs * 0.8e6) {
    const decide = await prepared.takeUsers(anew(strangers(calls, made)))
    collectYoungGeneration()
    spent += await threadNanoseconds(() => spend(decide, calls, calls))
    made += calls
  }
  return spent / made
}

const strangers = (count: number, from: number): User[] =>
  Array.from({ length: count }, (_, i) => people[(from + i) % people.length]!)

const reply = (message: Reply) => process.send!(message)

process.on('message', ({ workload: workloadName, cpuMs }: RoundRequest) => {
  void (async () => {
    const each = known.get(workloadName)!
    each.nsPerCall = await nsPerCall(each, cpuMs)
    reply({ kind: 'round', nsPerFlag: each.nsPerCall / each.workload.flags.length })
  })()
})
process.on('disconnect', () => process.exit())

reply({ kind: 'ready', faults: await warmUp() })
