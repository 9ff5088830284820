// `npm run chaos`: random schedules of faults on the way of an event. Exits with 1 if any of them ended with
// other counts than SDKs were told.
import { readOptions, readWholeNumber } from '../../scripts/command-line.ts'
import { type Block, playBlock } from './block.ts'
import { scheduleOf } from './schedule.ts'

/** Schedules that share a stack. */
const blockMax = 20

const { values } = readOptions({
  schedules: { type: 'string', default: '200' },
  seed: { type: 'string', default: '1' },
})
const count = readWholeNumber('schedules', values.schedules, 1, 100_000)
const firstSeed = readWholeNumber('seed', values.seed, 0, 2 ** 31)

const blocks: Block[] = []
for (let from = 0; from < count; from += blockMax) {
  const seeds = Array.from({ length: Math.min(blockMax, count - from) }, (_, i) => firstSeed + from + i)
  const startedAt = performance.now()
  const block = await playBlock(seeds.map(scheduleOf), ({ schedule, acknowledged, runs, findings }) => {
    console.log(`seed ${schedule.seed}: ${acknowledged} events, ${runs.length} runs`)
    for (const finding of findings) console.log(`  ${finding}`)
  })
  blocks.push(block)
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  console.log(`counted seeds ${seeds[0]} to ${seeds.at(-1)}, ${seconds} s`)
}
process.exit(report(blocks) === 0 ? 0 : 1)

/** The number of findings. */
function report(all: readonly Block[]): number {
  const played = all.flatMap((block) => block.played)
  const runs = played.flatMap((each) => each.runs)
  const faults = new Map<string, number>()
  for (const { progress } of all)
    for (const [name, times] of Object.entries(progress.faults))
      faults.set(name, (faults.get(name) ?? 0) + times)
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)
  const findings = [
    ...all.flatMap((block) => block.findings),
    ...played.flatMap(({ schedule, findings: own }) =>
      own.map((finding) => `seed ${schedule.seed}: ${finding}\n  ${JSON.stringify(schedule)}`),
    ),
  ]
  const figures = {
    schedules: played.length,
    'events acknowledged': sum(played.map(({ acknowledged }) => acknowledged)),
    'copies in the lake': sum(played.map(({ copies }) => copies)),
    'dead letters': sum(all.map(({ progress }) => progress.deadLetters)),
    'runs under faults': runs.length,
    'of these killed': runs.filter(({ exitCode }) => exitCode === null).length,
    'of these failed, by name': runs.filter(({ exitCode }) => [5, 7, 8].includes(exitCode ?? 0)).length,
    ...Object.fromEntries([...faults].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    findings: findings.length,
  }
  console.log('\n| figure | value |\n| --- | ---: |')
  for (const [name, value] of Object.entries(figures))
    console.log(`| ${name} | ${value.toLocaleString('en-US')} |`)
  for (const finding of findings) console.log(`\n${finding}`)
  if (findings.length > 0) console.log('\nAgain: npm run chaos -- --schedules 1 --seed SEED')
  return findings.length
}
