// A result in digits, for those who want them.
import type { StoredResult } from '../../../core/model/stored-result.ts'
import { number } from '../messages/catalogue.ts'
import { figure, rate, signedPercent } from '../messages/figures.ts'
import { results as words } from '../messages/results.ts'
import { Tag, Variation } from '../ui/marks.tsx'
import { type Column, Table } from '../ui/table.tsx'
import css from './detail.module.css'
import { absoluteText, isOfValues } from './goal-rows.ts'
import type { Names } from './names.ts'

type Row = StoredResult['variations'][number]
const none = '–'

export function Digits({ result, names }: { result: StoredResult; names: Names }) {
  const { variations, baselineVariationId, comparisons } = result
  const comparisonOf = ({ variationId }: Row) => comparisons?.find((each) => each.variationId === variationId)
  const bounds = (low: string, high: string) => `(${low} ${words.to} ${high})`
  const observed: Column<Row> = {
    title: words.observed,
    end: true,
    cell: ({ value }) =>
      value
        ? `${figure(value.observed)}${value.uncapped === undefined ? '' : `; ${words.withoutCap(figure(value.uncapped))}`}`
        : none,
  }
  const estimate: Column<Row> = {
    title: words.estimate,
    end: true,
    cell: ({ rate: share, value, users }) => {
      if (users === 0) return words.noUsers
      if (share) return `${rate(share.mean)} ${bounds(rate(share.q025), rate(share.q975))}`
      const posterior = value?.posterior
      return posterior
        ? `${figure(posterior.mean)} ${bounds(figure(posterior.q025), figure(posterior.q975))}`
        : words.notMeasured
    },
  }
  const columns: Column<Row>[] = [
    {
      title: words.variation,
      cell: ({ variationId }) => (
        <span className={css['arm']}>
          <Variation name={names.variation(variationId)} colour={names.colour(variationId)} />
          {variationId === baselineVariationId && <Tag>{words.baseline}</Tag>}
        </span>
      ),
    },
    { title: words.users, end: true, cell: ({ users }) => number(users) },
    { title: words.conversions, end: true, cell: ({ conversions }) => number(conversions) },
    ...(isOfValues(result) ? [observed] : []),
    estimate,
    { title: words.best, end: true, cell: ({ probabilityBest }) => probabilityBest?.toFixed(3) ?? none },
    {
      title: words.difference,
      end: true,
      cell: (row) => {
        const difference = comparisonOf(row)?.difference
        if (!difference) return none
        const { estimate: middle, low, high } = difference
        const top = high === null ? words.noBound : absoluteText(result, high)
        return `${absoluteText(result, middle)} ${bounds(absoluteText(result, low), top)}`
      },
    },
    {
      title: words.relative,
      end: true,
      cell: (row) => {
        const comparison = comparisonOf(row)
        const relative = comparison?.relative
        if (!relative) return comparison?.reason ? names.inWords(comparison.reason) : none
        const { estimate: middle, low, high } = relative
        const top = high === null ? words.noBound : signedPercent(high)
        return `${signedPercent(middle)} ${bounds(signedPercent(low), top)}`
      },
    },
  ]
  const title = names.goal(result.goalKey)
  return (
    <div className={css['digits']}>
      <h3>{title}</h3>
      <Table label={title} rows={variations} keyOf={({ variationId }) => variationId} columns={columns} />
    </div>
  )
}
