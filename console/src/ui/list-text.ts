// Lists of texts as one line has them: `Bern, "Washington, DC"`. Quotes hold what has a comma, as in CSV.
// Pure.

/** `listOf` reads it back exactly. */
export const listText = (values: readonly string[]): string => values.map(quoted).join(', ')

/** Without what is empty, unless it is quoted. */
export const listOf = (text: string): string[] =>
  [...text.matchAll(item)].flatMap(([, inQuotes, plain = '']) =>
    inQuotes === undefined ? plain.trim() || [] : inQuotes.replaceAll('""', '"'),
  )

/** Whether a comma that is typed now would stand within quotes. */
export const hasOpenQuote = (text: string): boolean =>
  /^\s*"/.test(text) && (text.match(/"/g)?.length ?? 0) % 2 === 1

/** One item to the next comma. Quotes count where they surround the whole of it. */
const item = /\s*"((?:[^"]|"")*)"\s*(?=,|$)|([^,]+)/g

const quoted = (value: string) =>
  value === '' || value !== value.trim() || value.startsWith('"') || value.includes(',')
    ? `"${value.replaceAll('"', '""')}"`
    : value

/** One per line. What holds a line break itself cannot be shown so: `listOfLines` keeps it. */
export const linesText = (values: readonly string[]): string => values.filter(isOneLine).join('\n')

/** Without blanks around what is new; what is stored stays as it is. */
export function listOfLines(text: string, stored: readonly string[]): string[] {
  const known = new Set(stored)
  const lines = text.split('\n').flatMap((line) => (known.has(line) ? line : line.trim() || []))
  return [...lines, ...stored.filter((value) => !isOneLine(value))]
}

const isOneLine = (value: string) => !/[\r\n]/.test(value)
