// What operations watch, as counts by the minute of the exposure. All operations of an environment are
// counted by one statement over the last days (analytics/sql/counting/operation-minutes.sql). Those who ask
// for the same users are counted together.
import * as z from 'zod'
import { countedByDefault, sourceUsersMax } from '../../core/model/counted-events.ts'
import { delayOf, type Operation } from '../../core/model/operation.ts'
import { type MinuteCounts, watchDayMs, watchedFrom } from '../../core/model/operation-watch.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { LakeCache, RecordFiles, Window } from '../lake/cache.ts'
import type { ClickHouse } from '../lake/clickhouse.ts'
import { countAgainIfDamaged } from './count-again.ts'
import { countsFile, keptRows } from './kept-rows.ts'
import { withCopies } from './question.ts'
import { everybody, type ReaderOf, type RecordReader } from './record-reader.ts'
import { statementOf } from './statements.ts'
import { timeOffset, type Tolerances, usualTolerances } from './totals.ts'

const count = z.int().min(0)
/** Numbers of operations, and the count of each. */
const ByOperation = z.tuple([z.array(z.int()), z.array(count)])
/** Of a group and a minute. */
const Row = z.object({
  g: z.int(),
  minute: z.int(),
  users: count,
  goalUsers: ByOperation,
  baselineUsers: count,
  baselineGoalUsers: ByOperation,
  verifiedUsers: count,
  unverifiedUsers: count,
  usersOverLimit: count,
})
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
    const windows = minutesWindows(asked, now)
    // Asked for first, because what is listed from then on holds the rest.
    const linked = await lake.files(environmentId, windows.linked)
    if (!linked.ok) return linked
    const files = await lake.files(environmentId, windows.watched)
    if (!files.ok) return files
    const reader = readerOf(environmentId, isAgain)
    const input = { texts: reader.beginnings.map(textOf), files: [files.value, linked.value], asked }
    const rows = await keptRows(countsFile(root, environmentId, name), input, Row, () =>
      countRows(clickHouse, reader, {
        files: files.value,
        linked: linked.value,
        asked,
        tolerances: usualTolerances,
        dayMs,
      }),
    )
    return rows.ok ? ok(minutesOf(asked, rows.value)) : rows
  }
  const again = <T>(environmentId: string, count: (isAgain: boolean) => Promise<Result<T, Failure>>) =>
    countAgainIfDamaged(lake, environmentId, count)
  return {
    count: (environmentId, watched, now) => {
      const asked = watched.map((each, i) => askedMinutes(each, i + 1, now))
      const wanted = { asked, dayMs: watchDayMs }
      return again(environmentId, (isAgain) =>
        countKept('operation-minutes', environmentId, isAgain, wanted, now),
      )
    },
    users: (environmentId, users, now) => {
      const asked = users.map((each, i) => askedUsers(each, i + 1, now))
      const wanted = { asked, dayMs: onceMs }
      return again(environmentId, (isAgain) =>
        countKept('rollout-users', environmentId, isAgain, wanted, now),
      )
    },
  }
}

/**
 * What has to be read of the lake. Links are older than what is watched: without them, goals under the known
 * id would be missing.
 */
export function minutesWindows(
  asked: readonly AskedMinutes[],
  now: number,
): { readonly watched: Window; readonly linked: Window } {
  const watched = withCopies({ from: startOf(asked), to: now })
  const linksFrom = Math.min(...asked.map((each) => each.linksFrom), watched.from)
  return { watched, linked: { from: linksFrom, to: now } }
}

interface Wanted {
  readonly asked: readonly AskedMinutes[]
  /** A user counts once in it. */
  readonly dayMs: number
}

/** Longer than anything is waited for. */
const onceMs = 10_000 * watchDayMs

/** The rows of each operation, in order of time. Those of a group share rows in which they do not differ. */
function minutesOf(asked: readonly AskedMinutes[], rows: readonly Row[]): (readonly MinuteCounts[])[] {
  const found = new Map(asked.map(({ x }) => [x, [] as MinuteCounts[]]))
  const byGroup = Map.groupBy(rows, ({ g }) => g)
  for (const { g, operations } of groupsOf(asked))
    for (const { g: _, goalUsers, baselineGoalUsers, ...users } of byGroup.get(g) ?? []) {
      const nobody = { ...users, goalUsers: 0, baselineGoalUsers: 0 }
      const [some, someOfBaseline] = [countsOf(goalUsers), countsOf(baselineGoalUsers)]
      for (const { x } of operations) {
        const [own = 0, ofBaseline = 0] = [some.get(x), someOfBaseline.get(x)]
        const isNone = own + ofBaseline === 0
        found.get(x)!.push(isNone ? nobody : { ...users, goalUsers: own, baselineGoalUsers: ofBaseline })
      }
    }
  return [...found.values()]
}

const countsOf = ([xs, counts]: z.infer<typeof ByOperation>) => new Map(xs.map((x, i) => [x, counts[i]!]))

/** What an operation asks for. */
export interface AskedMinutes {
  /** Its number, from 1. */
  readonly x: number
  readonly askedFlag: string
  readonly rule: string
  readonly variation: string
  readonly baseline: string
  readonly goal: string
  readonly counts: string
  readonly start: number
  /** Epoch milliseconds: links count that were made since. */
  readonly linksFrom: number
  readonly delayMs: number
  readonly sourceUsersMax: number
}

export function askedMinutes({ operation, event }: Watched, x: number, now: number): AskedMinutes {
  const { flagKey, variationId, baselineVariationId = '', ruleId = '' } = operation
  const start = watchedFrom(operation, now)
  return {
    x,
    askedFlag: flagKey,
    rule: baselineVariationId === '' ? '' : ruleId,
    variation: variationId,
    baseline: baselineVariationId,
    goal: event,
    counts: operation.counts ?? countedByDefault,
    start,
    linksFrom: linksFrom(operation.countingFrom, start, now),
    delayMs: delayOf(operation),
    sourceUsersMax: sourceUsersMax(operation),
  }
}

/** Without a goal. */
export const askedUsers = (
  { flagKey, ruleId, variationId, since }: AskedUsers,
  x: number,
  now: number,
): AskedMinutes => ({
  x,
  askedFlag: flagKey,
  rule: ruleId,
  variation: variationId,
  baseline: '',
  goal: '',
  counts: countedByDefault,
  start: since,
  linksFrom: linksFrom(0, since, now),
  delayMs: 0,
  sourceUsersMax: 0,
})

/** So long a link is known: a user who logged in earlier, and not again, counts as two. */
const linkDaysMax = 90

/**
 * Of what is asked, whatever else is: at the latest from where its events are read. By whole days: what is
 * asked stays the same from one look to the next.
 */
function linksFrom(countingFrom: number, start: number, now: number): number {
  const earliest = (Math.floor(now / watchDayMs) - linkDaysMax) * watchDayMs
  return Math.min(Math.max(countingFrom, earliest), withCopies({ from: start, to: now }).from)
}

const startOf = (asked: readonly AskedMinutes[]) => Math.min(...asked.map(({ start }) => start))

/** Operations that ask for the same users: a row of `asked` in the statement. */
interface Group extends Omit<AskedMinutes, 'x' | 'goal' | 'delayMs'> {
  /** Its number, from 1. */
  readonly g: number
  readonly operations: readonly Pick<AskedMinutes, 'x' | 'goal' | 'delayMs'>[]
}

function groupsOf(asked: readonly AskedMinutes[]): Group[] {
  const groups = Map.groupBy(asked, ({ x: _, goal: __, delayMs: ___, ...users }) => JSON.stringify(users))
  return [...groups.values()].map((own, i) => {
    const { x: _, goal: __, delayMs: ___, ...users } = own[0]!
    return { g: i + 1, ...users, operations: own.map(({ x, goal, delayMs }) => ({ x, goal, delayMs })) }
  })
}

/** Nothing that was received is later than now. */
const linkedWindowOf = ({ linksFrom: from }: Group) => ({ from, to: Infinity })

const textOf = (beginning: readonly string[]) => statementOf(...beginning, 'operation-minutes')

interface Count {
  readonly files: RecordFiles
  /** The files whose aliases count. */
  readonly linked: RecordFiles
  readonly asked: readonly AskedMinutes[]
  readonly tolerances: Tolerances
  readonly dayMs: number
}

/** By one statement: to analyse it takes longer than to count some thousand operations more. */
const countRows = (
  clickHouse: Pick<ClickHouse, 'rows'>,
  reader: RecordReader,
  { files, linked, asked, tolerances, dayMs }: Count,
): Promise<Result<Row[], Failure>> =>
  reader.read(files, linked, groupsOf(asked).map(linkedWindowOf), async ({ reading, scopes }) => {
    const read = reading(1, 0)
    if (!read.ok || asked.length === 0) return read.ok ? ok([]) : read
    const { beginning, values } = read.value
    return clickHouse.rows('operation-minutes.sql', textOf(beginning), Row, {
      ...values,
      ...everybody,
      timeOffset,
      groups: groupsOf(asked)
        .map(({ linksFrom: _, ...group }, i) => JSON.stringify({ ...group, scopes: scopes[i] }))
        .join('\n'),
      events: [...new Set(asked.map(({ goal }) => goal))],
      from: startOf(asked),
      dayMs,
      ...tolerances,
    })
  })

/** From nothing. For each of `asked`, its rows. */
export function minutesCounter(clickHouse: Pick<ClickHouse, 'rows'>, reader: RecordReader) {
  return async (
    files: RecordFiles,
    asked: readonly AskedMinutes[],
    tolerances: Tolerances = usualTolerances,
    dayMs = watchDayMs,
  ): Promise<Result<(readonly MinuteCounts[])[], Failure>> => {
    const rows = await countRows(clickHouse, reader, { files, linked: files, asked, tolerances, dayMs })
    return rows.ok ? ok(minutesOf(asked, rows.value)) : rows
  }
}
