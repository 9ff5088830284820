// Records that are read where they are, by one statement: on disk, or by a server in the bucket. Nothing is
// written.
import * as z from 'zod'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { RecordFiles } from '../lake/cache.ts'
import type { ClickHouse, Parameters } from '../lake/clickhouse.ts'
import { onDisk, type RecordSource } from '../lake/record-source.ts'
import { unlessGone } from '../lake/still-there.ts'
import { linkColumns } from './columns.ts'
import { resolveLinks } from './links.ts'
import { peopleOf, type RecordReader } from './record-reader.ts'
import { sliceOf } from './slices.ts'
import { statementOf } from './statements.ts'

export function recordsInPlace(clickHouse: Pick<ClickHouse, 'rows'>, source: RecordSource): RecordReader {
  const beginning = [`sources/${source.name}`, 'all-records', 'events']
  const beginningOf = (hasLinks: boolean) => [...beginning, 'of-everything', peopleOf(hasLinks), 'goals']
  const aliases = `${statementOf(...beginning, 'aliases-of-everything', 'aliases')}${quoted}`
  return {
    beginnings: [true, false].map(beginningOf),
    hasSlices: source.name === onDisk.name,
    async read(files, linked, work) {
      const links = await linksOf(linked, aliases, source, clickHouse)
      if (!links.ok) return links
      const hasLinks = links.value !== noLink
      const result = await work({
        hasLinks,
        reading(slices, slice) {
          const read = readingOf(sliceOf(files, slices, slice), source)
          if (!read.ok) return read
          const values = { ...read.value, linkColumns, links: links.value }
          return ok({ beginning: beginningOf(hasLinks), values })
        },
      })
      if (source.name !== onDisk.name) return result
      const parts = [...files.parts, ...linked.parts].map(({ file }) => file)
      return unlessGone([...files.raw, ...linked.raw, ...parts], result)
    },
  }
}

const quoted = 'SETTINGS output_format_json_quote_64bit_integers = 1'

/** ClickHouse's format() takes no empty text for a table without rows. No event has this side. */
const noLink = JSON.stringify({ side: 0, user: '0', person: '0', isChanged: false })

/** A row of aliases.sql: numbers of 64 bits, which JSON has as texts. */
const Alias = z.object({ previous: z.string(), known: z.string() })

function readingOf({ raw, parts }: RecordFiles, source: RecordSource): Result<Parameters, Failure> {
  const files = source.pattern(raw)
  if (!files.ok) return files
  const found = source.pattern(parts.map(({ file }) => file))
  if (!found.ok) return found
  return ok({ ...source.values, files: files.value, parts: found.value, columns: recordColumns })
}

/** As rows of JSON. Parts without aliases are not read for them. */
async function linksOf(
  { raw, parts }: RecordFiles,
  aliases: string,
  source: RecordSource,
  clickHouse: Pick<ClickHouse, 'rows'>,
): Promise<Result<string, Failure>> {
  const withAliases = parts.filter(({ part }) => (part.records['alias'] ?? 0) > 0)
  if (raw.length + withAliases.length === 0) return ok(noLink)
  const read = readingOf({ raw, parts: withAliases }, source)
  if (!read.ok) return read
  const links = await clickHouse.rows('aliases.sql', aliases, Alias, read.value)
  if (!links.ok) return links
  const persons = resolveLinks(links.value.map(({ previous, known }) => [BigInt(previous), BigInt(known)]))
  const rows = [...persons].map(
    ([user, person]) => `{"side":1,"user":"${user}","person":"${person}","isChanged":false}`,
  )
  return ok([noLink, ...rows].join('\n'))
}
