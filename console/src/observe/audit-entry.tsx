// One change of an audit trail: what, who, when and why; in full when it is opened.
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { RotateCcw } from 'lucide-react'
import { useState } from 'react'
import type { AuditDetail, AuditEntry as Entry } from '../../../workers/control/api/shapes.ts'
import { ask } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { Plan } from '../change/plan.tsx'
import { number } from '../messages/catalogue.ts'
import { flag as words } from '../messages/flag.ts'
import { observe } from '../messages/observe.ts'
import { Button } from '../ui/button.tsx'
import { Ago } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import css from './audit-entry.module.css'
import { sentenceOf } from './audit-filters.tsx'
import { type AuditTrail, changesOf } from './audit-trail.ts'

interface AuditEntryProps {
  readonly trail: AuditTrail
  readonly entry: Entry
  readonly onBack?: () => void
}

export function AuditEntry({ trail, entry, onBack }: AuditEntryProps) {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <li>
      <b>{number(entry.number)}</b>
      <span className={css['what']}>
        <button type="button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          {sentenceOf(entry.kind)}
        </button>{' '}
        <Entities entry={entry} />
        {entry.comment && <span className={css['comment']}>{entry.comment}</span>}
      </span>
      <span className={css['who']}>
        {entry.actor.name}
        <small>
          <Ago time={entry.createdAt} />
        </small>
      </span>
      {onBack ? (
        <Button look="ghost" small onClick={onBack}>
          <RotateCcw size={13} aria-hidden />
          {words.history.rollBack}
        </Button>
      ) : (
        <span />
      )}
      {isOpen && <InFull trail={trail} number={entry.number} />}
    </li>
  )
}

/** What the API tells of an entry never changes. */
function InFull({ trail: { path }, number: entry }: { trail: AuditTrail; number: number }) {
  const query = useQuery({
    queryKey: [path, entry],
    staleTime: Infinity,
    queryFn: () => ask<AuditDetail>('GET', `${path}/${entry}`),
  })
  return (
    <div className={css['full']}>
      <Loaded query={query} lines={2}>
        {(detail) => {
          const changes = changesOf(detail)
          return changes.length === 0 ? <p>{observe.audit.noEntity}</p> : <Plan changes={changes} />
        }}
      </Loaded>
    </div>
  )
}

function Entities({ entry: { entities, entityCount } }: { entry: Entry }) {
  const environment = useEnvironmentId()
  const shown = entities.slice(0, 3)
  return (
    <>
      {shown.map(({ kind, id }) =>
        kind === 'flag' ? (
          <Link
            key={`${kind} ${id}`}
            to="/environments/$environment/flags/$flag/history"
            params={{ environment, flag: id }}
          >
            <code>{id}</code>
          </Link>
        ) : (
          <code key={`${kind} ${id}`}>{id}</code>
        ),
      )}
      {entityCount > shown.length && ` + ${number(entityCount - shown.length)}`}
    </>
  )
}
