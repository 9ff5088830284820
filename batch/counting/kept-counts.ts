// The counts of all questions of an environment, kept between runs. A run counts what changed: it looks at
// the users with new events alone, as they were and as they are, and adds the difference. So the order in
// which events arrive does not matter, nor whether records come, go or move to other objects. Once a day
// everything is counted anew, and the two are compared.
import { createHash } from 'node:crypto'
import path from 'node:path'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'
import type { LakeCache, RecordFiles } from '../lake/cache.ts'
import { unlessGone, wentAway } from '../lake/still-there.ts'
import { type Answers, answersOf, type EnvironmentCounts, isCounting } from './answers.ts'
import { countAgainIfDamaged } from './count-again.ts'
import { addUp, type Counting, countAll, countChange, merge } from './count-events.ts'
import {
  areWhole,
  describeFiles,
  type KeptFile,
  type KeptQuestion,
  readState,
  type State,
  sweep,
  writeState,
} from './kept-state.ts'
import { type CountedFiles, openProjections, type Projections, projectionsFolder } from './projections.ts'
import { type Asked, nameOf, type Question, windowOf, withCopies } from './question.ts'
import { changeSince, isNothing, isWorthwhile, sourcesOf } from './source-change.ts'
import { statementOf } from './statements.ts'

const dayMs = 86_400_000
/** A question that nobody asked for so long is not counted any more. */
const forgottenAfterMs = dayMs
/** Files of contributions are merged when there are more. */
const contributionsMax = 16

const statements = [
  'raw-records',
  'part-records',
  'events',
  'prepare',
  'into-parts',
  'project-exposures',
  'project-goals',
  'into-rows',
  'aliases-of-change',
  'aliases',
  'concerned',
  'concerned-events',
]
const outcomes = [
  'of-files',
  'linked',
  'unlinked',
  'goals',
  'questions',
  'by-user',
  'by-unit',
  'firsts',
  'outcomes',
  'contributed',
  'merge',
  'variations',
]

export interface KeptCountsOptions extends Omit<Counting, 'folder'> {
  readonly lake: LakeCache
  /** The cache's folder. */
  readonly root: string
  /** Epoch milliseconds. */
  readonly now: number
  /** `daily`: if the last full count is of another day. */
  readonly recount: 'never' | 'daily' | 'always'
  /** `differing` is how many questions the counts kept had other figures for. */
  readonly onRecounted?: (environmentId: string, figures: { questions: number; differing: number }) => void
}

export const countingFolder = (root: string, environmentId: string) =>
  path.join(root, 'counting', `environment=${environmentId}`)

export function keptCounts(options: KeptCountsOptions): EnvironmentCounts {
  const recounted = new Set<string>()
  return {
    count: (environmentId, questions) =>
      countAgainIfDamaged(options.lake, environmentId, (isAgain) =>
        countKept(environmentId, questions, recounted, isAgain, options),
      ),
    async damaged(environmentId, window) {
      const files = await options.lake.files(environmentId, window)
      return files.ok ? ok(files.value.damaged) : files
    },
  }
}

async function countKept(
  environmentId: string,
  questions: readonly Question[],
  recounted: Set<string>,
  isAgain: boolean,
  options: KeptCountsOptions,
): Promise<Result<Answers, Failure>> {
  const { lake, root, now, recount, onRecounted } = options
  const folder = countingFolder(root, environmentId)
  const release = releaseOf()
  const before = await readState(folder, release)
  const asked = number(questions, before, now)
  const files = await lake.files(environmentId, withCopies(windowOf(asked.map(({ question }) => question))))
  if (!files.ok) return files
  const projections = openProjections(options.clickHouse, projectionsFolder(root, environmentId))
  const context = { ...options, folder, release, files: files.value, asked, projections }
  const kept = before && (await change(before, context))
  const isDue =
    !recounted.has(environmentId) &&
    (recount === 'always' ||
      (recount === 'daily' && before && Math.floor(before.recountedAt / dayMs) !== Math.floor(now / dayMs)))
  let state = kept
  if (state === undefined || isDue) {
    const full = await anew(context, isDue || isAgain)
    if (!full.ok) return full
    if (isDue) {
      recounted.add(environmentId)
      const differing = kept ? differences(kept, full.value) : 0
      onRecounted?.(environmentId, { questions: asked.length, differing })
    }
    state = full.value
  }
  if (!(await projections.find(files.value.parts))) return wentAway
  const others = files.value.parts.map(({ file }) => file) // their aliases are read in place
  const read = await unlessGone([...files.value.raw, ...others], ok(undefined))
  if (!read.ok) return read
  if (state !== before) {
    try {
      await writeState(folder, state)
      await sweep(folder, before, state)
    } catch {
      // A full disk costs the next run a full count, and this one nothing.
    }
  }
  return ok(answersOf(state.questions, state.totals))
}

/** Counts are kept for one text of the queries. */
const releaseOf = (): string =>
  createHash('sha256')
    .update(statementOf('sources/disk', ...statements, ...outcomes) + recordColumns)
    .digest('hex')

/** Questions keep the number that they have. */
function number(
  questions: readonly Question[],
  before: State | undefined,
  now: number,
): readonly KeptQuestion[] {
  const wanted = new Set(questions.map(nameOf))
  const kept = (before?.questions ?? [])
    .map((each) => (wanted.has(nameOf(each.question)) ? { ...each, askedAt: now } : each))
    .filter(({ askedAt }) => now - askedAt < forgottenAfterMs)
  const known = new Set(kept.map(({ question }) => nameOf(question)))
  const byName = new Map(questions.map((question) => [nameOf(question), question]))
  const first = Math.max(0, ...(before?.questions ?? []).map(({ x }) => x)) + 1
  const fresh = [...byName].filter(([name]) => !known.has(name)).map(([, question]) => question)
  return [...kept, ...fresh.map((question, i) => ({ x: first + i, question, askedAt: now }))]
}

interface Context extends KeptCountsOptions {
  readonly folder: string
  readonly release: string
  readonly files: RecordFiles
  readonly asked: readonly KeptQuestion[]
  readonly projections: Projections
}

/** Everything; also what parts are projected to, if `isAnew`. */
async function anew(how: Context, isAnew: boolean): Promise<Result<State, Failure>> {
  const { folder, release, asked, now } = how
  const parts = await how.projections.of(how.files.parts, isAnew)
  if (!parts.ok) return parts
  const files: CountedFiles = { raw: how.files.raw, parts: parts.value }
  const added: KeptFile[][] = []
  try {
    for (const isUnit of [false, true]) {
      const own = asked.filter((each) => isOfUnits(each) === isUnit)
      const found = own.length === 0 ? ok([]) : await countAll(files, own, how)
      if (!found.ok) return found
      added.push(await describeFiles(found.value))
    }
  } catch (error) {
    return fail('job', `Counts could not be kept in ${folder}: ${reasonOf(error)}.`)
  }
  const [byUser = [], byUnit = []] = added
  const sources = sourcesOf(files)
  return withTotals({ release, recountedAt: now, questions: [...asked], ...sources, byUser, byUnit }, how)
}

/** From what was kept. Undefined if that cannot be done, or costs as much as a full count. */
async function change(before: State, context: Context): Promise<State | undefined> {
  const { folder, asked, projections } = context
  const how: Counting = context
  const parts = await projections.of(context.files.parts)
  if (!parts.ok) return undefined
  const files: CountedFiles = { raw: context.files.raw, parts: parts.value }
  const difference = await changeSince(before, files, projections)
  if (!difference) return undefined
  const isSame = isNothing(difference)
  const known = new Set(before.questions.map(({ x }) => x))
  const [old, fresh] = [true, false].map((isKnown) => asked.filter(({ x }) => known.has(x) === isKnown)) as [
    KeptQuestion[],
    KeptQuestion[],
  ]
  if (isSame && fresh.length === 0) return { ...before, questions: [...asked] }
  if (!isSame && !(await isWorthwhile(difference))) return undefined
  if (!(await areWhole(folder, [...before.byUser, ...before.byUnit]))) return undefined
  try {
    const oldUsers = old.filter((each) => !isOfUnits(each))
    const freshUsers = fresh.filter((each) => !isOfUnits(each))
    const units = (isSame ? fresh : asked).filter(isOfUnits)
    const changed = isSame || oldUsers.length === 0 ? ok([]) : await countChange(difference, oldUsers, how)
    const added = freshUsers.length === 0 ? ok([]) : await countAll(files, freshUsers, how)
    const unit = units.length === 0 ? ok([]) : await countAll(files, units, how)
    if (!changed.ok || !added.ok || !unit.ok) return undefined
    const byUser = [...before.byUser, ...(await describeFiles([...changed.value, ...added.value]))]
    const byUnit = [...(isSame ? before.byUnit : []), ...(await describeFiles(unit.value))]
    const { release, recountedAt } = before
    const sources = sourcesOf(files)
    const merged = byUser.length > contributionsMax ? await merge(pathsOf(folder, byUser), how) : undefined
    if (merged && !merged.ok) return undefined
    const kept = merged ? await describeFiles([merged.value]) : byUser
    const state = { release, recountedAt, questions: [...asked], ...sources, byUser: kept, byUnit }
    const done = await withTotals(state, how)
    return done.ok ? done.value : undefined
  } catch {
    return undefined
  }
}

const isOfUnits = ({ question }: Asked) => question.unitAttribute !== ''
const pathsOf = (folder: string, files: readonly KeptFile[]) =>
  files.map(({ name }) => path.join(folder, name))

async function withTotals(
  state: Omit<State, 'totals'>,
  { clickHouse, folder }: Counting,
): Promise<Result<State, Failure>> {
  const files = [...state.byUser, ...state.byUnit]
  const totals = await addUp(pathsOf(folder, files), clickHouse)
  if (!totals.ok) return totals
  // Another run may have swept a file meanwhile, which ClickHouse would have left out in silence.
  if (!(await areWhole(folder, files)))
    return fail('job', `Counts that were kept in ${folder} are not there any more.`)
  return ok({ ...state, totals: totals.value })
}

/** How many questions have other counts. */
function differences(kept: State, full: State): number {
  const figures = ({ totals }: State, x: number) =>
    JSON.stringify(totals.filter((row) => row.x === x && isCounting(row)))
  return full.questions.filter(({ x }) => figures(kept, x) !== figures(full, x)).length
}
