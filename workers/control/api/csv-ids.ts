// Reads ids from CSV as spreadsheets and warehouses write it (RFC 4180): the first line decides the separator
// and the column. What cannot be read with certainty is refused, because a header or a whole line that became
// a member would be a user that nobody is.
import { valueLengthMax } from '../../../core/model/limits.ts'

/** An invalid upload. Thrown, because it can occur in the middle of a stream. */
export class UploadError extends Error {
  override name = 'UploadError'
  readonly code: 'INVALID' | 'TOO_LARGE'
  constructor(code: 'INVALID' | 'TOO_LARGE', message: string) {
    super(message)
    this.code = code
  }
}
const invalid = (line: number, message: string) => new UploadError('INVALID', `line ${line} ${message}`)

/** Names of the column, without case, spaces and punctuation. The first three are taken before the others. */
const specificNames = ['userid', 'targetingkey', 'visitorid']
const generalNames = ['id', 'key']
const knownColumns = 'user_id, targeting_key, visitor_id, id or key'
const plain = (name: string) => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')

/** `|` separates only below a known header: it is common in ids. */
const separators = [',', ';', '\t', '|'] as const
type Separator = (typeof separators)[number]
const separatorName = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar' }
const looksSeparated = /[,;\t]/

/** With all its columns and line breaks within quotes. */
const recordLengthMax = 100_000

interface Layout {
  /** Undefined: the file has one column. */
  readonly separator: Separator | undefined
  readonly index: number
  /** The number of columns. */
  readonly width: number
  readonly hasHeader: boolean
}

export interface CsvReader {
  /** The id of the record that this line ends; undefined if it ends none, or one without an id. */
  readonly read: (line: string) => string | undefined
  /** Throws if a quote is still open. */
  readonly end: () => void
}

/**
 * `column`: the name of a column in the header, or the number of one in a file without a header (1 is the
 * first). Without it, the header names one of `knownColumns`, or the file has one column and no header.
 */
export function csvReader(column: string | undefined): CsvReader {
  let layout: Layout | undefined
  let number = 0
  /** The lines of a record whose quote is not closed yet. */
  let open: string | undefined
  let startedAt = 0

  function readRecord(record: string): string | undefined {
    if (record.trim() === '') return undefined
    if (!layout) {
      if (/^sep=.$/i.test(record)) return undefined // what Excel reads as a hint
      layout = layoutOf(record, column, startedAt)
      if (layout.hasHeader) return undefined
    }
    return idOf(record, layout, startedAt)
  }

  return {
    read(line) {
      number++
      if (open === undefined) startedAt = number
      const text = line.endsWith('\r') ? line.slice(0, -1) : line
      const record = open === undefined ? text : `${open}\n${text}`
      if (record.length > recordLengthMax)
        throw invalid(startedAt, `is longer than ${recordLengthMax} characters, or its quote is not closed`)
      const isOpen = record.includes('"') && record.split('"').length % 2 === 0
      open = isOpen ? record : undefined
      return isOpen ? undefined : readRecord(record)
    },
    end() {
      if (open !== undefined) throw invalid(startedAt, 'has a quote that is not closed')
    },
  }
}

/** Whether a line can only be a header: it names a column of ids beside others, or is such a name alone. */
export function isHeader(line: string): boolean {
  const text = line.trim()
  const names = (fields: readonly string[], accepted: readonly string[]) =>
    fields.some((field) => accepted.includes(plain(field)))
  const isTable = separators
    .filter((separator) => separator !== '|')
    .map((separator) => splitBy(text, separator) ?? [])
    .some((fields) => fields.length > 1 && names(fields, [...specificNames, ...generalNames]))
  return isTable || names(fieldsIfAny(text), specificNames)
}

function idOf(record: string, { separator, index, width, hasHeader }: Layout, line: number) {
  const fields = fieldsOf(record, separator, line)
  if (separator === undefined && !hasHeader && !record.includes('"') && looksSeparated.test(record))
    throw invalid(line, 'has several columns, and the first line has one: quote it, or add a header')
  if (fields.every((field) => field.trim() === '')) return undefined
  if (fields.length <= index || fields.slice(width).some((field) => field.trim() !== ''))
    throw invalid(line, `has ${fields.length} columns, and the first line has ${width}`)
  const id = fields[index]!.trim()
  if (id.length > valueLengthMax)
    throw invalid(line, `has an id that is longer than ${valueLengthMax} characters`)
  if (/[\r\n]/.test(id)) throw invalid(line, 'has an id with a line break in it')
  return id === '' ? undefined : id
}

/** Undefined as the separator: the record is one field. Throws if text follows a closing quote. */
function fieldsOf(record: string, separator: Separator | undefined, line: number): string[] {
  if (!record.includes('"')) return separator === undefined ? [record] : record.split(separator)
  const fields: string[] = []
  const quoted = / *"((?:[^"]|"")*)" */y
  for (let at = 0; ; at++) {
    quoted.lastIndex = at
    const text = quoted.exec(record)?.[1]
    if (text === undefined) {
      const next = separator === undefined ? -1 : record.indexOf(separator, at)
      fields.push(record.slice(at, next === -1 ? undefined : next))
      if (next === -1) return fields
      at = next
      continue
    }
    fields.push(text.replaceAll('""', '"'))
    at = quoted.lastIndex
    if (at === record.length) return fields
    if (record[at] !== separator) throw invalid(line, 'has text after a closing quote')
  }
}

/** Decides by the first record. */
function layoutOf(record: string, column: string | undefined, line: number): Layout {
  const splits = separators.flatMap((separator) => {
    const fields = splitBy(record, separator)
    return fields === undefined || fields.length === 1 ? [] : [{ separator, fields }]
  })
  const whole = { separator: undefined, fields: fieldsIfAny(record) }
  if (column !== undefined && /^\d{1,3}$/.test(column)) return layoutByNumber(Number(column))
  const namedBy = ({
    separator,
    fields,
  }: {
    separator: Separator | undefined
    fields: readonly string[]
  }) => {
    const index = columnOf(fields, column, line)
    return index === undefined ? [] : [{ separator, index, width: fields.length, hasHeader: true }]
  }
  const separated = splits.flatMap(namedBy)
  // `,user_id` is a column without a name and one with: as a whole it would be the same name.
  const named = separated.length > 0 ? separated : namedBy(whole)
  if (named.length === 1) return named[0]!
  if (named.length > 1) throw invalid(line, ambiguous(named.map(({ separator }) => separator)))
  const [first] = splits.filter(({ separator }) => separator !== '|')
  if (column !== undefined)
    throw invalid(line, `names no column ${JSON.stringify(column)}: ${quotedList((first ?? whole).fields)}`)
  if (first)
    throw invalid(
      line,
      `has ${first.fields.length} columns, and names none of ${knownColumns}: say which it is by ` +
        '`?column=`, with a name of the header, or with its number if there is no header',
    )
  return { separator: undefined, index: 0, width: 1, hasHeader: false }

  function layoutByNumber(wanted: number): Layout {
    const wide = splits.filter(({ separator, fields }) => separator !== '|' && fields.length >= wanted)
    if (wide.length > 1) throw invalid(line, ambiguous(wide.map(({ separator }) => separator)))
    const [found] = wide
    if (wanted < 1 || (!found && wanted > 1)) throw invalid(line, `has no column ${wanted}`)
    const header = (found ?? whole).fields.find((field) => specificNames.includes(plain(field)))
    if (header !== undefined)
      throw invalid(line, `is a header, because it names ${header.trim()}: give \`?column=\` a name of it`)
    return {
      separator: found?.separator,
      index: wanted - 1,
      width: found?.fields.length ?? 1,
      hasHeader: false,
    }
  }
}

const ambiguous = (found: readonly (Separator | undefined)[]) =>
  `can be separated in two ways, by ${found.map((each) => (each ? separatorName[each] : 'nothing')).join(' and ')}`

const quotedList = (fields: readonly string[]) =>
  `it names ${fields
    .slice(0, 10)
    .map((field) => JSON.stringify(field.slice(0, 50)))
    .join(', ')}`

/** Undefined if the record cannot be separated that way. */
function splitBy(record: string, separator: Separator): string[] | undefined {
  try {
    return fieldsOf(record, separator, 0)
  } catch {
    return undefined
  }
}

function fieldsIfAny(record: string): string[] {
  try {
    return fieldsOf(record, undefined, 0)
  } catch {
    return [record]
  }
}

/** The index of the column in a header; undefined if the fields name none. */
function columnOf(fields: readonly string[], column: string | undefined, line: number): number | undefined {
  const names = fields.map(plain)
  const wanted = column === undefined ? [specificNames, generalNames] : [[plain(column)]]
  for (const accepted of wanted) {
    const found = names.flatMap((name, i) => (name !== '' && accepted.includes(name) ? [i] : []))
    if (found.length > 1)
      throw invalid(
        line,
        `has several columns that may hold the ids, ${found.map((i) => fields[i]!.trim()).join(' and ')}: ` +
          'say which it is by `?column=`',
      )
    if (found.length === 1) return found[0]
  }
  return undefined
}
