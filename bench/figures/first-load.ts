// The cost of the first revision in a new isolate: the code that compiles it is not compiled itself yet.
import { compile, prepare, prepareAll } from '../../core/evaluation/compile.ts'
import type { Snapshot } from '../../core/model/snapshot.ts'
import { toSnapshot } from '../tackline.ts'
import { workload } from '../workloads.ts'
import type { Figure } from './figure.ts'

export function figures(): Figure[] {
  const text = JSON.stringify(toSnapshot(workload('W4').flags, 'percent'))
  const start = process.cpuUsage()
  const snapshot = JSON.parse(text) as Snapshot
  const parsed = process.cpuUsage(start)
  const compiled = compile(snapshot)
  evaluate(compiled, compiled.flags.at(-1)!.flag.key, toContext(users()[0]!))
  const forOne = process.cpuUsage(start)
  prepareAll(compiled)
  const loaded = process.cpuUsage(start)
  const ms = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1_000
  return [
    { name: 'parse, and compile for one flag, the first time in a process', value: ms(forOne), unit: 'ms' },
    { name: 'parse and compile, the first time in a process', value: ms(loaded), unit: 'ms' },
    { name: 'the same, times JSON.parse', value: ms(loaded) / ms(parsed), unit: '×' },
  ]
}
