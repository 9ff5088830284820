// Counts on a ClickHouse server: all questions by one statement over the lake, because no file of the runner
// is there. What was counted is kept on disk, and asked again only if the objects or the questions
// changed.
import { createHash } from 'node:crypto'
import path from 'node:path'
import * as z from 'zod'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok } from '../../core/model/problem.ts'
import type { LakeCache } from '../lake/cache.ts'
import type { ClickHouse } from '../lake/clickhouse.ts'
import { readSealed, writeSealed } from '../lake/sealed-file.ts'
import { answersOf, type EnvironmentCounts } from './answers.ts'
import { countAgainIfDamaged } from './count-again.ts'
import { timeOffset, Totals, usualTolerances, Variation } from './totals.ts'
import { type Asked, nameOf, type Question, questionParameters, windowOf, withCopies } from './question.ts'
import { everybody, type RecordReader } from './record-reader.ts'
import { statementOf } from './statements.ts'
import type { CountQuestions } from './totals.ts'

/** Names of flags and events of more are too long for one field of a request. */
export const questionsMax = 100

export interface ServerCountsOptions {
  readonly clickHouse: Pick<ClickHouse, 'rows'>
  readonly reader: RecordReader
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
  { clickHouse, reader, lake, root }: ServerCountsOptions,
) {
  const byName = new Map(questions.map((question) => [nameOf(question), question]))
  const asked = [...byName.values()].map((question, i) => ({ x: i + 1, question }))
  const files = await lake.files(environmentId, withCopies(windowOf(questions)))
  if (!files.ok) return files
  const file = path.join(root, 'counts', `environment=${environmentId}`, 'experiments.json')
  const names = [...files.value.raw, ...files.value.parts.map((part) => part.file)]
  const input = digestOf([textsOf(reader), recordColumns, [...byName.keys()], names])
  const known = z.object({ input: z.string(), totals: Totals }).safeParse(await readSealed(file)).data
  if (known?.input === input) return ok(answersOf(asked, known.totals))
  const totals = await countOnServer(clickHouse, reader)(files.value, asked)
  if (!totals.ok) return totals
  // A full disk costs the next run a query, and this one nothing.
  await writeSealed(file, { input, totals: totals.value }).catch(() => undefined)
  return ok(answersOf(asked, totals.value))
}

const digestOf = (content: unknown) => createHash('sha256').update(JSON.stringify(content)).digest('hex')

const textOf = (beginning: readonly string[], by: 'user' | 'unit') =>
  statementOf(...beginning, 'questions', `by-${by}`, 'firsts', 'outcomes', 'totals', 'variations')
const textsOf = ({ beginnings }: RecordReader) =>
  beginnings.flatMap((beginning) => (['user', 'unit'] as const).map((by) => textOf(beginning, by)))

/** From nothing, by as few statements as the limits of a request allow. */
export function countOnServer(clickHouse: Pick<ClickHouse, 'rows'>, reader: RecordReader): CountQuestions {
  return (files, asked, tolerances = usualTolerances) =>
    reader.read(files, files, async ({ reading }) => {
      const read = reading(1, 0)
      if (!read.ok) return read
      const { beginning, values } = read.value
      const totals: Totals = []
      for (const { by, own } of statements(asked)) {
        const bound = { ...values, ...fixed, ...tolerances, ...questionParameters(own) }
        const rows = await clickHouse.rows('variations.sql', textOf(beginning, by), Variation, bound)
        if (!rows.ok) return rows
        totals.push(...rows.value)
      }
      return ok(totals)
    })
}

const fixed = { ...everybody, timeOffset }

function* statements(asked: readonly Asked[]) {
  for (const by of ['user', 'unit'] as const) {
    const all = asked.filter(({ question }) => (question.unitAttribute !== '') === (by === 'unit'))
    for (let i = 0; i < all.length; i += questionsMax) yield { by, own: all.slice(i, i + questionsMax) }
  }
}
