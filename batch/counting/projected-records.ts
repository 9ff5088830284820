// Records of which projections are read, and of raw objects what is prepared for one count.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import * as z from 'zod'
import { ok } from '../../core/model/problem.ts'
import { fail, reasonOf } from '../failure.ts'
import type { ClickHouse } from '../lake/clickhouse.ts'
import { unlessGone, wentAway } from '../lake/still-there.ts'
import { exposureColumns, goalColumns, linkColumns, preparedColumns } from './columns.ts'
import { beginningOf, noProjections, openChange, projectionsOf } from './opened-change.ts'
import { noFile, prepareRaw, writeLinks } from './prepared-records.ts'
import type { Projections } from './projections.ts'
import { everybody, type RecordReader } from './record-reader.ts'
import { sliceOf, sliceRecordsMax } from './slices.ts'
import { changeSince, isNothing, isWorthwhile } from './source-change.ts'
import { statementOf } from './statements.ts'

const nothing = { raw: [], parts: [] }
const countText = statementOf('concerned-count')
const Counted = z.object({ events: z.int().min(0) })
const aside = async (scratch: string) => {
  const folder = path.join(scratch, 'linked')
  await mkdir(folder)
  return folder
}

/** `isAnew`: nothing is taken that was projected before. */
export function projectedRecords(
  clickHouse: ClickHouse,
  projections: Projections,
  isAnew = false,
): RecordReader {
  return {
    beginnings: [true, false].map(beginningOf),
    hasSlices: true,
    async read(files, linked, windows, work) {
      const scratch = await mkdtemp(path.join(os.tmpdir(), 'tackline-count-'))
      try {
        const parts = await projections.of(files.parts, isAnew)
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
        const links = path.join(scratch, 'links.bin')
        const linking = await writeLinks(links, older.value, change, windows, clickHouse)
        if (!linking.ok) return linking
        const { hasLinks, scopes } = linking.value
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
        const result = await work({
          hasLinks,
          scopes,
          reading(slices, slice) {
            const added = sliceOf({ raw: [], parts: parts.value }, slices, slice)
            const globs = projectionsOf({ added, kept: nothing, removed: nothing })
            if (!globs.ok) return globs
            return ok({ beginning: beginningOf(hasLinks), values: { ...own, ...globs.value } })
          },
        })
        const read = [...files.raw, ...linked.raw, ...linked.parts.map(({ file }) => file)]
        return (await projections.find(files.parts)) ? await unlessGone(read, result) : wentAway
      } catch (error) {
        return fail('job', `Events could not be counted in ${scratch}: ${reasonOf(error)}.`)
      } finally {
        await rm(scratch, { recursive: true, force: true })
      }
    },
    async readChange(before, files, wanted, tolerances, work) {
      const scratch = await mkdtemp(path.join(os.tmpdir(), 'tackline-count-'))
      try {
        const parts = isAnew ? undefined : await projections.of(files.parts)
        if (!parts?.ok) return undefined
        const change = await changeSince(before, { raw: files.raw, parts: parts.value }, projections)
        if (!change || isNothing(change) || !(await isWorthwhile(change))) return undefined
        const opened = await openChange(scratch, change, wanted, false, clickHouse, tolerances)
        if (!opened.ok) return undefined
        const { beginning, scopes, values } = opened.value
        // One event brings all of its user: of few new objects, the users may be most of all there are.
        const events = await clickHouse.rows('concerned-count.sql', countText, Counted, values)
        if (!events.ok || events.value[0]!.events > (wanted.recordsMax ?? sliceRecordsMax)) return undefined
        const own = { ...values, ...(noProjections.ok && noProjections.value), ...everybody }
        const result = await work({ beginning, values: own }, scopes)
        if (!result.ok || !(await projections.find([...files.parts, ...before.parts]))) return undefined
        const read = [...files.raw, ...before.raw, ...files.parts.map(({ file }) => file)]
        const whole = await unlessGone(read, result)
        return whole.ok ? whole.value : undefined
      } catch {
        return undefined // a full count says what is wrong, if anything is
      } finally {
        await rm(scratch, { recursive: true, force: true })
      }
    },
  }
}
