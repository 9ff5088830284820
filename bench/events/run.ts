// `npm run bench:events -- [intake] [counting] [age] [costs] [concluding] [kill-switch] [operations]
// [schedules]`: what events cost. Prints Markdown. The last four are run only if they are named: they take
// minutes, and the last three start a stack.
import { exitWithUsage, readOptions, readWholeNumber } from '../../scripts/command-line.ts'
import { benchAge } from './age.ts'
import { benchConcluding } from './concluding.ts'
import { benchCounting } from './counting.ts'
import { costsTable } from './costs.ts'
import { benchIntake } from './intake.ts'
import { benchKillSwitch } from './kill-switch.ts'
import { benchOperations } from './operations.ts'
import { benchSchedules } from './schedules.ts'

const { values, positionals } = readOptions(
  {
    quick: { type: 'boolean', default: false },
    records: { type: 'string', default: '1200000' },
    flags: { type: 'string', default: '10' },
    operations: { type: 'string', default: '10000' },
    one: { type: 'boolean', default: false },
    keep: { type: 'string' },
  },
  8,
)
const records = readWholeNumber('records', values.records, 1_000, 1_000_000_000)
const flags = readWholeNumber('flags', values.flags, 1, 1_000)
const operations = readWholeNumber('operations', values.operations, 2, 10_000)
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
  concluding: () => benchConcluding({ records, experiments: flags }),
  'kill-switch': () => benchKillSwitch(records),
  operations: () => benchOperations(operations),
  schedules: benchSchedules,
}
const names = Object.keys(benches)
const onlyByName: readonly string[] = ['concluding', 'kill-switch', 'operations', 'schedules']
const unknown = positionals.filter((name) => !Object.hasOwn(benches, name))
if (unknown.length > 0) exitWithUsage(`Unknown: ${unknown.join(', ')}; there is ${names.join(', ')}.`)
for (const name of positionals.length > 0 ? positionals : names.filter((each) => !onlyByName.includes(each)))
  await benches[name]!()
