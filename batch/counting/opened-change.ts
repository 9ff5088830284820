// What every pass of one count over files reads: raw objects as numbers, who counts as one, and whom an
// incremental count looks at.
import path from 'node:path'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { Window } from '../lake/cache.ts'
import type { ClickHouse, Parameters } from '../lake/clickhouse.ts'
import { exposureColumns, goalColumns, linkColumns, preparedColumns } from './columns.ts'
import { prepareRaw, writeLinks } from './prepared-records.ts'
import { projectionGlobs } from './projections.ts'
import { peopleOf } from './record-reader.ts'
import type { Change } from './source-change.ts'
import { statementOf } from './statements.ts'
import { timeOffset, type Tolerances } from './totals.ts'

/** Whom an incremental count looks at, and which links are followed. */
export interface Wanted {
  readonly flags: readonly string[]
  readonly events: readonly string[]
  /** Of links (link-scopes.ts). */
  readonly windows: readonly Window[]
}

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
  if (!isFull) {
    const changed = projectionGlobs([...change.added.parts, ...change.removed.parts])
    if (!changed.ok) return changed
    const { exposures: changedExposures, goals: changedGoals } = changed.value
    const own = { ...values, flags, events, changedExposures, changedGoals, target: values.users }
    const done = await clickHouse.run('concerned.sql', statementOf('into', 'concerned'), own)
    if (!done.ok) return done
  }
  return ok({ hasLinks, scopes, beginning: beginningOf(hasLinks), values })
}

export const beginningOf = (hasLinks: boolean) => ['of-files', peopleOf(hasLinks), 'goals']

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
