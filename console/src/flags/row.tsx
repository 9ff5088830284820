// One row of the list of flags.
import { CalendarClock, FlaskConical, OctagonAlert, ShieldCheck, TrendingUp } from 'lucide-react'
import { memo } from 'react'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import { percent } from '../messages/catalogue.ts'
import { flags as words } from '../messages/flags.ts'
import { Switch } from '../ui/button.tsx'
import { join } from '../ui/join.ts'
import { SplitBar, Tag, Variation } from '../ui/marks.tsx'
import { Ago } from '../ui/page.tsx'
import css from './list.module.css'
import { flagAddress } from './flag-links.ts'
import { colourOf, variationName } from './text.ts'
import { sharesOf } from './views.ts'

const icons = {
  experiment: FlaskConical,
  operation: ShieldCheck,
  'operation-fired': OctagonAlert,
  schedule: CalendarClock,
  'progressive-rollout': TrendingUp,
}

/** One answer for everyone needs no bar: bars are kept for flags that split, so that these stand out. */
function Serves({ flag }: { flag: FlagRow }) {
  const { enabled, offVariationId, rules } = flag
  if (!enabled)
    return <Variation name={variationName(flag, offVariationId)} colour={colourOf(flag, offVariationId)} />
  const shares = sharesOf(flag, words.noVariation)
  const [first] = shares
  const before = rules > 0 && <small>{words.rules(rules)} </small>
  if (shares.length === 1 && first)
    return (
      <span className={css['line']}>
        {before}
        <Variation name={first.name} colour={first.colour} />
      </span>
    )
  return (
    <>
      <SplitBar shares={shares} />
      <span className={css['clip']}>
        {before}
        {shares.map(({ name, share }) => `${name} ${percent(share)}`).join(' · ')}
      </span>
    </>
  )
}

interface RowProps {
  readonly flag: FlagRow
  readonly environment: string
  /** Pixels from the top of the list. */
  readonly top: number
  readonly index: number
  readonly canEdit: boolean
  readonly onSwitch: (flag: FlagRow) => void
  readonly isPicked: boolean
  /** `through`: all rows from the one that was picked before. */
  readonly onPick: (index: number, through: boolean) => void
}

export const Row = memo(function Row(props: RowProps) {
  const { flag, environment, top, index, canEdit, onSwitch, isPicked, onPick } = props
  const name = flag.name || flag.key
  return (
    <div
      className={join(css['row'], !flag.enabled && css['off'], isPicked && css['picked'])}
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span role="cell" className={css['pick']}>
        <input
          type="checkbox"
          aria-label={words.pick(name)}
          checked={isPicked}
          disabled={!canEdit}
          onChange={(event) => onPick(index, (event.nativeEvent as MouseEvent).shiftKey)}
        />
      </span>
      <span role="cell" className={css['flip']}>
        <Switch
          on={flag.enabled}
          label={words.isOn(name)}
          disabled={!canEdit || flag.archived}
          onChange={() => onSwitch(flag)}
        />
      </span>
      <div role="cell" className={css['name-cell']}>
        <a className={css['name']} href={flagAddress(environment, flag.key)} data-flag={flag.key}>
          <strong>
            <span>{name}</span>
            {flag.archived && <Tag>{words.archived}</Tag>}
          </strong>
          <small>
            {flag.name && <code>{flag.key}</code>}
            {!flag.name && <span>{flag.type}</span>}
            {flag.tags.map((tag) => (
              <Tag key={tag}>{tag}</Tag>
            ))}
          </small>
        </a>
      </div>
      <div role="cell" className={css['serves']}>
        <Serves flag={flag} />
      </div>
      <div role="cell" className={join(css['runs'], css['hide-s'])}>
        {flag.related.slice(0, 2).map(({ kind, id, name: related, status }) => {
          const what = kind === 'operation' && status === 'fired' ? 'operation-fired' : kind
          const Icon = icons[what]
          return (
            <span key={id} data-what={what}>
              <Icon size={13} aria-hidden />
              <span className={css['clip']}>
                {words.related[what]}
                {related && `: ${related}`}
              </span>
            </span>
          )
        })}
      </div>
      <div role="cell" className={join(css['asked'], css['hide-m'], css['hide-s'])}>
        {flag.lastSeenAt === null ? words.never : <Ago time={flag.lastSeenAt} />}
      </div>
      <div role="cell" className={join(css['owner'], css['hide-m'], css['hide-s'])}>
        {flag.maintainer}
        <small>
          <Ago time={flag.updatedAt} />
        </small>
      </div>
    </div>
  )
})
