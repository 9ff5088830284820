// Counts on a ClickHouse server: all questions by one statement over the lake, because no file of the runner
// is there. What was counted is kept on disk, and asked again only if the objects or the questions
// changed.
import { ok } from '../../core/model/problem.ts'
import type { LakeCache } from '../lake/cache.ts'
import type { ClickHouse } from '../lake/clickhouse.ts'
import { answersOf, type EnvironmentCounts } from './answers.ts'
import { countAgainIfDamaged } from './count-again.ts'
import { countsFile, keptRows } from './kept-rows.ts'
import { timeOffset, type Tolerances, type Totals, usualTolerances, Variation } from './totals.ts'
import {
  type Asked,
  linkWindowOf,
  nameOf,
  type Question,
  questionParameters,
  windowOf,
  withCopies,
} from './question.ts'
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
  const input = { texts: textsOf(reader), files: [files.value], asked: [...byName.keys()] }
  const totals = await keptRows(countsFile(root, environmentId, 'experiments'), input, Variation, () =>
    countOnServer(clickHouse, reader)(files.value, asked),
  )
  return totals.ok ? ok(answersOf(asked, totals.value)) : totals
}

const textOf = (beginning: readonly string[], by: 'user' | 'unit') =>
  statementOf(...beginning, 'questions', `by-${by}`, 'firsts', 'outcomes', 'totals', 'variations')
const textsOf = ({ beginnings }: RecordReader) =>
  beginnings.flatMap((beginning) => (['user', 'unit'] as const).map((by) => textOf(beginning, by)))

/** From nothing, by as few statements as the limits of a request allow. */
export function countOnServer(clickHouse: Pick<ClickHouse, 'rows'>, reader: RecordReader): CountQuestions {
  return (files, asked, tolerances = usualTolerances) =>
    reader.read(files, files, linkWindowsOf(asked, tolerances), async ({ reading, scopes }) => {
      const read = reading(1, 0)
      if (!read.ok) return read
      const { beginning, values } = read.value
      const totals: Totals = []
      const scoped = asked.map((each, i) => ({ ...each, scopes: scopes[i]! }))
      for (const { by, own } of statements(scoped)) {
        const bound = { ...values, ...fixed, ...tolerances, ...questionParameters(own) }
        const rows = await clickHouse.rows('variations.sql', textOf(beginning, by), Variation, bound)
        if (!rows.ok) return rows
        totals.push(...rows.value)
      }
      return ok(totals)
    })
}

const linkWindowsOf = (asked: readonly Asked[], tolerances: Tolerances) =>
  asked.map(({ question }) => linkWindowOf(question, tolerances))

const fixed = { ...everybody, timeOffset }

function* statements(asked: readonly Asked[]) {
  for (const by of ['user', 'unit'] as const) {
    const all = asked.filter(({ question }) => (question.unitAttribute !== '') === (by === 'unit'))
    for (let i = 0; i < all.length; i += questionsMax) yield { by, own: all.slice(i, i + questionsMax) }
  }
}
