// `npm run simulate`: worlds with a known truth through the statistics, with Monte Carlo errors. `--short`
// takes seconds; `--write` puts the tables and their figures into docs/, `--redraw` only the figures of the
// tables that are there.
import { writeFileSync } from 'node:fs'
import { readOptions } from '../../scripts/command-line.ts'
import { regret } from './allocation-worlds.ts'
import { calibration } from './calibration.ts'
import { besideWinners, coverage, falseWinners, power, severalArms } from './conversion-worlds.ts'
import { guardrails } from './guardrail-worlds.ts'
import { interactions } from './interaction-worlds.ts'
import { falseKills, timeToKill } from './kill-switch-worlds.ts'
import { drawn, figureFile, page, readPage, tablesOf, toMarkdown, withTable } from './page.ts'
import { healthySampleRatio, lostUsers } from './sample-ratio-worlds.ts'
import type { Table } from './table.ts'
import { adjusted, ratios, revenue, revenueFound } from './value-worlds.ts'
import { pipeline } from './pipeline.ts'

const { values } = readOptions({
  short: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  redraw: { type: 'boolean', default: false },
  only: { type: 'string' },
})
const times = (count: number) => (values.short ? Math.ceil(count / 20) : count)

const worlds: Record<string, () => Table | Promise<Table>> = {
  'false-winners': () => falseWinners(times(4_000), 28),
  'false-winners-often': () => falseWinners(times(400), 2_016),
  power: () => power(times(2_000), 28),
  'power-often': () => power(times(200), 2_016),
  coverage: () => coverage(times(2_000)),
  'beside-winners': () => besideWinners(times(4_000)),
  'several-arms': () => severalArms(times(1_000)),
  guardrails: () => guardrails(times(2_000)),
  'healthy-sample-ratio': () => healthySampleRatio(times(400)),
  'lost-users': () => lostUsers(times(400)),
  interactions: () => interactions(times(1_000)),
  revenue: () => revenue(times(4_000)),
  'revenue-found': () => revenueFound(times(2_000)),
  adjusted: () => adjusted(times(2_000)),
  ratios: () => ratios(times(4_000)),
  'false-kills': () => falseKills(times(2_000)),
  'time-to-kill': () => timeToKill(times(400)),
  calibration: () => calibration(times(500)),
  regret: () => regret(times(400)),
  pipeline: () => pipeline(times(20)),
}

function write(name: string, table: Table) {
  writeFileSync(page, withTable(readPage(), name, table))
  const figure = drawn(name, table)
  if (figure !== undefined) writeFileSync(figureFile(name), figure)
}

if (values.redraw) for (const [name, table] of tablesOf(readPage())) write(name, table)
for (const [name, world] of Object.entries(worlds)) {
  if (values.redraw || (values.only !== undefined && values.only !== name)) continue
  const start = performance.now()
  const table = await world()
  console.log(`${toMarkdown(name, table)}\n(${name}: ${((performance.now() - start) / 1000).toFixed(0)} s)\n`)
  if (values.write) write(name, table)
}
