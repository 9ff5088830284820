// A result by segments: what was observed in each, and what is to be believed of it.
import type { StoredResult } from '../../../core/model/stored-result.ts'
import { number } from '../messages/catalogue.ts'
import { rate, signedPercent } from '../messages/figures.ts'
import { results as words } from '../messages/results.ts'
import { type Column, Table } from '../ui/table.tsx'
import css from './detail.module.css'
import type { Names } from './names.ts'

type Breakdown = NonNullable<StoredResult['breakdowns']>[number]
type Segment = Breakdown['segments'][number]
const none = '–'

export function Breakdowns({ result, names }: { result: StoredResult; names: Names }) {
  const { breakdowns = [], baselineVariationId, variations } = result
  const ids = variations.map(({ variationId }) => variationId)
  return breakdowns.map(({ attribute, segments, engine }) => {
    const by = engine && engine.kind !== 'exact' ? ` (${engine.kind})` : ''
    const title = `${names.goal(result.goalKey)}, ${words.breakdownBy(attribute)}${by}`
    const columns: Column<Segment>[] = [
      { title: words.segment, cell: ({ value }) => nameOf(value) },
      ...ids.map((id): Column<Segment> => ({
        title: names.variation(id),
        end: true,
        cell: (segment) => observedText(segment, id),
      })),
      ...ids
        .filter((id) => id !== baselineVariationId)
        .map((id): Column<Segment> => ({
          title: ids.length > 2 ? `${words.pooledLift}: ${names.variation(id)}` : words.pooledLift,
          end: true,
          cell: (segment) => liftText(segment, id),
        })),
    ]
    return (
      <div key={attribute} className={css['digits']}>
        <h3>{title}</h3>
        <Table label={title} rows={segments} keyOf={({ value }) => JSON.stringify(value)} columns={columns} />
      </div>
    )
  })
}

const nameOf = (value: Segment['value']) =>
  value === null ? words.otherValues : value === '' ? words.notTold : value

function observedText({ variations }: Segment, id: string): string {
  const cell = variations.find(({ variationId }) => variationId === id)
  if (!cell || cell.users === 0) return none
  return `${rate(cell.conversions / cell.users)} (${number(cell.conversions)} / ${number(cell.users)})`
}

function liftText({ comparisons }: Segment, id: string): string {
  const pooled = comparisons.find(({ variationId }) => variationId === id)?.pooled
  return pooled
    ? `${signedPercent(pooled.estimate)} (${signedPercent(pooled.low)} ${words.to} ${signedPercent(pooled.high)})`
    : none
}
