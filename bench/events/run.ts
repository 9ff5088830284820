// `npm run bench:events -- intake`: what events cost. Prints Markdown.
import { exitWithUsage, readOptions } from '../../scripts/command-line.ts'
import { benchIntake } from './intake.ts'

const benches: Readonly<Record<string, (isQuick: boolean) => Promise<void>>> = { intake: benchIntake }
const names = Object.keys(benches)

const { values, positionals } = readOptions({ quick: { type: 'boolean', default: false } }, names.length)
const unknown = positionals.filter((name) => !Object.hasOwn(benches, name))
if (unknown.length > 0) exitWithUsage(`Unknown: ${unknown.join(', ')}; there is ${names.join(', ')}.`)
for (const name of positionals.length > 0 ? positionals : names) await benches[name]!(values.quick)
