// A CPU profile of one contender at one workload, taken after warm-up: where its time goes, by function; and
// the profile itself, as a file for a browser's developer tools. `node bench/profile.ts tackline-percent W2
// [seconds]`.
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
await session.post('Profiler.start') // the engine notes where inlined code came from only while it is watched

const asked = workload(workloadName as WorkloadName)
const prepared = await (await load(name)).prepare(asked)
const people = anew(users())
const decide = await prepared.meet(people)
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

const nsPerFlag = spent / calls / asked.flags.length
console.log(`${name}, ${asked.title}: ${nsPerFlag.toFixed(1)} ns per flag, under the profiler\n`)
show(profile)
console.log(file)
await prepared.close?.()
process.exit()

/** After so many runs that everything is compiled for good; each run takes about a tenth of a second. */
async function callsPerSecond(): Promise<number> {
  let perCall = 1e6
  for (let run = 0; run < 20; run++) {
    const some = Math.max(1, Math.round(1e8 / perCall))
    perCall = (await cpuNanoseconds(() => spend(decide, people.length, some))) / some
  }
  return 1e9 / perCall
}

/** Shares of the samples, most first. Starting and stopping the profiler is left out. */
function show({ nodes }: Profiler.Profile): void {
  const sums = new Map<string, number>()
  for (const { callFrame, hitCount = 0 } of nodes) {
    const place = placeOf(callFrame)
    if (!place.includes('node:inspector')) sums.set(place, (sums.get(place) ?? 0) + hitCount)
  }
  const total = [...sums.values()].reduce((sum, each) => sum + each, 0)
  const most = [...sums].sort(([, a], [, b]) => b - a).slice(0, shownMax)
  for (const [place, count] of most)
    console.log(`${((count * 100) / total).toFixed(1).padStart(5)} %  ${place}`)
  console.log()
}

function placeOf({ functionName, url, lineNumber }: Profiler.ProfileNode['callFrame']): string {
  return url ? `${functionName || '(anonymous)'}  ${basename(url)}:${lineNumber + 1}` : functionName
}
