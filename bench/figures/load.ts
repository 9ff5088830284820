// The cost of a new revision: parsing its text and compiling all that its evaluations can ever need, compared
// with parsing alone. Alternates between
// the two, in a process that is warmed up.
import { compile, prepareAll } from '../../core/evaluation/compile.ts'
import type { Snapshot } from '../../core/model/snapshot.ts'
import { median, ratio } from '../numbers.ts'
import { toSnapshot } from '../tackline.ts'
import { workload } from '../workloads.ts'
import type { Figure } from './figure.ts'

const warmUps = 20

export function figures(rounds: number): Figure[] {
  const text = JSON.stringify(toSnapshot(workload('W4').flags, 'percent'))
  const parsing: number[] = []
  const loading: number[] = []
  for (let round = -warmUps; round < 10 * rounds; round++) {
    const parse = cpuMs(() => JSON.parse(text))
    const load = cpuMs(() => loaded(text))
    if (round < 0) continue
    parsing.push(parse)
    loading.push(load)
  }
  return [
    { name: 'text of 1,000 flags (W4)', value: Buffer.byteLength(text) / 1024, unit: 'KiB' },
    { name: 'JSON.parse of it', value: median(parsing), unit: 'ms' },
    { name: 'parse and compile', value: median(loading), unit: 'ms' },
    { name: 'parse and compile, times JSON.parse', value: ratio(loading, parsing), unit: '×', atMost: 2 },
  ]
}

function loaded(text: string) {
  const compiled = compile(JSON.parse(text) as Snapshot)
  prepareAll(compiled)
  return compiled
}

/** Keeps what is made until the time is taken, so that collecting it is not measured. */
function cpuMs(make: () => unknown): number {
  const before = process.cpuUsage()
  kept.push(make())
  const { user, system } = process.cpuUsage(before)
  kept.length = 0
  return (user + system) / 1_000
}
const kept: unknown[] = []
