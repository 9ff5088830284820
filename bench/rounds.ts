// Starts a process per contender and runs them in turn, so that other load on the machine affects all alike.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Reply, RoundRequest } from './contender-process.ts'
import type { WorkloadName } from './workloads.ts'

export interface Effort {
  /** How many processes: compiled code differs from start to start. */
  readonly processes: number
  /** Per process. */
  readonly rounds: number
  readonly cpuMs: number
  readonly warmUpMs: number
}

/** Nanoseconds per flag of each round, by workload and contender. */
export type Rounds = Map<WorkloadName, Map<string, number[]>>

type FaultsByWorkload = Partial<Record<WorkloadName, readonly string[]>>
/** Wrong answers by contender and workload. */
export type Faults = Map<string, FaultsByWorkload>

/** For Node 22, which does not yet strip types by itself. */
export const typescript = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning']

export async function runRounds(
  contenders: readonly string[],
  workloads: readonly WorkloadName[],
  effort: Effort,
): Promise<{ rounds: Rounds; faults: Faults }> {
  const rounds: Rounds = new Map(
    workloads.map((name) => [name, new Map(contenders.map((each) => [each, []]))]),
  )
  const faults: Faults = new Map()
  for (let process = 0; process < effort.processes; process++) {
    const crew = new Map<string, ChildProcess>()
    try {
      for (const name of contenders) {
        // One by one, because starting takes CPU time too.
        const { child, found } = await start(name, effort.warmUpMs)
        crew.set(name, child)
        faults.set(name, found)
      }
      for (let round = 0; round < effort.rounds; round++) {
        for (const workload of workloads) {
          for (const [name, child] of rotated([...crew], round))
            rounds
              .get(workload)!
              .get(name)!
              .push(await requestRound(child, { workload, cpuMs: effort.cpuMs }))
        }
        say(`round ${round + 1} of ${effort.rounds}, processes ${process + 1} of ${effort.processes}`)
      }
    } finally {
      for (const child of crew.values()) child.kill()
    }
  }
  return { rounds, faults }
}

async function start(
  name: string,
  warmUpMs: number,
): Promise<{ child: ChildProcess; found: FaultsByWorkload }> {
  say(`${name}: prepares and warms up`)
  const child = fork(join(import.meta.dirname, 'contender-process.ts'), [name, String(warmUpMs)], {
    execArgv: [...typescript, '--expose-gc'],
  })
  const reply = await answer(child)
  if (reply.kind !== 'ready') throw new Error(`${name} sent an unexpected message`)
  return { child, found: reply.faults }
}

async function requestRound(child: ChildProcess, request: RoundRequest): Promise<number> {
  child.send(request)
  const reply = await answer(child)
  if (reply.kind !== 'round') throw new Error('a contender sent an unexpected message')
  return reply.nsPerFlag
}

async function answer(child: ChildProcess): Promise<Reply> {
  const ended = new AbortController()
  const { signal } = ended
  try {
    const [reply] = (await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`a contender's process ended with ${code}`)
      }),
    ])) as [Reply]
    return reply
  } finally {
    ended.abort()
  }
}

/** Rotates, so that each round begins with another contender. */
export function rotated<T>(all: readonly T[], by: number): T[] {
  const at = by % all.length
  return [...all.slice(at), ...all.slice(0, at)]
}

/** Discarded: not among the results. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
