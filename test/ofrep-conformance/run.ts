// `npm run ofrep-conformance -- URL [--key KEY] [--json]`: does a server of OFREP keep the protocol? It may
// be any server; URL is what stands before `/ofrep/v1`. Exit code 0: all that must be is; 1: something is
// not; 2: wrong arguments.
import { exitWithUsage, readOptions } from '../../scripts/command-line.ts'
import { conform } from './conform.ts'

const { values, positionals } = readOptions({ key: { type: 'string' }, json: { type: 'boolean' } }, 1)
const [url] = positionals
if (url === undefined || !URL.canParse(url))
  exitWithUsage('npm run ofrep-conformance -- URL [--key KEY] [--json]')

const outcomes = await conform(url, values.key)
if (values.json) console.log(JSON.stringify({ url, outcomes }, null, 2))
else {
  for (const { result, level, name, source, problem } of outcomes)
    console.log(
      `${result.padEnd(8)} ${level.padEnd(7)} ${name} (${source})${problem === undefined ? '' : `\n         ${problem}`}`,
    )
  const of = (wanted: string) => outcomes.filter(({ result }) => result === wanted).length
  console.log(`${of('passed')} passed, ${of('failed')} failed, ${of('skipped')} skipped`)
}
process.exitCode = outcomes.some(({ result, level }) => result === 'failed' && level === 'must') ? 1 : 0
