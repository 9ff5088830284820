// Users of an experiment by the variation of another one that they are in: whether its effect depends on it.
import type { StoredResult } from '../../../core/model/stored-result.ts'
import { number } from '../messages/catalogue.ts'
import { rate, signedPoints as points } from '../messages/figures.ts'
import { results as words } from '../messages/results.ts'
import { Status } from '../ui/marks.tsx'
import { type Column, Table } from '../ui/table.tsx'
import css from './detail.module.css'
import type { Names } from './names.ts'

type Interaction = NonNullable<StoredResult['interactions']>[number]
const none = '–'
const marks = { found: 'warning', 'not-found': 'healthy' } as const
const outcomes: Readonly<Record<string, string>> = words.interactionOutcomes

export const Interactions = ({ result, names }: { result: StoredResult; names: Names }) =>
  (result.interactions ?? []).map((interaction) => (
    <Pair
      key={interaction.experimentId}
      interaction={interaction}
      baseline={result.baselineVariationId}
      names={names}
    />
  ))

interface PairProps {
  readonly interaction: Interaction
  readonly baseline: string
  readonly names: Names
}

function Pair({ interaction, baseline, names }: PairProps) {
  const { experimentId, baselineVariationId, outcome, cells, contrasts } = interaction
  const own = [...new Set(cells.map(({ variationId }) => variationId))]
  const others = [...new Set(cells.map(({ otherVariationId }) => otherVariationId))].toSorted(
    (a, b) => Number(b === baselineVariationId) - Number(a === baselineVariationId),
  )
  const columns: Column<string>[] = [
    { title: words.besideVariation, cell: (other) => other },
    ...own.map((id): Column<string> => ({
      title: names.variation(id),
      end: true,
      cell: (other) => cellText(cells, id, other),
    })),
    ...own
      .filter((id) => id !== baseline)
      .map((id): Column<string> => ({
        title: `${words.effectDiffers}: ${names.variation(id)}`,
        end: true,
        cell: (other) => contrastText(contrasts, id, other),
      })),
  ]
  return (
    <div className={css['digits']}>
      <h3>{experimentId}</h3>
      <Status is={marks[outcome as keyof typeof marks] ?? 'planned'}>{outcomes[outcome] ?? outcome}</Status>
      <Table label={experimentId} rows={others} keyOf={(other) => other} columns={columns} />
    </div>
  )
}

function cellText(cells: Interaction['cells'], id: string, other: string): string {
  const cell = cells.find(
    ({ variationId, otherVariationId }) => variationId === id && otherVariationId === other,
  )
  return cell
    ? `${rate(cell.conversions / cell.users)} (${number(cell.conversions)} / ${number(cell.users)})`
    : none
}

function contrastText(contrasts: Interaction['contrasts'], id: string, other: string): string {
  const difference = contrasts.find(
    ({ variationId, otherVariationId }) => variationId === id && otherVariationId === other,
  )?.difference
  return difference
    ? `${points(difference.estimate)} (${points(difference.low)} ${words.to} ${points(difference.high)})`
    : none
}
