// `npm run batch`: reads the command line and the configuration, runs, prints each event, and ends with the
// run's exit code (README.md).
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { readCommandLine, readConfiguration, usage } from './configuration.ts'
import { exitCodes, type Failure } from './failure.ts'
import { toJsonLine, toText } from './print.ts'
import { runBatch } from './run.ts'

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const commandLine = readCommandLine(args)
  if (!commandLine.ok) return printFailure(commandLine.problem)
  const { print, ...options } = commandLine.value
  if (print === 'usage') {
    console.log(usage)
    return 0
  }
  const localStack = await readFile(path.join('.tackline', 'local.json'), 'utf8').catch(() => undefined)
  const configuration = readConfiguration(process.env, localStack)
  if (!configuration.ok) return printFailure(configuration.problem)
  return runBatch(options, {
    configuration: configuration.value,
    variables: process.env,
    now: Date.now(),
    onEvent: (event) => {
      if (print === 'json') console.log(toJsonLine(event))
      else if (event.kind === 'failed' || event.kind === 'damaged') console.error(toText(event))
      else console.log(toText(event))
    },
  })
}

function printFailure({ kind, message }: Failure): number {
  console.error(message)
  return exitCodes[kind]
}
