// Reads the options of a command line with node:util's parseArgs. A misspelt option gets one sentence that
// names the allowed ones, and exit code 2. Shared by the scripts, the batch runner, the benchmarks and the
// demo.
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { ok, type Result } from '../core/model/problem.ts'

type OptionTable = NonNullable<ParseArgsConfig['options']>
type ParsedOptions<T extends OptionTable> = ReturnType<
  typeof parseArgs<{ options: T; strict: true; allowPositionals: true }>
>

/** The exit code for wrong arguments, as of most Unix tools. */
export const usageExitCode = 2

/** The problem is a sentence: `Unknown option '--prot'; the options are --port VALUE and --https.` */
export function parseOptions<const T extends OptionTable>(
  args: readonly string[],
  options: T,
  positionalsMax = 0,
): Result<ParsedOptions<T>, string> {
  let parsed: ParsedOptions<T>
  try {
    parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: true })
  } catch (error) {
    const [message = ''] = (error instanceof Error ? error.message : String(error)).split(/\.?\n|\. /)
    return { ok: false, problem: `${message}; ${allowedOptions(options)}.` }
  }
  const unexpected = parsed.positionals[positionalsMax]
  if (unexpected === undefined) return ok(parsed)
  return { ok: false, problem: `Unexpected argument '${unexpected}'; ${allowedOptions(options)}.` }
}

/** The options of this process. Prints the problem and exits if they are wrong. */
export function readOptions<const T extends OptionTable>(options: T, positionalsMax = 0): ParsedOptions<T> {
  const parsed = parseOptions(process.argv.slice(2), options, positionalsMax)
  return parsed.ok ? parsed.value : exitWithUsage(parsed.problem)
}

/**
 * The value of an option that takes a whole number, in digits. Prints a sentence and exits for anything
 * else.
 */
export function readWholeNumber(name: string, text: string, min: number, max: number): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  return number >= min && number <= max
    ? number
    : exitWithUsage(`--${name} takes a whole number from ${min} to ${max}, not '${text}'.`)
}

export function exitWithUsage(sentence: string): never {
  console.error(sentence)
  process.exit(usageExitCode)
}

function allowedOptions(options: OptionTable): string {
  const names = Object.entries(options).map(
    ([name, { type }]) => `--${name}${type === 'string' ? ' VALUE' : ''}`,
  )
  if (names.length < 2) return names.length === 0 ? 'there are no options' : `the only option is ${names[0]}`
  return `the options are ${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
