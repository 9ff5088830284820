// `npm run bench:events -- [intake] [counting] [age] [costs] [kill-switch]`: what events cost. Prints
// Markdown. `kill-switch` is run only if it is named: it starts a stack and takes minutes.
import { exitWithUsage, readOptions, readWholeNumber } from '../../scripts/command-line.ts'
import { benchAge } from './age.ts'
import { benchCounting } from './counting.ts'
import { costsTable } from './costs.ts'
import { benchIntake } from './intake.ts'
import { benchKillSwitch } from './kill-switch.ts'

const { values, positionals } = readOptions(
  {
    quick: { type: 'boolean', default: false },
    records: { type: 'string', default: '1200000' },
    flags: { type: 'string', default: '10' },
    one: { type: 'boolean', default: false },
    keep: { type: 'string' },
  },
  5,
)
const records = readWholeNumber('records', values.records, 1_000, 1_000_000_000)
const flags = readWholeNumber('flags', values.flags, 1, 1_000)
const benches: Readonly<Record<string, () => Promise<void>>> = {
  intake: () => benchIntake(values.quick),
  counting: () =>
    benchCounting({
      records,
      flags,
      isOneOnly: values.one,
      ...(values.keep !== undefined && { keptIn: values.keep }),
    }),
  age: benchAge,
  costs: () => Promise.resolve(console.log(costsTable())),
  'kill-switch': () => benchKillSwitch(records),
}
const names = Object.keys(benches)
const unknown = positionals.filter((name) => !Object.hasOwn(benches, name))
if (unknown.length > 0) exitWithUsage(`Unknown: ${unknown.join(', ')}; there is ${names.join(', ')}.`)
for (const name of positionals.length > 0 ? positionals : names.filter((each) => each !== 'kill-switch'))
  await benches[name]!()
