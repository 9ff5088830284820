// Every change of an environment, newest first, and the way back to any state of it; for admins, every change
// of its organisation too.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { AuditEntry } from '../../../workers/control/api/shapes.ts'
import { ask, change, pathOf } from '../api/client.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { ConfirmChange } from '../change/confirm-change.tsx'
import { common } from '../messages/common.ts'
import { observe } from '../messages/observe.ts'
import { flag as words } from '../messages/flag.ts'
import { Button } from '../ui/button.tsx'
import { Segmented } from '../ui/fields.tsx'
import { Note, Page } from '../ui/page.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { AuditEntry as Entry } from '../observe/audit-entry.tsx'
import css from '../observe/audit-entry.module.css'
import {
  type Actor,
  type AuditFilter,
  AuditFilters,
  ExportAudit,
  queryOf,
} from '../observe/audit-filters.tsx'
import { environmentTrail, organisationTrail } from '../observe/audit-trail.ts'
import { membersQuery, tokensQuery, useOrganisation } from '../setup/organisation.ts'

const { history } = words
const pageSize = 50

interface Entries {
  readonly entries: readonly AuditEntry[]
  readonly nextCursor?: string
}

export default function HistoryPage() {
  const environment = useEnvironmentId()
  const navigate = useNavigate()
  const canEdit = useMay('editor')
  const organisation = useOrganisation()
  const [back, setBack] = useState<number>()
  const search = useSearch({ strict: false }) as AuditFilter
  const { of = 'environment', ...filter } = search
  const isOrganisation = of === 'organisation'
  const trail = isOrganisation ? organisationTrail(organisation?.id ?? '') : environmentTrail(environment)
  const isFiltered = Object.values(filter).some(Boolean)
  const isRefused = isOrganisation && organisation?.isAdmin === false
  const query = useInfiniteQuery({
    queryKey: [isOrganisation ? '' : environment, 'history', trail.path, filter],
    enabled: !isOrganisation || organisation?.isAdmin === true,
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ask<Entries>('GET', trail.path, {
        query: { ...queryOf(filter), limit: pageSize, cursor: pageParam || undefined },
      }),
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
  return (
    <Page
      title={history.environment}
      lead={isOrganisation ? observe.audit.organisationLead : history.environmentLead}
      actions={!isRefused && <ExportAudit trail={trail} filter={filter} />}
    >
      <p className={css['trail']}>
        <Segmented
          label={observe.audit.trail}
          value={of}
          options={observe.audit.trails}
          onChange={(next) =>
            void navigate({
              to: '.',
              search: (next === 'organisation' ? { of: next } : {}) as never,
              replace: true,
            })
          }
        />
      </p>
      {isRefused ? (
        <Note tone="info">{common.needsRole(common.roleAdmin)}</Note>
      ) : (
        <>
          <AuditFilters
            key={JSON.stringify(search)}
            trail={trail}
            filter={search}
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
                      trail={trail}
                      entry={entry}
                      {...(canEdit &&
                        !isOrganisation &&
                        (i > 0 || isFiltered) && { onBack: () => setBack(entry.number) })}
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
        </>
      )}
      {back !== undefined && (
        <ConfirmChange
          title={history.rollBackTitle(back)}
          verb={history.rollBackAll}
          done={history.rolledBack(back)}
          typedName={environment}
          notesLead={history.notesLead}
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
