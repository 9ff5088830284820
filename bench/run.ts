// `npm run bench`: compares the cost of a decision with hand-written closures and with published evaluators,
// in Node and in workerd. Prints Markdown to standard output and progress to standard error. Exits with 1 if
// a contender answers wrongly, never because of a time.
import { exitWithUsage, readOptions } from '../scripts/command-line.ts'
import { type Contender, contenderNames, load, ourNames, peerNames } from './contender.ts'
import { type Figure, type FigureName, figureNames } from './figures/figure.ts'
import { takeFigures } from './figures/take.ts'
import { type Effort, type Faults, runRounds } from './rounds.ts'
import {
  deviations,
  figuresTable,
  fineTimesPercent,
  heading,
  legend,
  nanoseconds,
  timesFloor,
  timesPeers,
} from './table.ts'
import { runRoundsInWorkerd } from './workerd/rounds.ts'
import { workerdVersion } from './workerd/server.ts'
import { type WorkloadName, workloadNames } from './workloads.ts'

const parts = [...workloadNames, ...figureNames, 'workerd'] as const

const { values } = readOptions({
  /** Few and short rounds, to see that it works. */
  quick: { type: 'boolean', default: false },
  only: { type: 'string', default: parts.join(',') },
  contenders: { type: 'string', default: contenderNames.join(',') },
})

const effort: Effort = values.quick
  ? { processes: 1, rounds: 3, cpuMs: 60, warmUpMs: 450 }
  : { processes: 3, rounds: 5, cpuMs: 100, warmUpMs: 1_500 }

const only = chosen(values.only, parts)
const names = chosen(values.contenders, contenderNames)
const chosenWorkloads = workloadNames.filter((name) => only.includes(name))
const contenders = new Map<string, Contender>()
for (const name of names) contenders.set(name, await load(name))

console.log(`${heading(effort, new Date().toISOString().slice(0, 10))}\n`)
let isRight = true
if (chosenWorkloads.length > 0) isRight = await compare(chosenWorkloads)
if (only.includes('workerd'))
  await compareInWorkerd(chosenWorkloads.length > 0 ? chosenWorkloads : workloadNames)
await measure(figureNames.filter((name) => only.includes(name)))
process.exitCode = isRight ? 0 : 1

async function compare(workloads: readonly WorkloadName[]): Promise<boolean> {
  const { rounds, faults } = await runRounds(names, workloads, effort)
  print('CPU nanoseconds per flag, Node', nanoseconds(rounds, contenders, faults))
  print('', legend(workloads))
  print('not quite the workload (\\*)', deviations(contenders, workloads))
  if (names.includes('floor')) print('times floor, Node', timesFloor(rounds))
  if (names.includes('tackline-percent') && names.includes('tackline-fine'))
    print('', fineTimesPercent(rounds))
  const peers = peerNames.filter((name) => names.includes(name))
  const ours = names.filter((name) => name.startsWith('tackline'))
  if (peers.length > 0 && ours.length > 0)
    print('times faster than the fastest peer', timesPeers(rounds, ours, peers))
  return report(faults)
}

async function compareInWorkerd(workloads: readonly WorkloadName[]): Promise<void> {
  const ours = ourNames.filter((name) => names.includes(name))
  const rounds = await runRoundsInWorkerd(ours, workloads, effort)
  print(`CPU nanoseconds per flag, workerd ${workerdVersion()}`, nanoseconds(rounds, contenders))
  if (ours.includes('floor')) print('times floor, workerd', timesFloor(rounds))
}

async function measure(wanted: readonly FigureName[]): Promise<void> {
  const figures: Figure[] = []
  for (const name of wanted) figures.push(...(await takeFigures(name, effort.rounds)))
  if (figures.length > 0) print('loading, memory, large segments', figuresTable(figures))
}

function report(faults: Faults): boolean {
  const wrong = [...faults].flatMap(([name, byWorkload]) =>
    Object.entries(byWorkload).map(
      ([workload, found]) =>
        `- ${name}, ${workload}: ${found.length} wrong, as ${found.slice(0, 3).join('; ')}`,
    ),
  )
  print('wrong answers (!)', wrong.join('\n'))
  return wrong.length === 0
}

function print(title: string, text: string): void {
  if (text) console.log(`${title ? `**${title}**\n\n` : ''}${text}\n`)
}

function chosen<T extends string>(text: string, from: readonly T[]): T[] {
  const wanted = text.split(',').map((name) => name.trim())
  const unknown = wanted.filter((name) => !(from as readonly string[]).includes(name))
  if (unknown.length > 0) exitWithUsage(`Unknown: ${unknown.join(', ')}; known: ${from.join(', ')}.`)
  return from.filter((name) => wanted.includes(name))
}
