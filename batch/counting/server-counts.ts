// Counts on a ClickHouse server: all questions by one statement over the lake, because no file of the runner
// is there. What was counted is kept on disk, and asked again only if the objects or the questions
// changed.
import { createHash } from 'node:crypto'
import path from 'node:path'
import * as z from 'zod'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { LakeCache, RecordFiles } from '../lake/cache.ts'
import type { ClickHouse, Parameters } from '../lake/clickhouse.ts'
import type { RecordSource } from '../lake/record-source.ts'
import { readSealed, writeSealed } from '../lake/sealed-file.ts'
import { answersOf, type EnvironmentCounts } from './answers.ts'
import { linkColumns } from './columns.ts'
import { countAgainIfDamaged } from './count-again.ts'
import { LinkRow, timeOffset, Totals, usualTolerances, Variation } from './totals.ts'
import { linkRows, resolveLinks } from './links.ts'
import { type Asked, nameOf, type Question, questionParameters, windowOf } from './question.ts'
import { statementOf } from './statements.ts'
import type { CountQuestions } from './totals.ts'

/** Names of flags and events of more are too long for one field of a request. */
export const questionsMax = 100

export interface ServerCountsOptions {
  readonly clickHouse: Pick<ClickHouse, 'rows'>
  readonly source: RecordSource
  readonly lake: LakeCache
  /** The cache's folder. */
  readonly root: string
}

export function serverCounts(options: ServerCountsOptions): EnvironmentCounts {
  const { lake } = options
  return {
    count: (environmentId, questions) =>
      countAgainIfDamaged(lake, environmentId, () => countKept(environmentId, questions, options)),
    async damaged(environmentId, window) {
      const files = await lake.files(environmentId, window)
      return files.ok ? ok(files.value.damaged) : files
    },
  }
}

async function countKept(
  environmentId: string,
  questions: readonly Question[],
  { clickHouse, source, lake, root }: ServerCountsOptions,
) {
  const byName = new Map(questions.map((question) => [nameOf(question), question]))
  const asked = [...byName.values()].map((question, i) => ({ x: i + 1, question }))
  const files = await lake.files(environmentId, windowOf(questions))
  if (!files.ok) return files
  const file = path.join(root, 'counts', `environment=${environmentId}`, 'experiments.json')
  const names = [...files.value.raw, ...files.value.parts.map((part) => part.file)]
  const input = digestOf([textsOf(source), recordColumns, [...byName.keys()], names])
  const known = z.object({ input: z.string(), totals: Totals }).safeParse(await readSealed(file)).data
  if (known?.input === input) return ok(answersOf(asked, known.totals))
  const totals = await countOnServer(clickHouse, source)(files.value, asked)
  if (!totals.ok) return totals
  // A full disk costs the next run a query, and this one nothing.
  await writeSealed(file, { input, totals: totals.value }).catch(() => undefined)
  return ok(answersOf(asked, totals.value))
}

const digestOf = (content: unknown) => createHash('sha256').update(JSON.stringify(content)).digest('hex')

export const beginningOf = ({ name }: RecordSource) => [`sources/${name}`, 'all-records', 'events'] as const
const aliasesText = (source: RecordSource) =>
  statementOf(...beginningOf(source), 'aliases-of-everything', 'aliases')
const countText = (source: RecordSource, by: 'user' | 'unit', links: string) =>
  statementOf(
    ...beginningOf(source),
    'of-everything',
    linkedName(links),
    'questions',
    `by-${by}`,
    'firsts',
    'outcomes',
    'totals',
    'variations',
  )
const textsOf = (source: RecordSource) => [
  aliasesText(source),
  ...(['user', 'unit'] as const).flatMap((by) => [noLink, ''].map((links) => countText(source, by, links))),
]

/** From nothing, by as few statements as the limits of a request allow. */
export function countOnServer(clickHouse: Pick<ClickHouse, 'rows'>, source: RecordSource): CountQuestions {
  return async (files, asked, tolerances = usualTolerances) => {
    const read = readingOf(files, source)
    if (!read.ok) return read
    const links = await linksOf(files, read.value, source, clickHouse)
    if (!links.ok) return links
    const values = { ...read.value, linkColumns, links: links.value, ...fixed, ...tolerances }
    const totals: Totals = []
    for (const { by, own } of statements(asked)) {
      const bound = { ...values, ...questionParameters(own) }
      const rows = await clickHouse.rows(
        'variations.sql',
        countText(source, by, links.value),
        Variation,
        bound,
      )
      if (!rows.ok) return rows
      totals.push(...rows.value)
    }
    return ok(totals)
  }
}

/** ClickHouse's format() takes no empty text for a table without rows. No event has this side. */
export const noLink = JSON.stringify({ side: 0, user: '0', targetingKey: '', person: '0', isChanged: false })
/** A join costs something even where there is nothing to join. */
export const linkedName = (links: string) => (links === noLink ? 'unlinked' : 'linked')
const fixed = { slices: 1, slice: 0, linked: 'all', timeOffset }

function* statements(asked: readonly Asked[]) {
  for (const by of ['user', 'unit'] as const) {
    const all = asked.filter(({ question }) => (question.unitAttribute !== '') === (by === 'unit'))
    for (let i = 0; i < all.length; i += questionsMax) yield { by, own: all.slice(i, i + questionsMax) }
  }
}

export function readingOf({ raw, parts }: RecordFiles, source: RecordSource): Result<Parameters, Failure> {
  const files = source.pattern(raw)
  if (!files.ok) return files
  const found = source.pattern(parts.map(({ file }) => file))
  if (!found.ok) return found
  return ok({ ...source.values, files: files.value, parts: found.value, columns: recordColumns })
}

/** As rows of JSON. Parts without aliases are not read for them. */
export async function linksOf(
  { raw, parts }: RecordFiles,
  read: Parameters,
  source: RecordSource,
  clickHouse: Pick<ClickHouse, 'rows'>,
): Promise<Result<string, Failure>> {
  const withAliases = parts.filter(({ part }) => (part.records['alias'] ?? 0) > 0)
  if (raw.length + withAliases.length === 0) return ok(noLink)
  const found = source.pattern(withAliases.map(({ file }) => file))
  if (!found.ok) return found
  const values = { ...read, parts: found.value }
  const links = await clickHouse.rows('aliases.sql', aliasesText(source), LinkRow, values)
  if (!links.ok) return links
  const rows = linkRows([], resolveLinks(links.value)).map((row) => JSON.stringify(row))
  return ok([noLink, ...rows].join('\n'))
}
