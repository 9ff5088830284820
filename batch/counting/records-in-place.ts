// Records that are read where they are, by one statement: on disk, or by a server in the bucket. Nothing is
// written.
import * as z from 'zod'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { RecordFiles, Window } from '../lake/cache.ts'
import type { ClickHouse, Parameters } from '../lake/clickhouse.ts'
import { onDisk, type RecordSource } from '../lake/record-source.ts'
import { unlessGone } from '../lake/still-there.ts'
import { linkColumns } from './columns.ts'
import { scopedPersons } from './link-scopes.ts'
import { linkFromsOf } from './prepared-records.ts'
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
    async read(files, linked, windows, work) {
      const links = await linksOf(linked, windows, aliases, source, clickHouse)
      if (!links.ok) return links
      const { rows, scopes } = links.value
      const hasLinks = rows !== noLink
      const result = await work({
        hasLinks,
        scopes,
        reading(slices, slice) {
          const read = readingOf(sliceOf(files, slices, slice), source)
          if (!read.ok) return read
          const values = { ...read.value, linkColumns, links: rows }
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
const noLink = JSON.stringify({ side: 0, user: '0', person: '0', scope: 0, component: 0, isChanged: false })

/** A row of aliases.sql: numbers of 64 bits, which JSON has as texts. */
const Alias = z.object({ previous: z.string(), known: z.string(), countedAt: z.string() })

function readingOf({ raw, parts }: RecordFiles, source: RecordSource): Result<Parameters, Failure> {
  const files = source.pattern(raw)
  if (!files.ok) return files
  const found = source.pattern(parts.map(({ file }) => file))
  if (!found.ok) return found
  return ok({ ...source.values, files: files.value, parts: found.value, columns: recordColumns })
}

interface Links {
  /** As JSON. */
  readonly rows: string
  readonly scopes: readonly (readonly number[])[]
}

/** Parts without aliases are not read for them. */
async function linksOf(
  { raw, parts }: RecordFiles,
  windows: readonly Window[],
  aliases: string,
  source: RecordSource,
  clickHouse: Pick<ClickHouse, 'rows'>,
): Promise<Result<Links, Failure>> {
  const withAliases = parts.filter(({ part }) => (part.records['alias'] ?? 0) > 0)
  if (raw.length + withAliases.length === 0) return ok({ rows: noLink, scopes: windows.map(() => []) })
  const read = readingOf({ raw, parts: withAliases }, source)
  if (!read.ok) return read
  const links = await clickHouse.rows('aliases.sql', aliases, Alias, {
    ...read.value,
    linkFroms: linkFromsOf(windows),
  })
  if (!links.ok) return links
  const timed = links.value.map(({ previous, known, countedAt }) => ({
    link: [BigInt(previous), BigInt(known)] as const,
    at: Number(countedAt),
  }))
  const { after, scopes } = scopedPersons([], timed, windows)
  const rows = after.map(
    ({ user, person, scope, component }) =>
      `{"side":1,"user":"${user}","person":"${person}","scope":${scope},"component":${component},"isChanged":false}`,
  )
  return ok({ rows: [noLink, ...rows].join('\n'), scopes })
}
