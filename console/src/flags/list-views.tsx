// The views of the list of flags, with how many flags each holds. Drawn apart from the list: a key in the search
// changes none of it.
import { Link } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { memo, useMemo } from 'react'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import { number } from '../messages/catalogue.ts'
import { flags as words } from '../messages/flags.ts'
import { Button } from '../ui/button.tsx'
import css from './list.module.css'
import { forgetView, type SavedView } from './saved-views.ts'
import { type Choice, countsOf, shown, type View, views } from './views.ts'

interface ViewsProps {
  readonly environment: string
  readonly flags: readonly FlagRow[]
  readonly now: number
  readonly view: View
  readonly saved: readonly SavedView[]
  /** The name of the saved view that is shown. */
  readonly current: string | undefined
  /** What is searched for in the view that was chosen. */
  readonly onText: (text: string) => void
}

export const Views = memo(function Views(props: ViewsProps) {
  const { environment, flags, now, view, saved, current, onText } = props
  const counts = useMemo(() => countsOf(flags, now), [flags, now])
  const savedCounts = useMemo(
    () => new Map(saved.map(({ name, choice }) => [name, shown(flags, choice, now).length])),
    [saved, flags, now],
  )
  return (
    <nav className={css['views']} aria-label={words.views}>
      {views
        .filter((each) => counts[each] > 0 || each === 'all' || each === view)
        .map((each) => (
          <Link
            key={each}
            to="."
            search={
              ((was: Choice) => ({
                ...(current === undefined ? was : {}),
                view: each === 'all' ? undefined : each,
              })) as never
            }
            aria-current={each === view && current === undefined ? 'page' : undefined}
            onClick={() => current !== undefined && onText('')}
            activeProps={{}}
            // a view is not “all flags” with something more
            activeOptions={{ exact: true, explicitUndefined: true }}
          >
            {words.view[each]}
            <b>{number(counts[each])}</b>
          </Link>
        ))}
      {saved.map(({ name, choice }) => (
        <span key={name} className={css['saved']}>
          <Link
            to="."
            search={() => choice as never}
            aria-current={name === current ? 'page' : undefined}
            activeProps={{}}
            onClick={() => onText(choice.q ?? '')}
          >
            {name}
            <b>{number(savedCounts.get(name) ?? 0)}</b>
          </Link>
          <Button
            look="ghost"
            icon
            small
            aria-label={words.forget(name)}
            onClick={() => forgetView(environment, name)}
          >
            <X size={12} />
          </Button>
        </span>
      ))}
    </nav>
  )
})
