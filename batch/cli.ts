// `npm run batch`: reads the question and the configuration, runs, prints, and says by its exit code how it
// went (batch/README.md).
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type Outcome, failureKinds } from './failure.ts'
import { readArguments, readConfiguration, usage } from './configuration.ts'
import { toJsonLine, toText } from './print.ts'
import { runBatch } from './run.ts'

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const question = readArguments(args)
  if (!question.ok) return complain(question)
  const { print } = question.value
  if (print === 'usage') {
    console.log(usage)
    return 0
  }
  const localStack = await readFile(path.join('.tackline', 'local.json'), 'utf8').catch(() => undefined)
  const configuration = readConfiguration(process.env, localStack)
  if (!configuration.ok) return complain(configuration)
  return runBatch({
    configuration: configuration.value,
    question: question.value,
    variables: process.env,
    now: Date.now(),
    tell: (report) => {
      const isComplaint = report.kind === 'failed' && print === 'text'
      const line = print === 'json' ? toJsonLine(report) : toText(report)
      if (isComplaint) console.error(line)
      else console.log(line)
    },
  })
}

function complain({ failure }: Extract<Outcome<never>, { ok: false }>): number {
  console.error(failure.message)
  return failureKinds[failure.kind].exitCode
}
