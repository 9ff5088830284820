// Parses CmdStan's output: a CSV with comments at the top, in the middle (adaptation) and at the end (elapsed
// time).
import { ok, refuse, type Result } from '../../core/model/problem.ts'

export interface StanOutput {
  readonly columns: ReadonlyMap<string, Float64Array>
  readonly stanVersion: string
}

/**
 * Keeps the wanted columns only. Refuses a ragged or short table, which is what a failed run leaves behind.
 */
export function parseStanCsv(
  text: string,
  rows: number,
  wanted: (column: string) => boolean,
): Result<StanOutput> {
  const version = { major: '', minor: '', patch: '' }
  let header: string[] | undefined
  let kept: { index: number; values: Float64Array }[] = []
  let row = 0
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    end = text.indexOf('\n', start)
    if (end < 0) end = text.length
    const line = text.slice(start, text[end - 1] === '\r' ? end - 1 : end)
    if (line === '') continue
    if (line.startsWith('#')) {
      const [, part, number] = /^# *stan_version_(major|minor|patch) = (\d+)/.exec(line) ?? []
      if (part && number) version[part as keyof typeof version] = number
      continue
    }
    const fields = line.split(',')
    if (!header) {
      header = fields
      kept = fields.flatMap((name, index) =>
        wanted(name) ? [{ index, values: new Float64Array(rows) }] : [],
      )
      continue
    }
    if (fields.length !== header.length)
      return unreadable(`row ${row + 1} has ${fields.length} of ${header.length} fields`)
    if (row < rows) for (const { index, values } of kept) values[row] = toNumber(fields[index]!)
    row++
  }
  if (!header) return unreadable('it has no header')
  if (row !== rows) return unreadable(`it has ${row} of ${rows} draws`)
  const names = header
  return ok({
    columns: new Map(kept.map(({ index, values }) => [names[index]!, values])),
    stanVersion: `${version.major}.${version.minor}.${version.patch}`,
  })
}

/** Stan writes nan, inf and -inf; some versions capitalise them. */
function toNumber(field: string): number {
  const value = Number(field)
  if (!Number.isNaN(value)) return value
  const text = field.trim().toLowerCase()
  return text === 'inf' || text === '+inf' ? Infinity : text === '-inf' ? -Infinity : NaN
}

const unreadable = (why: string) => refuse('UNAVAILABLE', `Stan's output cannot be used: ${why}.`)
