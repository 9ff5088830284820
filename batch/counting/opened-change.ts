// What every pass of one count over files reads: raw objects as numbers, who counts as one, and whom an
// incremental count looks at.
import path from 'node:path'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import { type ClickHouse, globOf, type Parameters } from '../lake/clickhouse.ts'
import { exposureColumns, goalColumns, linkColumns, preparedColumns } from './columns.ts'
import { prepareRaw, writeLinks } from './prepared-records.ts'
import { projectionGlobs } from './projections.ts'
import { peopleOf, type Wanted } from './record-reader.ts'
import type { Change } from './source-change.ts'
import { statementOf } from './statements.ts'
import { timeOffset, type Tolerances } from './totals.ts'

/** Of an incremental count, `values` name no projections: what is read is written already. */
export interface OpenedChange {
  readonly hasLinks: boolean
  /** For each window, in their order: whose persons count. */
  readonly scopes: readonly (readonly number[])[]
  /** Files of analytics/sql through goals.sql. */
  readonly beginning: readonly string[]
  readonly values: Parameters
}

/** Files are written to `scratch`. */
export async function openChange(
  scratch: string,
  change: Change,
  { flags, events, windows }: Wanted,
  isFull: boolean,
  clickHouse: ClickHouse,
  tolerances: Tolerances,
): Promise<Result<OpenedChange, Failure>> {
  const prepared = await prepareRaw(scratch, change, clickHouse)
  if (!prepared.ok) return prepared
  const links = path.join(scratch, 'links.bin')
  const linked = await writeLinks(links, prepared.value, change, windows, clickHouse)
  if (!linked.ok) return linked
  const { hasLinks, scopes } = linked.value
  const values = {
    prepared: prepared.value,
    preparedColumns,
    exposureColumns,
    goalColumns,
    links,
    linkColumns,
    users: path.join(scratch, 'users.native'),
    isFull: isFull ? 1 : 0,
    timeOffset,
    ...tolerances,
  }
  const opened = { hasLinks, scopes, beginning: beginningOf(hasLinks) }
  if (isFull) return ok({ ...opened, values })
  const found = await eventsOfConcerned(scratch, change, { ...values, flags, events }, clickHouse)
  // All that is read from now on is there.
  return found.ok ? ok({ ...opened, values: { ...values, prepared: found.value, isFull: 1 } }) : found
}

/** Writes the events of the users who have news. Resolves to a pattern of files like those of raw objects. */
async function eventsOfConcerned(
  scratch: string,
  change: Change,
  values: Parameters & { readonly users: string },
  clickHouse: ClickHouse,
): Promise<Result<string, Failure>> {
  const changed = projectionGlobs([...change.added.parts, ...change.removed.parts])
  if (!changed.ok) return changed
  const { exposures: changedExposures, goals: changedGoals } = changed.value
  const own = { ...values, changedExposures, changedGoals, target: values.users }
  const done = await clickHouse.run('concerned.sql', statementOf('into', 'concerned'), own)
  if (!done.ok) return done
  const all = projectionsOf(change)
  if (!all.ok) return all
  const target = path.join(scratch, 'concerned-events.native')
  const text = statementOf('into', 'concerned-events')
  const written = await clickHouse.run('concerned-events.sql', text, { ...values, ...all.value, target })
  return written.ok ? globOf([target]) : written
}

export const beginningOf = (hasLinks: boolean) => ['of-files', peopleOf(hasLinks), 'goals']

const nothing = { raw: [], parts: [] }
/** Where nothing of them is read. */
export const noProjections = projectionsOf({ added: nothing, kept: nothing, removed: nothing })

/** What was projected of parts that came, stayed and went. */
export function projectionsOf(change: Change): Result<Parameters, Failure> {
  const globs: Record<string, string> = {}
  for (const which of ['added', 'kept', 'removed'] as const) {
    const found = projectionGlobs(change[which].parts)
    if (!found.ok) return found
    globs[`${which}Exposures`] = found.value.exposures
    globs[`${which}Goals`] = found.value.goals
  }
  return ok(globs)
}
