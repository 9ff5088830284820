// Ctrl-K: flags, pages, environments and actions in one list. A native dialog and a listbox.
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ArrowRight, Boxes, CornerDownLeft, Flag, type LucideIcon, Plus, Search } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { environmentsQuery, flagRowsQuery } from '../api/queries.ts'
import { toAddress } from '../flags/key-in-address.ts'
import { frame } from '../messages/frame.ts'
import { palette as words } from '../messages/palette.ts'
import menu from '../ui/menu.module.css'
import css from './frame.module.css'
import { navigation } from './navigation.ts'

interface Entry {
  readonly group: string
  readonly text: string
  readonly hint?: string
  readonly icon: LucideIcon
  /** Where it leads. */
  readonly to: string
}

const flagsMax = 8

const actions = [
  { text: words.flags, path: 'flags?create=true' },
  { text: words.segments, path: 'segments?create=true' },
  { text: words.experiments, path: 'experiments?create=true' },
  { text: words.goals, path: 'goals?create=true' },
  { text: words.rollouts, path: 'operations?create=rollouts' },
  { text: words.switches, path: 'operations?create=switches' },
  { text: words.schedules, path: 'operations?create=schedules' },
  { text: words.triggers, path: 'operations?create=triggers' },
  { text: words.webhooks, path: 'webhooks?create=true' },
  { text: words.transfer, path: 'transfer' },
  { text: words.stale, path: 'flags?view=quiet' },
]

export default function Palette({ environment, onClose }: { environment: string; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const { data: rows } = useQuery(flagRowsQuery(environment))
  const { data: environments } = useQuery(environmentsQuery())
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal()
  }, [])
  useEffect(() => {
    dialog.current?.querySelector(`#found-${at}`)?.scrollIntoView({ block: 'nearest' })
  }, [at])

  const entries = useMemo(() => {
    const parts = text.toLowerCase().split(' ').filter(Boolean)
    const fits = (line: string) => parts.every((part) => line.toLowerCase().includes(part))
    const base = `/environments/${encodeURIComponent(environment)}`
    const found: Entry[] = (rows?.flags ?? [])
      .filter(({ key, name, archived }) => !archived && fits(`${key} ${name}`))
      .slice(0, flagsMax)
      .map(({ key, name }) => ({
        group: frame.groups.flags,
        text: name || key,
        ...(name && { hint: key }),
        icon: Flag,
        to: `${base}/flags/${encodeURIComponent(toAddress(key))}`,
      }))
    const fixed: Entry[] = [
      ...actions.map(({ text, path }) => ({
        group: frame.groups.actions,
        text,
        icon: Plus,
        to: `${base}/${path}`,
      })),
      ...navigation.flatMap(({ items }) =>
        items.map(({ path, text, icon }) => ({
          group: frame.groups.pages,
          text,
          icon,
          to: `${base}/${path}`,
        })),
      ),
      ...(environments ?? [])
        .filter(({ id, archived }) => id !== environment && !archived)
        .map(({ id, name }) => ({
          group: frame.groups.environments,
          text: name || id,
          hint: id,
          icon: Boxes,
          to: `/environments/${encodeURIComponent(id)}/flags`,
        })),
    ]
    return [...found, ...fixed.filter((entry) => fits(`${entry.text} ${entry.hint ?? ''}`))]
  }, [text, rows, environments, environment])

  const run = (entry: Entry | undefined) => {
    if (entry) void navigate({ href: entry.to })
    onClose()
  }
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt((was) => Math.min(was + 1, entries.length - 1))
    else if (event.key === 'ArrowUp') setAt((was) => Math.max(was - 1, 0))
    else if (event.key === 'Enter') run(entries[at])
    else return
    event.preventDefault()
  }
  return (
    <dialog
      ref={dialog}
      className={css['palette']}
      onClose={onClose}
      aria-label={frame.search}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className={css['palette-input']}>
        <Search size={16} aria-hidden />
        <input
          autoFocus
          value={text}
          placeholder={frame.searchHint}
          aria-label={frame.search}
          role="combobox"
          aria-expanded
          aria-controls="found"
          aria-activedescendant={entries.length > 0 ? `found-${at}` : undefined}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            setText(event.target.value)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
        />
        <kbd>Esc</kbd>
      </div>
      <div className={css['palette-list']} role="listbox" id="found" aria-label={frame.found}>
        {entries.map((entry, index) => (
          <div key={`${entry.group} ${entry.to}`} role="presentation">
            {entry.group !== entries[index - 1]?.group && (
              <p className={menu['popup-title']} role="presentation">
                {entry.group}
              </p>
            )}
            <div
              role="option"
              id={`found-${index}`}
              aria-selected={index === at}
              data-highlighted={index === at || undefined}
              className={menu['item']}
              onPointerMove={() => setAt(index)}
              onClick={() => run(entry)}
            >
              <entry.icon size={15} aria-hidden />
              <span>{entry.text}</span>
              <small>{entry.hint}</small>
            </div>
          </div>
        ))}
      </div>
      {entries.length === 0 && <p className={css['nothing']}>{frame.nothingFound}</p>}
      <div className={css['palette-foot']}>
        <span>
          <kbd>↑</kbd>
          <kbd>↓</kbd> {frame.move}
        </span>
        <span>
          <CornerDownLeft size={12} aria-hidden /> {frame.open}
        </span>
        <span>
          <ArrowRight size={12} aria-hidden /> {frame.within(environment)}
        </span>
      </div>
    </dialog>
  )
}
