// `npm run batch`: reads the command line and the configuration, runs, prints each event, and ends with the
// run's exit code (README.md). `serve` runs such commands by a schedule (serve/).
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Result } from '../core/model/problem.ts'
import { type Configuration, readCommandLine, readConfiguration, usage } from './configuration.ts'
import { exitCodes, type Failure } from './failure.ts'
import { toJsonLine, toText } from './print.ts'
import { runBatch } from './run.ts'
import { readServeOptions, serveUntilStopped } from './serve/main.ts'

// Whoever reads the output may go away (`| head`): the work goes on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === 'serve') {
    const options = readServeOptions(args.slice(1))
    if (!options.ok) return printFailure(options.problem)
    // Its jobs read it again: here it fails before the first of them.
    const configuration = await configure()
    return configuration.ok
      ? serveUntilStopped(options.value, configuration.value)
      : printFailure(configuration.problem)
  }
  const commandLine = readCommandLine(args)
  if (!commandLine.ok) return printFailure(commandLine.problem)
  const { print, ...options } = commandLine.value
  if (print === 'usage') {
    console.log(usage)
    return 0
  }
  const configuration = await configure()
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

async function configure(): Promise<Result<Configuration, Failure>> {
  const localStack = await readFile(path.join('.tackline', 'local.json'), 'utf8').catch(() => undefined)
  return readConfiguration(process.env, localStack)
}

function printFailure({ kind, message }: Failure): number {
  console.error(message)
  return exitCodes[kind]
}
