// A bucket on the bar of all buckets, with the cut points of a rollout.
import type { ExplainedRollout } from '../../../core/evaluation/explain.ts'
import { weightTotal } from '../../../core/model/limits.ts'
import { percent } from '../messages/catalogue.ts'
import { debugging as words } from '../messages/debugging.ts'
import { targeting } from '../messages/targeting.ts'
import { fill, Variation } from '../ui/marks.tsx'
import css from './debugger.module.css'
import { colourOf, type Named, variationName } from './text.ts'

const perPercent = weightTotal / 100

/** Of 100,000, as a place from 0 to 100. */
export const percentOf = (weight: number): string => String(Math.round((weight / perPercent) * 1_000) / 1_000)

export function BucketBar({ flag, rollout: { bucket, cuts } }: { flag: Named; rollout: ExplainedRollout }) {
  const parts = cuts
    .map(({ variationId, below }, i) => ({ variationId, from: cuts[i - 1]?.below ?? 0, below }))
    .filter(({ from, below }) => below > from)
  const nameOf = (id: string | undefined) => (id ? variationName(flag, id) : targeting.rest)
  const colour = (id: string | undefined) => (id ? colourOf(flag, id) : -1)
  const at = `${(bucket / weightTotal) * 100}%`
  return (
    <div className={css['bucket']} role="img" aria-label={words.bucket(percentOf(bucket))}>
      <span className={css['pin']} style={{ left: `clamp(16px, ${at}, calc(100% - 16px))` }}>
        {percentOf(bucket)}
      </span>
      <div className={css['bar']}>
        {parts.map(({ variationId, from, below }) => (
          <i key={from} className={fill(colour(variationId))} style={{ flexGrow: below - from }} />
        ))}
        <b style={{ left: at }} />
      </div>
      <div className={css['ticks']}>
        <span>0</span>
        {parts.slice(0, -1).map(({ below }) => (
          <span key={below} style={{ left: `${(below / weightTotal) * 100}%` }}>
            {percentOf(below)}
          </span>
        ))}
        <span>100</span>
      </div>
      <div className={css['names']}>
        {parts.map(({ variationId, from, below }) => (
          <Variation
            key={from}
            name={`${nameOf(variationId)} ${percent((below - from) / weightTotal)}`}
            colour={colour(variationId)}
          />
        ))}
      </div>
    </div>
  )
}
