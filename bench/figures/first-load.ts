// The cost of the first revision in a new isolate, of which no code is compiled by the engine yet: parsing
// it, and the first decisions.
import { compile } from '../../core/evaluation/compile.ts'
import { evaluate, evaluateAll } from '../../core/evaluation/evaluate.ts'
import type { Snapshot } from '../../core/model/snapshot.ts'
import { toContext, toSnapshot } from '../tackline.ts'
import { users } from '../users.ts'
import { workload } from '../workloads.ts'
import type { Figure } from './figure.ts'

export function figures(): Figure[] {
  const text = JSON.stringify(toSnapshot(workload('W4').flags, 'percent'))
  const context = toContext(users()[0]!)
  const start = process.cpuUsage()
  const snapshot = JSON.parse(text) as Snapshot
  const parsed = msSince(start)
  const compiled = compile(snapshot)
  evaluate(compiled, snapshot.flags.at(-1)!.key, context)
  const decidedOne = msSince(start)
  evaluateAll(compiled, context)
  const decidedAll = msSince(start)
  return [
    { name: 'JSON.parse, the first time in a process', value: parsed, unit: 'ms' },
    { name: 'and compile, and decide one flag', value: decidedOne, unit: 'ms' },
    { name: 'and decide all flags', value: decidedAll, unit: 'ms' },
    { name: 'of it, what follows JSON.parse', value: decidedAll - parsed, unit: 'ms', atMost: 40 },
  ]
}

function msSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1_000
}
