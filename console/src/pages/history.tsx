// Every change of an environment, newest first, and the way back to any state of it.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { RotateCcw } from 'lucide-react'
import { useState } from 'react'
import type { AuditEntry } from '../../../workers/control/api/shapes.ts'
import { ask, change, pathOf } from '../api/client.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { ConfirmChange } from '../change/confirm-change.tsx'
import { number } from '../messages/catalogue.ts'
import { observe } from '../messages/observe.ts'
import { flag as words } from '../messages/flag.ts'
import { Button } from '../ui/button.tsx'
import { Ago, Page } from '../ui/page.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import {
  type Actor,
  type AuditFilter,
  AuditFilters,
  ExportAudit,
  queryOf,
  sentenceOf,
} from '../observe/audit-filters.tsx'
import { membersQuery, tokensQuery, useOrganisation } from '../setup/organisation.ts'
import css from './history.module.css'

const { history } = words
const pageSize = 50

interface Entries {
  readonly entries: readonly AuditEntry[]
  readonly nextCursor?: string
}

export default function HistoryPage() {
  const environment = useEnvironmentId()
  const canEdit = useMay('editor')
  const [back, setBack] = useState<number>()
  const filter = useSearch({ strict: false }) as AuditFilter
  const isFiltered = Object.values(filter).some(Boolean)
  const query = useInfiniteQuery({
    queryKey: [environment, 'history', filter],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ask<Entries>('GET', pathOf(environment, 'audit'), {
        query: { ...queryOf(filter), limit: pageSize, cursor: pageParam || undefined },
      }),
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
  return (
    <Page
      title={history.environment}
      lead={history.environmentLead}
      actions={<ExportAudit filter={filter} />}
    >
      <AuditFilters
        key={JSON.stringify(filter)}
        filter={filter}
        actors={useActors(query.data?.pages.flatMap(({ entries }) => entries) ?? [], filter.actor)}
      />
      <Loaded query={{ ...query, data: query.data?.pages.flatMap(({ entries }) => entries) }} lines={10}>
        {(entries) =>
          entries.length === 0 ? (
            <Empty title={observe.audit.none} />
          ) : (
            <ol className={css['entries']}>
              {entries.map((entry, i) => (
                <Entry
                  key={entry.number}
                  entry={entry}
                  {...(canEdit && (i > 0 || isFiltered) && { onBack: () => setBack(entry.number) })}
                />
              ))}
            </ol>
          )
        }
      </Loaded>
      {query.hasNextPage && (
        <Button onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
          {history.older}
        </Button>
      )}
      {back !== undefined && (
        <ConfirmChange
          title={history.rollBackTitle(back)}
          verb={history.rollBackAll}
          done={history.rolledBack(back)}
          typedName={environment}
          run={({ comment, experiment }) =>
            change('POST', pathOf(environment, 'rollback'), {
              body: { revision: back },
              comment,
              experiment,
            })
          }
          onClose={() => setBack(undefined)}
        >
          <p>{history.rollBackAllHint}</p>
        </ConfirmChange>
      )}
    </Page>
  )
}

/** Who can be chosen: members and tokens, for those who see them, and whoever changed what is shown. */
function useActors(shown: readonly AuditEntry[], chosen: string | undefined): readonly Actor[] {
  const { id = '', isAdmin = false } = useOrganisation() ?? {}
  const { data: members = [] } = useQuery({ ...membersQuery(id), enabled: isAdmin })
  const { data: tokens = [] } = useQuery({ ...tokensQuery(id), enabled: isAdmin })
  const names = new Map(chosen === undefined ? [] : [[chosen, chosen]])
  for (const { actor } of shown) names.set(actor.id, actor.name)
  for (const member of members) names.set(member.id, member.name || member.email)
  for (const token of tokens) names.set(token.id, token.name)
  return [...names].map(([actor, name]) => ({ id: actor, name })).toSorted(byName)
}
const byName = (a: Actor, b: Actor) => a.name.localeCompare(b.name)

interface EntryProps {
  readonly entry: AuditEntry
  readonly onBack?: () => void
}

const Entry = ({ entry, onBack }: EntryProps) => (
  <li>
    <b>{number(entry.number)}</b>
    <span className={css['what']}>
      {sentenceOf(entry.kind)} <Entities entry={entry} />
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
        {history.rollBack}
      </Button>
    ) : (
      <span />
    )}
  </li>
)

function Entities({ entry: { entities, entityCount } }: { entry: AuditEntry }) {
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
