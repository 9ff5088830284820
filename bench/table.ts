// What was measured, as Markdown.
import { cpus } from 'node:os'
import type { Contender } from './contender.ts'
import type { Figure } from './figures/figure.ts'
import { median, ratio, short } from './numbers.ts'
import type { Effort, Faults, Rounds } from './rounds.ts'
import { workload, type WorkloadName } from './workloads.ts'

/**
 * The targets: of percent allocation, which is the default; and what fine allocation may take more than that.
 */
const timesFloorMax = 1.3
const timesPeerMin = 5
const timesPercentMax = 2

export function heading({ processes, rounds, cpuMs, warmUpMs }: Effort, today: string): string {
  return `${today}, Node ${process.version} (V8 ${process.versions.v8}), ${cpus()[0]?.model ?? 'an unknown CPU'} (${cpus().length} cores). \
CPU time; median of ${processes * rounds} interleaved rounds of ${cpuMs} ms in ${processes} ${processes === 1 ? 'process' : 'processes'} per \
contender, each warmed up for ${warmUpMs} ms per workload.`
}

/** Nanoseconds per flag. `*`: says something else than the workload; `!`: answers wrongly. */
export function nanoseconds(
  rounds: Rounds,
  contenders: ReadonlyMap<string, Contender>,
  faults: Faults = new Map(),
): string {
  const mark = (name: string, asked: WorkloadName) =>
    `${contenders.get(name)?.deviations[asked] ? '*' : ''}${faults.get(name)?.[asked] ? '!' : ''}`
  return perContender(rounds, (values, name, asked) => short(median(values)) + mark(name, asked))
}

export function timesFloor(rounds: Rounds): string {
  return perContender(rounds, (values, name, asked) => {
    const times = ratio(values, rounds.get(asked)!.get('floor')!)
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

/** How many times faster than the fastest of the peers we are. */
export function timesPeers(rounds: Rounds, ours: readonly string[], peers: readonly string[]): string {
  const fastest = new Map(
    [...rounds].map(([asked, taken]) => [
      asked,
      peers.toSorted((a, b) => median(taken.get(a)!) - median(taken.get(b)!))[0]!,
    ]),
  )
  const times = (name: string, asked: WorkloadName) => {
    const taken = rounds.get(asked)!
    const value = ratio(taken.get(fastest.get(asked)!)!, taken.get(name)!)
    return short(value) + (name === 'tackline-percent' && value < timesPeerMin ? ` (< ${timesPeerMin})` : '')
  }
  const names = [...rounds.keys()]
  return table(
    ['', ...names],
    [
      ['the fastest peer', ...names.map((asked) => fastest.get(asked)!)],
      ...ours.map((name) => [name, ...names.map((asked) => times(name, asked))]),
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
      names.flatMap((asked) =>
        contender.deviations[asked] ? [`- ${name}, ${asked}: ${contender.deviations[asked]}`] : [],
      ),
    )
    .join('\n')

function perContender(
  rounds: Rounds,
  cell: (values: readonly number[], name: string, asked: WorkloadName) => string,
): string {
  const asked = [...rounds.keys()]
  const names = [...rounds.get(asked[0]!)!.keys()]
  return table(
    ['contender', ...asked],
    names.map((name) => [name, ...asked.map((each) => cell(rounds.get(each)!.get(name)!, name, each))]),
  )
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length), 3))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}
