// How a statement that counts in one go begins: over projections on disk, or over the records themselves,
// which a server reads where they are.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'
import type { RecordFiles } from '../lake/cache.ts'
import type { ClickHouse, Parameters } from '../lake/clickhouse.ts'
import type { RecordSource } from '../lake/record-source.ts'
import { exposureColumns, goalColumns, linkColumns, preparedColumns } from './columns.ts'
import { projectionsOf } from './count-events.ts'
import { noFile, prepareRaw, writeLinks } from './prepared-records.ts'
import type { Projections } from './projections.ts'
import { beginningOf, linksOf, noLink, readingOf } from './server-counts.ts'
import { sliceOf } from './slices.ts'

/** Files of analytics/sql through linked.sql or unlinked.sql, and their parameters. */
export interface Reading {
  readonly beginning: readonly string[]
  readonly values: Parameters
}

export interface OpenRecords {
  readonly hasLinks: boolean
  readonly reading: (slices: number, slice: number) => Result<Reading, Failure>
}

export interface RecordReader {
  /** All that a reading can begin with. */
  readonly beginnings: readonly (readonly string[])[]
  /** Whether users can be counted slice by slice, to need less memory. */
  readonly hasSlices: boolean
  /** `linked`: the files whose aliases count. The records are readable until `work` is done. */
  read<T>(
    files: RecordFiles,
    linked: RecordFiles,
    work: (records: OpenRecords) => Promise<Result<T, Failure>>,
  ): Promise<Result<T, Failure>>
}

const nothing = { raw: [], parts: [] }
const aside = async (scratch: string) => {
  const folder = path.join(scratch, 'linked')
  await mkdir(folder)
  return folder
}
const peopleOf = (hasLinks: boolean) => (hasLinks ? 'linked' : 'unlinked')

export function projectedRecords(clickHouse: ClickHouse, projections: Projections): RecordReader {
  return {
    beginnings: [true, false].map((hasLinks) => ['of-files', peopleOf(hasLinks)]),
    hasSlices: true,
    async read(files, linked, work) {
      const scratch = await mkdtemp(path.join(os.tmpdir(), 'tackline-count-'))
      try {
        const parts = await projections.of(files.parts)
        if (!parts.ok) return parts
        const prepared = await prepareRaw(
          scratch,
          { added: files, kept: nothing, removed: nothing },
          clickHouse,
        )
        if (!prepared.ok) return prepared
        const change = { added: linked, kept: nothing, removed: nothing }
        const older = linked === files ? prepared : await prepareRaw(await aside(scratch), change, clickHouse)
        if (!older.ok) return older
        const links = path.join(scratch, 'links.ndjson')
        const count = await writeLinks(links, older.value, change, clickHouse)
        if (!count.ok) return count
        const hasLinks = count.value > 0
        const own = {
          prepared: prepared.value,
          links,
          preparedColumns,
          exposureColumns,
          goalColumns,
          linkColumns,
          users: noFile,
          isFull: 1,
        }
        return await work({
          hasLinks,
          reading(slices, slice) {
            const added = sliceOf({ raw: [], parts: parts.value }, slices, slice)
            const globs = projectionsOf({ added, kept: nothing, removed: nothing })
            if (!globs.ok) return globs
            return ok({ beginning: ['of-files', peopleOf(hasLinks)], values: { ...own, ...globs.value } })
          },
        })
      } catch (error) {
        return fail('job', `Events could not be counted in ${scratch}: ${reasonOf(error)}.`)
      } finally {
        await rm(scratch, { recursive: true, force: true })
      }
    },
  }
}

/** Nothing is written: `source` is what the process that runs the queries can read. */
export function recordsInPlace(clickHouse: Pick<ClickHouse, 'rows'>, source: RecordSource): RecordReader {
  const beginning = [...beginningOf(source), 'of-everything']
  return {
    beginnings: [true, false].map((hasLinks) => [...beginning, peopleOf(hasLinks)]),
    hasSlices: false,
    async read(files, linked, work) {
      const read = readingOf(files, source)
      if (!read.ok) return read
      const older = readingOf(linked, source)
      if (!older.ok) return older
      const links = await linksOf(linked, older.value, source, clickHouse)
      if (!links.ok) return links
      const hasLinks = links.value !== noLink
      const values = { ...read.value, linkColumns, links: links.value }
      return work({
        hasLinks,
        reading: () => ok({ beginning: [...beginning, peopleOf(hasLinks)], values }),
      })
    },
  }
}
