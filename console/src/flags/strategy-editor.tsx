// What a rule, or everyone else, is served: one variation, or a split of users.
import type { Allocation, DefaultStrategy, Strategy } from '../../../core/model/flag.ts'
import { weightTotal } from '../../../core/model/limits.ts'
import { editing } from '../messages/editing.ts'
import { Checkbox, InlineSelect, Segmented, TextField } from '../ui/fields.tsx'
import { fill } from '../ui/marks.tsx'
import { join } from '../ui/join.ts'
import { Percentages } from './percentages.tsx'
import css from './rules.module.css'
import { colourOf, type Named } from './text.ts'
import { type Rollout, stepOf } from './weights.ts'

const { editor } = editing

/** A rule or the default strategy, as far as this editor goes. */
export type Served = Pick<DefaultStrategy, 'strategy' | 'bucketBy'>

interface StrategyEditorProps {
  readonly flag: Named & { readonly allocation: Allocation }
  readonly before: Strategy | undefined
  readonly served: Served
  readonly onChange: (served: Served) => void
}

export function StrategyEditor({ flag, before, served, onChange }: StrategyEditorProps) {
  const { strategy, bucketBy } = served
  const set = (next: Strategy) => onChange({ strategy: next, ...(bucketBy !== undefined && { bucketBy }) })
  const choose = (kind: Strategy['kind']) => {
    if (kind === strategy.kind) return
    set(kind === 'fixed' ? toFixed(strategy as Rollout) : (toRollout(before, strategy) ?? strategy))
  }
  return (
    <div className={css['strategy']}>
      <span className={css['serve']}>
        <Segmented
          label={editor.serves}
          value={strategy.kind}
          options={{ fixed: editor.fixed, rollout: editor.rollout }}
          onChange={choose}
        />
        {strategy.kind === 'fixed' && (
          <VariationSelect
            flag={flag}
            label={editor.variation}
            value={strategy.variationId}
            onChange={(variationId) => set({ kind: 'fixed', variationId })}
          />
        )}
      </span>
      {strategy.kind === 'rollout' && (
        <>
          <Percentages
            flag={flag}
            before={before}
            now={strategy}
            step={stepOf(flag.allocation)}
            onChange={set}
          />
          <Audience flag={flag} rollout={strategy} onChange={set} />
          <BucketBy
            value={bucketBy}
            onChange={(next) => onChange({ strategy, ...(next !== undefined && { bucketBy: next }) })}
          />
        </>
      )}
    </div>
  )
}

const toFixed = ({ shares }: Rollout): Strategy => {
  const [largest] = shares.toSorted((a, b) => b.weight - a.weight)
  return { kind: 'fixed', variationId: largest!.variationId }
}

/** Back to the split that was there; else everybody keeps what they have. */
const toRollout = (before: Strategy | undefined, strategy: Strategy): Rollout | undefined => {
  if (before?.kind === 'rollout') return before
  if (strategy.kind === 'rollout') return undefined
  return { kind: 'rollout', shares: [{ variationId: strategy.variationId, weight: weightTotal }] }
}

interface VariationSelectProps {
  readonly flag: Named
  readonly label: string
  readonly value: string | undefined
  readonly onChange: (id: string) => void
  /** What the empty choice says; without it there is none. */
  readonly none?: string
}

export const VariationSelect = ({ flag, label, value, onChange, none }: VariationSelectProps) => (
  <span className={css['variation']}>
    <i className={join(css['square'], fill(colourOf(flag, value)))} />
    <InlineSelect label={label} value={value ?? ''} onChange={(event) => onChange(event.target.value)}>
      {none !== undefined && <option value="">{none}</option>}
      {flag.variations.map(({ id, name }) => (
        <option key={id} value={id}>
          {name || id}
        </option>
      ))}
    </InlineSelect>
  </span>
)

interface AudienceProps {
  readonly flag: Named
  readonly rollout: Rollout
  readonly onChange: (rollout: Rollout) => void
}

function Audience({ flag, rollout, onChange }: AudienceProps) {
  const { audience, ...whole } = rollout
  const first = flag.variations[0]!.id
  return (
    <div className={css['option']}>
      <Checkbox
        label={editor.audience}
        checked={audience !== undefined}
        onChange={(event) =>
          onChange(
            event.target.checked
              ? { ...whole, audience: { percentage: 50, defaultVariationId: first } }
              : whole,
          )
        }
      />
      {audience && (
        <span className={css['serve']}>
          <input
            type="number"
            className={css['number-input']}
            aria-label={editor.audiencePercent}
            min={0}
            max={100}
            value={audience.percentage}
            onChange={(event) => {
              const percentage = Math.min(100, Math.max(0, Math.round(Number(event.target.value))))
              onChange({ ...rollout, audience: { ...audience, percentage } })
            }}
          />
          % {editor.audienceRest}
          <VariationSelect
            flag={flag}
            label={editor.audienceRest}
            value={audience.defaultVariationId}
            onChange={(defaultVariationId) =>
              onChange({ ...rollout, audience: { ...audience, defaultVariationId } })
            }
          />
        </span>
      )}
    </div>
  )
}

function BucketBy({
  value,
  onChange,
}: {
  value: string | undefined
  onChange: (value: string | undefined) => void
}) {
  return (
    <div className={css['option']}>
      <Checkbox
        label={editor.bucketBy}
        checked={value !== undefined}
        onChange={(event) => onChange(event.target.checked ? '' : undefined)}
      />
      {value !== undefined && (
        <TextField
          label={editor.attribute}
          quiet
          mono
          hint={editor.bucketByHint}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </div>
  )
}
