// The filters of the audit log, in the address, and its export.
import { useNavigate } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { askText, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { observe } from '../messages/observe.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/fields.tsx'
import css from './audit-filters.module.css'

const { audit: words } = observe

/** Days are those of the viewer: `2026-11-29`. */
export interface AuditFilter {
  readonly actor?: string
  readonly kind?: string
  readonly entity?: string
  readonly from?: string
  readonly to?: string
}

const dayMs = 86_400_000

/** As the API takes it: times, and the end after the last day. */
export const queryOf = ({ actor, kind, entity, from, to }: AuditFilter) => ({
  actor,
  kind,
  entity,
  from: from ? Date.parse(`${from}T00:00`) : undefined,
  to: to ? Date.parse(`${to}T00:00`) + dayMs : undefined,
})

export function AuditFilters({ filter }: { filter: AuditFilter }) {
  const navigate = useNavigate()
  const [typed, setTyped] = useState(filter)
  const set = (next: AuditFilter) => setTyped((was) => ({ ...was, ...next }))
  const go = (next: AuditFilter) => {
    const search = Object.fromEntries(Object.entries(next).filter(([, value]) => value))
    void navigate({ to: '.', search: search as never, replace: true })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    go(typed)
  }
  return (
    <form className={css['filters']} aria-label={words.filters} onSubmit={submit}>
      <TextField
        label={words.entity}
        mono
        value={typed.entity ?? ''}
        onChange={(event) => set({ entity: event.target.value })}
      />
      <TextField
        label={words.kind}
        mono
        value={typed.kind ?? ''}
        onChange={(event) => set({ kind: event.target.value })}
      />
      <TextField
        label={words.who}
        mono
        value={typed.actor ?? ''}
        onChange={(event) => set({ actor: event.target.value })}
      />
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
      {Object.values(filter).some(Boolean) && (
        <Button look="ghost" onClick={() => go({})}>
          {words.clear}
        </Button>
      )}
    </form>
  )
}

/** All entries that fit, in full, one per line of JSON. */
export function ExportAudit({ filter }: { filter: AuditFilter }) {
  const environment = useEnvironmentId()
  const [isBusy, setIsBusy] = useState(false)
  const save = async () => {
    setIsBusy(true)
    const text = await askText('GET', pathOf(environment, 'audit'), {
      query: queryOf(filter),
      headers: { accept: 'application/x-ndjson' },
    }).finally(() => setIsBusy(false))
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }))
    link.download = `audit-${environment}.ndjson`
    link.click()
    URL.revokeObjectURL(link.href)
  }
  return (
    <Button disabled={isBusy} onClick={() => void save()}>
      <Download size={14} aria-hidden />
      {words.export}
    </Button>
  )
}
