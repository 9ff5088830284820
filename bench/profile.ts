// Takes a CPU profile of one contender at one workload after warm-up. Prints the time by function and writes
// the profile for a browser's developer tools. `node bench/profile.ts tackline-percent W2 [seconds]`.
import { mkdirSync, writeFileSync } from 'node:fs'
import { type Profiler, Session } from 'node:inspector/promises'
import { basename, join } from 'node:path'
import { load } from './contender.ts'
import { cpuNanoseconds, spend } from './timing.ts'
import { anew, users } from './users.ts'
import { workload, type WorkloadName } from './workloads.ts'

const [name = 'tackline-percent', workloadName = 'W2', seconds = '3'] = process.argv.slice(2)
const shownMax = 20

const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.setSamplingInterval', { interval: 200 })
await session.post('Profiler.start') // the engine records positions of inlined code only while it is profiled

const target = workload(workloadName as WorkloadName)
const prepared = await (await load(name)).prepare(target)
const people = anew(users())
const decide = await prepared.takeUsers(people)
const perSecond = await callsPerSecond()
await session.post('Profiler.stop')

await session.post('Profiler.start')
const calls = Math.round(perSecond * Number(seconds))
const spent = await cpuNanoseconds(() => spend(decide, people.length, calls))
const { profile } = await session.post('Profiler.stop')

const directory = join(import.meta.dirname, '../.tackline/bench')
mkdirSync(directory, { recursive: true })
const file = join(directory, `${name}-${workloadName.replace(' ', '-')}.cpuprofile`)
writeFileSync(file, JSON.stringify(profile))

const nsPerFlag = spent / calls / target.flags.length
console.log(`${name}, ${target.title}: ${nsPerFlag.toFixed(1)} ns per flag, under the profiler\n`)
show(profile)
console.log(file)
await prepared.close?.()
process.exit()

/** After enough runs that everything is compiled. Each run takes about a tenth of a second. */
async function callsPerSecond(): Promise<number> {
  let perCall = 1e6
  for (let run = 0; run < 20; run++) {
    const some = Math.max(1, Math.round(1e8 / perCall))
    perCall = (await cpuNanoseconds(() => spend(decide, people.length, some))) / some
  }
  return 1e9 / perCall
}

/** Prints the share of samples by location, largest first, without the profiler's own. */
function show({ nodes }: Profiler.Profile): void {
  const sums = new Map<string, number>()
  for (const { callFrame, hitCount = 0 } of nodes) {
    const location = locationOf(callFrame)
    if (!location.includes('node:inspector')) sums.set(location, (sums.get(location) ?? 0) + hitCount)
  }
  const total = [...sums.values()].reduce((sum, each) => sum + each, 0)
  const most = [...sums].sort(([, a], [, b]) => b - a).slice(0, shownMax)
  for (const [location, count] of most)
    console.log(`${((count * 100) / total).toFixed(1).padStart(5)} %  ${location}`)
  console.log()
}

function locationOf({ functionName, url, lineNumber }: Profiler.ProfileNode['callFrame']): string {
  return url ? `${functionName || '(anonymous)'}  ${basename(url)}:${lineNumber + 1}` : functionName
}
