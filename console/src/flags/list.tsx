// The list of flags: 10,000 rows, of which some thirty are in the document. They are read at once, so that
// search, views and filters answer without a request.
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp, Bookmark, Search } from 'lucide-react'
import { lazy, Suspense, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { flagRowsQuery } from '../api/queries.ts'
import { flags as words } from '../messages/flags.ts'
import { useCreating } from '../pages/creating.tsx'
import { Button } from '../ui/button.tsx'
import { InlineSelect } from '../ui/fields.tsx'
import { join } from '../ui/join.ts'
import { Empty, Loaded } from '../ui/states.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { useFlagLinks } from './flag-links.ts'
import css from './list.module.css'
import { Row } from './row.tsx'
import { isSameChoice, useSavedViews } from './saved-views.ts'
import { useFlagSwitch } from './switch-flag.tsx'
import { usePicked } from './use-picked.ts'
import { type Choice, countsOf, type Order, shown, sorted, valuesOf } from './views.ts'
import { Views } from './list-views.tsx'

const CreateFlag = lazy(() => import('./create-flag.tsx'))
const Bulk = lazy(() => import('./bulk.tsx'))
const SaveView = lazy(() => import('./save-view.tsx'))
const rowHeight = 52
const narrowRowHeight = 92
const restMs = 300

export function FlagsPage() {
  const environment = useEnvironmentId()
  const query = useQuery(flagRowsQuery(environment))
  const canEdit = useMay('editor')
  const { button, open } = useCreating(words.create, (close) => <CreateFlag onClose={close} />)
  return (
    <div className={css['page']}>
      <div className={css['head']}>
        <h1>{words.title}</h1>
        {button}
      </div>
      <Loaded query={query} lines={12}>
        {({ flags }) =>
          flags.length === 0 ? (
            <Empty title={words.none}>{words.noneHint}</Empty>
          ) : (
            <List flags={flags} canEdit={canEdit} />
          )
        }
      </Loaded>
      {open}
    </div>
  )
}

function List({ flags, canEdit }: { flags: readonly FlagRow[]; canEdit: boolean }) {
  const environment = useEnvironmentId()
  const search = useSearch({ from: '/signed-in/environments/$environment/flags' })
  const { sort = 'changed', down = false, view = 'all' } = search
  const navigate = useNavigate()
  const { flip, dialog } = useFlagSwitch()
  const links = useFlagLinks(environment)
  const [text, setText] = useState(search.q ?? '')
  const q = useDeferredValue(text)
  const box = useRef<HTMLDivElement>(null)
  const isNarrow = useNarrow()
  const [now] = useState(Date.now)
  const [isSaving, setIsSaving] = useState(false)
  const saved = useSavedViews(environment)
  const current = saved.find(({ choice }) => isSameChoice(choice, search))

  const values = useMemo(() => valuesOf(flags), [flags])
  const counts = useMemo(() => countsOf(flags, now), [flags, now])
  const inOrder = useMemo(() => sorted(flags, sort, down), [flags, sort, down])
  const { type, tag, maintainer } = search
  const rows = useMemo(
    () => shown(inOrder, { q, view, ...definedOf({ type, tag, maintainer }) }, now),
    [inOrder, q, view, type, tag, maintainer, now],
  )
  const { picked, pick, pickAll, unpick } = usePicked(rows)
  const isTyping = q !== (search.q ?? '')
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => (isNarrow ? narrowRowHeight : rowHeight),
    // while somebody types, only what is seen is drawn: the rest comes when the address follows
    overscan: isTyping ? 1 : 12,
  })
  // rows of another height: a phone was turned
  useEffect(() => virtual.measure(), [virtual, isNarrow])

  const choose = (next: Partial<Record<keyof Choice, string | boolean | undefined>>) =>
    void navigate({ to: '.', search: (was) => ({ ...was, ...next }) as never, replace: true })
  // The address follows when typing rests: a navigation per key costs more than the search itself.
  const later = useRef<ReturnType<typeof setTimeout>>(undefined)
  const type_ = (value: string) => {
    setText(value)
    clearTimeout(later.current)
    later.current = setTimeout(() => choose({ q: value || undefined }), restMs)
  }
  const clear = () => {
    setText('')
    choose({ q: undefined, type: undefined, tag: undefined, maintainer: undefined })
  }
  const isFiltered = text !== '' || (type ?? tag ?? maintainer) !== undefined
  const head = (by: Order, title: string) => (
    <button
      type="button"
      aria-label={words.sortBy(title)}
      onClick={() => choose({ sort: by, down: sort === by && !down ? true : undefined })}
    >
      {title}
      {sort === by &&
        ((by === 'flag') === down ? <ArrowDown size={12} aria-hidden /> : <ArrowUp size={12} aria-hidden />)}
    </button>
  )
  const filter = (name: 'type' | 'tag' | 'maintainer', options: readonly string[]) =>
    options.length > 0 && (
      <InlineSelect
        label={words[name]}
        value={search[name] ?? ''}
        onChange={(event) => choose({ [name]: event.target.value || undefined })}
      >
        <option value="">{words.any(words[name])}</option>
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </InlineSelect>
    )

  return (
    <>
      <div>
        <Views
          environment={environment}
          flags={flags}
          now={now}
          view={view}
          saved={saved}
          current={current?.name}
          onText={setText}
        />
        <div className={css['bar']}>
          <label className={css['search']}>
            <Search size={14} aria-hidden />
            <input
              type="search"
              aria-label={words.search}
              placeholder={words.searchHint}
              value={text}
              onChange={(event) => type_(event.target.value)}
            />
          </label>
          {filter('type', values.types)}
          {filter('tag', values.tags)}
          {filter('maintainer', values.maintainers)}
          {isFiltered && (
            <Button look="ghost" small onClick={clear}>
              {words.clear}
            </Button>
          )}
          {(isFiltered || search.sort) && !current && (
            <Button look="ghost" small onClick={() => setIsSaving(true)}>
              <Bookmark size={13} aria-hidden />
              {words.saveView}
            </Button>
          )}
          <span className={css['count']} aria-live="polite">
            {words.count(rows.length, counts[view])}
          </span>
        </div>
      </div>
      <div
        ref={box}
        className={css['scroll']}
        role="table"
        aria-label={words.title}
        aria-rowcount={rows.length + 1}
        aria-busy={q !== text || undefined}
        tabIndex={-1}
      >
        <div className={css['cols']} role="row">
          <span role="columnheader" className={css['pick']}>
            <input
              type="checkbox"
              aria-label={words.pickAll}
              disabled={!canEdit || rows.length === 0}
              checked={picked.size > 0 && picked.size === rows.length}
              onChange={(event) => pickAll(event.target.checked)}
            />
          </span>
          <span role="columnheader">
            <span className="sr">{words.column.on}</span>
          </span>
          <span role="columnheader">{head('flag', words.column.flag)}</span>
          <span role="columnheader">{words.column.serves}</span>
          <span role="columnheader">{words.column.running}</span>
          <span role="columnheader" className={css['hide-m']}>
            {head('asked', words.column.asked)}
          </span>
          <span role="columnheader" className={css['hide-m']}>
            {head('changed', words.column.changed)}
          </span>
        </div>
        <div
          className={css['list']}
          role="rowgroup"
          data-typing={isTyping || undefined}
          style={{ height: virtual.getTotalSize() }}
          {...links}
        >
          {virtual.getVirtualItems().map(({ index, start }) => {
            const flag = rows[index]!
            return (
              <Row
                // while somebody types, rows are filled anew instead of made anew
                key={isTyping ? index : flag.key}
                flag={flag}
                environment={environment}
                top={start}
                index={index}
                canEdit={canEdit}
                onSwitch={flip}
                isPicked={picked.has(flag.key)}
                onPick={pick}
              />
            )
          })}
        </div>
        {rows.length === 0 && (
          <div className={join(css['none'])}>
            <Empty title={words.noneFit} action={<Button onClick={clear}>{words.clear}</Button>}>
              {words.noneFitHint}
            </Empty>
          </div>
        )}
      </div>
      {dialog}
      {picked.size > 0 && (
        <Suspense>
          <Bulk flags={flags.filter(({ key }) => picked.has(key))} onClose={unpick} />
        </Suspense>
      )}
      {isSaving && (
        <Suspense>
          <SaveView choice={search} onClose={() => setIsSaving(false)} />
        </Suspense>
      )}
    </>
  )
}

/** Without what is undefined. */
const definedOf = <T extends object>(values: T) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: NonNullable<T[Key]>
  }
