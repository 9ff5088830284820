// The rounds inside workerd. The cost of a request that decides nothing is subtracted.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Effort, rotated, type Rounds, say } from '../rounds.ts'
import { usersCount } from '../users.ts'
import { type Workload, workload, type WorkloadName, workloadNames } from '../workloads.ts'
import { bundle, type Server, type Spender, startServer } from './server.ts'

export async function runRoundsInWorkerd(
  contenders: readonly string[],
  workloads: readonly WorkloadName[],
  effort: Effort,
): Promise<Rounds> {
  const rounds: Rounds = new Map(
    workloads.map((name) => [name, new Map(contenders.map((each) => [each, []]))]),
  )
  const directory = mkdtempSync(join(tmpdir(), 'tackline-bench-'))
  try {
    await bundle(directory)
    for (let process = 0; process < effort.processes; process++) {
      // One process per contender, so that compiled code of one does not affect another.
      const crew = new Map<string, Server>()
      try {
        for (const name of contenders) crew.set(name, await startServer(directory))
        await runOneCrew(crew, workloads, effort, rounds)
      } finally {
        for (const server of crew.values()) await server.stop()
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  return rounds
}

async function runOneCrew(
  crew: ReadonlyMap<string, Server>,
  workloads: readonly WorkloadName[],
  { rounds, cpuMs, warmUpMs }: Effort,
  taken: Rounds,
): Promise<void> {
  const costs = new Map<string, number>()
  const known = workloadNames.map(workload)
  for (let attempt = 0; attempt < 3; attempt++) {
    for (const [name, server] of crew) {
      for (const each of known) {
        const key = `${name} ${each.name}`
        costs.set(key, await nsPerCall(server, name, each, costs.get(key) ?? 1e5, warmUpMs / 3))
      }
    }
  }
  say('workerd: warmed up')
  for (let round = 0; round < rounds; round++) {
    for (const each of known.filter(({ name }) => workloads.includes(name))) {
      for (const [name, server] of rotated([...crew], round)) {
        const cost = await nsPerCall(server, name, each, costs.get(`${name} ${each.name}`)!, cpuMs)
        taken
          .get(each.name)!
          .get(name)!
          .push(cost / each.flags.length)
      }
    }
  }
}

/**
 * Contexts that are used once must all exist at the same time. Enough of them that the cost of a request is
 * small.
 */
const newAtOnce = 60_000

async function nsPerCall(
  server: Server,
  contender: string,
  { name, idsAreNew }: Workload,
  estimate: number,
  cpuMs: number,
): Promise<number> {
  const isNew = idsAreNew === 'each time'
  const wanted = Math.max(1, Math.round((cpuMs * 1e6) / estimate))
  const calls = isNew ? Math.min(newAtOnce, wanted) : wanted
  const query = new URLSearchParams({ contender, workload: name, people: String(isNew ? calls : usersCount) })
  await server.get(`/users?${query.toString()}`)
  const by = isNew ? 'thread' : 'process' // other threads may still collect garbage of the preparation
  const spent = await spentOn(server, calls, by)
  return Math.max(0, spent - (await spentOn(server, 0, by))) / calls
}

async function spentOn(server: Server, calls: number, by: Spender): Promise<number> {
  const before = server.spentNs(by)
  await server.get(`/decide?calls=${calls}`)
  return server.spentNs(by) - before
}
