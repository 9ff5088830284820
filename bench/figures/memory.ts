// The heap size of a compiled snapshot with everything it was compiled from, compared with the bytes of its
// text.
import { compile } from '../../core/evaluation/compile.ts'
import type { Snapshot } from '../../core/model/snapshot.ts'
import { evaluateAll } from '../../core/evaluation/evaluate.ts'
import { toContext, toSnapshot } from '../tackline.ts'
import { users } from '../users.ts'
import { workload } from '../workloads.ts'
import type { Figure } from './figure.ts'

export function figures(): Figure[] {
  // As bytes outside of the heap. The first snapshot is discarded: it includes what is allocated once only.
  const bytes = Buffer.from(JSON.stringify(toSnapshot(workload('W4').flags, 'percent')))
  const snapshotOf = () => JSON.parse(bytes.toString()) as Snapshot
  const user = toContext(users()[0]!)
  const use = () => {
    const compiled = compile(snapshotOf())
    evaluateAll(compiled, user)
    return compiled
  }
  use()
  const parsed = heapOf(snapshotOf)
  const compiled = heapOf(use)
  return [
    { name: 'heap of the parsed text', value: parsed / 1024, unit: 'KiB' },
    { name: 'heap of the compiled snapshot, what was parsed included', value: compiled / 1024, unit: 'KiB' },
    { name: 'parsed text, times its bytes', value: parsed / bytes.length, unit: '×' },
    {
      name: 'compiled snapshot, times the bytes of its text',
      value: compiled / bytes.length,
      unit: '×',
      atMost: 3,
    },
  ]
}

function heapOf(make: () => unknown): number {
  const before = heapUsed()
  kept.push(make())
  const after = heapUsed()
  kept.length = 0
  return after - before
}
const kept: unknown[] = []

function heapUsed(): number {
  for (let i = 0; i < 4; i++) globalThis.gc!()
  return process.memoryUsage().heapUsed
}
