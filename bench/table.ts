// Prints the measurements as Markdown tables.
import { cpus } from 'node:os'
import type { Contender } from './contender.ts'
import type { Figure } from './figures/figure.ts'
import { median, ratio, short } from './numbers.ts'
import type { Effort, Faults, Rounds } from './rounds.ts'
import { workload, type WorkloadName } from './workloads.ts'

/** Targets in nanoseconds for percent allocation, the default, and how much more fine allocation may take. */
const timesFloorMax = 1.3
const timesPeerMin = 5
const timesPercentMax = 2

export function heading({ processes, rounds, cpuMs, warmUpMs }: Effort, today: string): string {
  const host = `${cpus()[0]?.model ?? 'an unknown CPU'} (${cpus().length} cores)`
  const processesText = `${processes} ${processes === 1 ? 'process' : 'processes'}`
  return (
    `${today}, Node ${process.version} (V8 ${process.versions.v8}), ${host}. ` +
    `CPU time; median of ${processes * rounds} interleaved rounds of ${cpuMs} ms in ${processesText} per ` +
    `contender, each warmed up for ${warmUpMs} ms per workload.`
  )
}

/** Nanoseconds per flag. `*`: deviates from the workload; `!`: answers wrongly. */
export function nanoseconds(
  rounds: Rounds,
  contenders: ReadonlyMap<string, Contender>,
  faults: Faults = new Map(),
): string {
  const mark = (name: string, workloadName: WorkloadName) =>
    (contenders.get(name)?.deviations[workloadName] ? '*' : '') +
    (faults.get(name)?.[workloadName] ? '!' : '')
  return perContender(
    rounds,
    (values, name, workloadName) => short(median(values)) + mark(name, workloadName),
  )
}

export function timesFloor(rounds: Rounds): string {
  return perContender(rounds, (values, name, workloadName) => {
    const times = ratio(values, rounds.get(workloadName)!.get('floor')!)
    const isMissed = name === 'tackline-percent' && times > timesFloorMax
    return short(times) + (isMissed ? ` (> ${timesFloorMax})` : '')
  })
}

export function fineTimesPercent(rounds: Rounds): string {
  const times = [...rounds.values()].map((taken) =>
    ratio(taken.get('tackline-fine')!, taken.get('tackline-percent')!),
  )
  const cells = times.map((each) => short(each) + (each > timesPercentMax ? ` (> ${timesPercentMax})` : ''))
  return table(['', ...rounds.keys()], [['fine, times percent', ...cells]])
}

/** How many times faster than the fastest peer Tackline is. */
export function timesPeers(rounds: Rounds, ours: readonly string[], peers: readonly string[]): string {
  const fastest = new Map(
    [...rounds].map(([workloadName, taken]) => [
      workloadName,
      peers.toSorted((a, b) => median(taken.get(a)!) - median(taken.get(b)!))[0]!,
    ]),
  )
  const times = (name: string, workloadName: WorkloadName) => {
    const taken = rounds.get(workloadName)!
    const value = ratio(taken.get(fastest.get(workloadName)!)!, taken.get(name)!)
    return short(value) + (name === 'tackline-percent' && value < timesPeerMin ? ` (< ${timesPeerMin})` : '')
  }
  const names = [...rounds.keys()]
  return table(
    ['', ...names],
    [
      ['the fastest peer', ...names.map((workloadName) => fastest.get(workloadName)!)],
      ...ours.map((name) => [name, ...names.map((workloadName) => times(name, workloadName))]),
    ],
  )
}

export const figuresTable = (figures: readonly Figure[]) =>
  table(
    ['', '', 'at most'],
    figures.map(({ name, value, unit, atMost }) => [
      name,
      `${short(value)} ${unit}`,
      atMost === undefined ? '' : `${short(atMost)} ${unit}${value > atMost ? ', missed' : ''}`,
    ]),
  )

export const legend = (names: readonly WorkloadName[]) =>
  names.map((name) => `- ${name}: ${workload(name).title}`).join('\n')

export const deviations = (contenders: ReadonlyMap<string, Contender>, names: readonly WorkloadName[]) =>
  [...contenders]
    .flatMap(([name, contender]) =>
      names.flatMap((workloadName) =>
        contender.deviations[workloadName]
          ? [`- ${name}, ${workloadName}: ${contender.deviations[workloadName]}`]
          : [],
      ),
    )
    .join('\n')

function perContender(
  rounds: Rounds,
  cell: (values: readonly number[], name: string, workloadName: WorkloadName) => string,
): string {
  const workloadName = [...rounds.keys()]
  const names = [...rounds.get(workloadName[0]!)!.keys()]
  return table(
    ['contender', ...workloadName],
    names.map((name) => [
      name,
      ...workloadName.map((each) => cell(rounds.get(each)!.get(name)!, name, each)),
    ]),
  )
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length), 3))
  const pad = (cell: string, i: number) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))
  const line = (cells: readonly string[]) => `| ${cells.map(pad).join(' | ')} |`
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}
