// `npm run bench:events -- [intake] [counting] [age] [costs]`: what events cost. Prints Markdown.
import { exitWithUsage, readOptions, readWholeNumber } from '../../scripts/command-line.ts'
import { benchAge } from './age.ts'
import { benchCounting } from './counting.ts'
import { costsTable } from './costs.ts'
import { benchIntake } from './intake.ts'

const { values, positionals } = readOptions(
  {
    quick: { type: 'boolean', default: false },
    records: { type: 'string', default: '1200000' },
    flags: { type: 'string', default: '10' },
  },
  4,
)
const records = readWholeNumber('records', values.records, 1_000, 1_000_000_000)
const flags = readWholeNumber('flags', values.flags, 1, 1_000)
const benches: Readonly<Record<string, () => Promise<void>>> = {
  intake: () => benchIntake(values.quick),
  counting: () => benchCounting({ records, flags }),
  age: benchAge,
  costs: () => Promise.resolve(console.log(costsTable())),
}
const names = Object.keys(benches)
const unknown = positionals.filter((name) => !Object.hasOwn(benches, name))
if (unknown.length > 0) exitWithUsage(`Unknown: ${unknown.join(', ')}; there is ${names.join(', ')}.`)
for (const name of positionals.length > 0 ? positionals : names) await benches[name]!()
