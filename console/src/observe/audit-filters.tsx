// The filters of the audit log, in the address, and its export.
import { useNavigate } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { askText } from '../api/client.ts'
import { observe } from '../messages/observe.ts'
import { Button } from '../ui/button.tsx'
import { dayEnd } from '../ui/field-text.ts'
import { SelectField, TextField } from '../ui/fields.tsx'
import { saveFile } from '../ui/save-file.ts'
import { useNarrow } from '../ui/use-narrow.ts'
import css from './audit-filters.module.css'
import type { AuditTrail } from './audit-trail.ts'

const { audit: words } = observe

/** Days are those of the viewer: `2026-11-29`. */
export interface AuditFilter {
  /** Whose trail; absent: the environment's. */
  readonly of?: 'organisation'
  readonly actor?: string
  readonly kind?: string
  readonly entity?: string
  readonly from?: string
  readonly to?: string
}

/** Who changed something: a member or a token. */
export interface Actor {
  readonly id: string
  readonly name: string
}

/** As the API takes it: times, and the end after the last day. */
export const queryOf = ({ actor, kind, entity, from, to }: AuditFilter) => ({
  actor,
  kind,
  entity,
  from: from ? Date.parse(`${from}T00:00`) : undefined,
  to: to ? dayEnd(to) : undefined,
})

/** `update-flag` as `Update flag`. */
export const sentenceOf = (kind: string) =>
  `${kind.charAt(0).toUpperCase()}${kind.slice(1).replaceAll('-', ' ')}`

interface AuditFiltersProps {
  readonly trail: AuditTrail
  readonly filter: AuditFilter
  readonly actors: readonly Actor[]
}

export function AuditFilters({ trail, filter, actors }: AuditFiltersProps) {
  const navigate = useNavigate()
  const isNarrow = useNarrow()
  const [isOpen, setIsOpen] = useState(false)
  const [typed, setTyped] = useState(filter)
  const [entityKind = '', ...id] = typed.entity?.split(':') ?? []
  const entityId = id.join(':')
  const set = (next: AuditFilter) => setTyped((was) => ({ ...was, ...next }))
  const go = (next: AuditFilter) => {
    const search = Object.fromEntries(
      Object.entries(next).filter(([, value]) => value && !value.endsWith(':')),
    )
    void navigate({ to: '.', search: search as never, replace: true })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    go(typed)
  }
  const active = [filter.actor, filter.kind, filter.entity, filter.from, filter.to].filter(Boolean).length
  const form = (
    <form className={css['filters']} aria-label={words.filters} onSubmit={submit}>
      <SelectField
        label={words.what}
        value={entityKind}
        onChange={({ target: { value } }) => set({ entity: value && `${value}:${entityId}` })}
      >
        <option value="">{words.anything}</option>
        {Object.entries(trail.kinds).map(([kind, text]) => (
          <option key={kind} value={kind}>
            {text}
          </option>
        ))}
      </SelectField>
      <TextField
        label={words.key}
        mono
        value={entityId}
        // keys are only unique among their kind
        disabled={entityKind === ''}
        onChange={(event) => set({ entity: `${entityKind}:${event.target.value.trim()}` })}
      />
      <SelectField
        label={words.kind}
        value={typed.kind ?? ''}
        onChange={(event) => set({ kind: event.target.value })}
      >
        <option value="">{words.any}</option>
        {trail.commands.map((kind) => (
          <option key={kind} value={kind}>
            {sentenceOf(kind)}
          </option>
        ))}
      </SelectField>
      <SelectField
        label={words.who}
        value={typed.actor ?? ''}
        onChange={(event) => set({ actor: event.target.value })}
      >
        <option value="">{words.anybody}</option>
        {actors.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <TextField
        label={words.from}
        type="date"
        value={typed.from ?? ''}
        onChange={(event) => set({ from: event.target.value })}
      />
      <TextField
        label={words.to}
        type="date"
        value={typed.to ?? ''}
        onChange={(event) => set({ to: event.target.value })}
      />
      <Button type="submit">{words.apply}</Button>
      {active > 0 && (
        <Button look="ghost" onClick={() => go(filter.of ? { of: filter.of } : {})}>
          {words.clear}
        </Button>
      )}
    </form>
  )
  if (!isNarrow) return form
  return (
    <details className={css['fold']} open={isOpen} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>{words.filterBy(active)}</summary>
      {form}
    </details>
  )
}

/** All entries that fit, in full, one per line of JSON. */
export function ExportAudit({ trail, filter }: { trail: AuditTrail; filter: AuditFilter }) {
  const [isBusy, setIsBusy] = useState(false)
  const save = async () => {
    setIsBusy(true)
    const text = await askText('GET', trail.path, {
      query: queryOf(filter),
      headers: { accept: 'application/x-ndjson' },
    }).finally(() => setIsBusy(false))
    saveFile(`audit-${trail.name}.ndjson`, new Blob([text], { type: 'application/x-ndjson' }))
  }
  return (
    <Button disabled={isBusy} onClick={() => void save()}>
      <Download size={14} aria-hidden />
      {words.export}
    </Button>
  )
}
