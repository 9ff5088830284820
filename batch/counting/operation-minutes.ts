// What operations watch, as counts by the minute of the exposure. All operations of an environment are
// counted by one statement over the last days (analytics/sql/counting/operation-minutes.sql).
import { createHash } from 'node:crypto'
import path from 'node:path'
import * as z from 'zod'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { countedByDefault, sourceUsersMax } from '../../core/model/counted-events.ts'
import { delayOf, type Operation } from '../../core/model/operation.ts'
import { type MinuteCounts, watchDayMs, watchedFrom } from '../../core/model/operation-watch.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { LakeCache, RecordFiles } from '../lake/cache.ts'
import type { ClickHouse } from '../lake/clickhouse.ts'
import { readSealed, writeSealed } from '../lake/sealed-file.ts'
import { countAgainIfDamaged } from './count-again.ts'
import { withCopies } from './question.ts'
import { everybody, type ReaderOf, type RecordReader } from './record-reader.ts'
import { questionsMax } from './server-counts.ts'
import { statementOf } from './statements.ts'
import { timeOffset, type Tolerances, usualTolerances } from './totals.ts'

const count = z.int().min(0)
const Row = z.object({
  x: z.int(),
  minute: z.int(),
  users: count,
  goalUsers: count,
  baselineUsers: count,
  baselineGoalUsers: count,
  verifiedUsers: count,
  unverifiedUsers: count,
  usersOverLimit: count,
}) satisfies z.ZodType<MinuteCounts>
type Row = z.infer<typeof Row>

/** An operation and the name of its goal's event. */
export interface Watched {
  readonly operation: Operation
  readonly event: string
}

/** Who met a variation by a rule since a time. */
export interface AskedUsers {
  readonly flagKey: string
  readonly ruleId: string
  readonly variationId: string
  /** Epoch milliseconds. */
  readonly since: number
}

export interface OperationMinutes {
  /** For each of them, in their order, rows in order of time. */
  count(
    environmentId: string,
    watched: readonly Watched[],
    now: number,
  ): Promise<Result<readonly (readonly MinuteCounts[])[], Failure>>
  /** The same, of users who count once in all the time. */
  users(
    environmentId: string,
    asked: readonly AskedUsers[],
    now: number,
  ): Promise<Result<readonly (readonly MinuteCounts[])[], Failure>>
}

interface Options {
  readonly clickHouse: Pick<ClickHouse, 'rows'>
  readonly readerOf: ReaderOf
  readonly lake: LakeCache
  /** The cache's folder. */
  readonly root: string
}

export function operationMinutes({ clickHouse, readerOf, lake, root }: Options): OperationMinutes {
  async function countKept(
    name: string,
    environmentId: string,
    isAgain: boolean,
    wanted: Wanted,
    now: number,
  ) {
    const { asked, dayMs } = wanted
    // Links are older than what is watched: without them, goals under the known id would be missing. They are
    // asked for first, because what is listed from then on holds the rest.
    const linked = await lake.files(environmentId, { from: wanted.linksFrom, to: now })
    if (!linked.ok) return linked
    const files = await lake.files(environmentId, withCopies({ from: startOf(asked), to: now }))
    if (!files.ok) return files
    const names = [files.value, linked.value].map(({ raw, parts }) => [
      ...raw,
      ...parts.map(({ file }) => file),
    ])
    const reader = readerOf(environmentId, isAgain)
    const input = digestOf([reader.beginnings.map(textOf), recordColumns, asked, names])
    const file = path.join(root, 'counts', `environment=${environmentId}`, name)
    const known = Kept.safeParse(await readSealed(file)).data
    if (known?.input === input) return ok(partedBy(asked, known.rows))
    const count = minutesCounter(clickHouse, reader)
    const rows = await count(files.value, asked, usualTolerances, dayMs, linked.value)
    if (!rows.ok) return rows
    // A full disk costs the next run a query, and this one nothing.
    await writeSealed(file, { input, rows: rows.value }).catch(() => undefined)
    return ok(partedBy(asked, rows.value))
  }
  const again = <T>(environmentId: string, count: (isAgain: boolean) => Promise<Result<T, Failure>>) =>
    countAgainIfDamaged(lake, environmentId, count)
  return {
    count: (environmentId, watched, now) => {
      const asked = watched.map((each, i) => askedMinutes(each, i + 1, now))
      const wanted = { asked, dayMs: watchDayMs, linksFrom: linksFrom(watched, now) }
      return again(environmentId, (isAgain) =>
        countKept('operation-minutes.json', environmentId, isAgain, wanted, now),
      )
    },
    users: (environmentId, users, now) => {
      const asked = users.map((each, i) => askedUsers(each, i + 1))
      const wanted = { asked, dayMs: onceMs, linksFrom: now - linkDaysMax * watchDayMs }
      return again(environmentId, (isAgain) =>
        countKept('rollout-users.json', environmentId, isAgain, wanted, now),
      )
    },
  }
}

interface Wanted {
  readonly asked: readonly AskedMinutes[]
  /** A user counts once in it. */
  readonly dayMs: number
  readonly linksFrom: number
}

/** Longer than anything is waited for. */
const onceMs = 10_000 * watchDayMs

const Kept = z.object({ input: z.string(), rows: z.array(Row) })
const digestOf = (content: unknown) => createHash('sha256').update(JSON.stringify(content)).digest('hex')

function partedBy(asked: readonly AskedMinutes[], rows: readonly Row[]): (readonly MinuteCounts[])[] {
  const byNumber = Map.groupBy(rows, ({ x }) => x)
  return asked.map(({ x }) => byNumber.get(x) ?? [])
}

/** A row of `asked` in the statement. */
export interface AskedMinutes {
  readonly x: number
  readonly askedFlag: string
  readonly rule: string
  readonly variation: string
  readonly baseline: string
  readonly goal: string
  readonly counts: string
  readonly start: number
  readonly delayMs: number
  readonly sourceUsersMax: number
}

export function askedMinutes({ operation, event }: Watched, x: number, now: number): AskedMinutes {
  const { flagKey, variationId, baselineVariationId = '', ruleId = '' } = operation
  return {
    x,
    askedFlag: flagKey,
    rule: baselineVariationId === '' ? '' : ruleId,
    variation: variationId,
    baseline: baselineVariationId,
    goal: event,
    counts: operation.counts ?? countedByDefault,
    start: watchedFrom(operation, now),
    delayMs: delayOf(operation),
    sourceUsersMax: sourceUsersMax(operation),
  }
}

/** Without a goal. */
const askedUsers = ({ flagKey, ruleId, variationId, since }: AskedUsers, x: number): AskedMinutes => ({
  x,
  askedFlag: flagKey,
  rule: ruleId,
  variation: variationId,
  baseline: '',
  goal: '',
  counts: countedByDefault,
  start: since,
  delayMs: 0,
  sourceUsersMax: 0,
})

/** So long a link is known: a user who logged in earlier, and not again, counts as two. */
const linkDaysMax = 90

const linksFrom = (watched: readonly Watched[], now: number) =>
  Math.max(
    Math.min(...watched.map(({ operation }) => operation.countingFrom)),
    now - linkDaysMax * 24 * 3_600_000,
  )

const startOf = (asked: readonly AskedMinutes[]) => Math.min(...asked.map(({ start }) => start))

const textOf = (beginning: readonly string[]) => statementOf(...beginning, 'operation-minutes')

/** From nothing, by as few statements as the limits of a request allow. */
export function minutesCounter(clickHouse: Pick<ClickHouse, 'rows'>, reader: RecordReader) {
  return (
    files: RecordFiles,
    asked: readonly AskedMinutes[],
    tolerances: Tolerances = usualTolerances,
    dayMs = watchDayMs,
    linked: RecordFiles = files,
  ): Promise<Result<Row[], Failure>> =>
    reader.read(files, linked, async ({ reading }) => {
      const read = reading(1, 0)
      if (!read.ok) return read
      const rows: Row[] = []
      for (let i = 0; i < asked.length; i += questionsMax) {
        const own = asked.slice(i, i + questionsMax)
        const values = {
          ...read.value.values,
          ...everybody,
          timeOffset,
          operations: own.map((each) => JSON.stringify(each)).join('\n'),
          flags: [...new Set(own.map(({ askedFlag }) => askedFlag))],
          events: [...new Set(own.map(({ goal }) => goal))],
          from: startOf(own),
          dayMs,
          ...tolerances,
        }
        const text = textOf(read.value.beginning)
        const found = await clickHouse.rows('operation-minutes.sql', text, Row, values)
        if (!found.ok) return found
        rows.push(...found.value)
      }
      return ok(rows)
    })
}
