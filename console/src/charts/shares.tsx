// Shares over time: each stretch of equal shares is as wide as it lasted, its parts stand on each other.
import { moment, percent } from '../messages/catalogue.ts'
import { fill, type NamedShare } from '../ui/marks.tsx'
import css from './charts.module.css'

interface Stretch {
  readonly from: number
  readonly to: number
  readonly shares: readonly NamedShare[]
}

export const SharesOverTime = ({ label, stretches }: { label: string; stretches: readonly Stretch[] }) => (
  <figure className={css['bars-figure']}>
    <div className={css['shares']} role="img" aria-label={label}>
      {stretches.map(({ from, to, shares }) => (
        <span
          key={from}
          style={{ flexGrow: Math.max(1, to - from) }}
          title={[moment(from), ...shares.map(({ name, share }) => `${name} ${percent(share)}`)].join('\n')}
        >
          {shares.map(({ name, colour, share }) => (
            <i key={name} className={fill(colour)} style={{ flexGrow: share * 100 }} />
          ))}
        </span>
      ))}
    </div>
    <div className={css['bars-ends']} aria-hidden>
      <span>{moment(stretches[0]!.from)}</span>
      <span>{moment(stretches.at(-1)!.to)}</span>
    </div>
  </figure>
)
