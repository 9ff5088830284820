// The history of a flag: who, when, why and what, field by field; back to any of it; any two compared.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { RotateCcw } from 'lucide-react'
import { useState } from 'react'
import type { FlagHistoryEntry } from '../../../workers/control/api/flag-answers.ts'
import type { Flag } from '../../../core/model/flag.ts'
import { ask, change, pathOf } from '../api/client.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { ConfirmChange } from '../change/confirm-change.tsx'
import { flag as words } from '../messages/flag.ts'
import { Button } from '../ui/button.tsx'
import { InlineSelect } from '../ui/fields.tsx'
import { Ago, Section } from '../ui/page.tsx'
import { Loaded, Loading } from '../ui/states.tsx'
import { describe } from './describe.ts'
import css from './detail.module.css'
import { DiffList } from './diff-list.tsx'
import list from './history.module.css'
import { comparedOf } from './compared.ts'
import { useFlag } from './use-flag.ts'

interface Page {
  readonly history: readonly FlagHistoryEntry[]
  readonly nextCursor?: string
}

const pageSize = 30

export default function FlagHistory() {
  const environment = useEnvironmentId()
  const flag = useFlag()
  const query = useInfiniteQuery({
    queryKey: [environment, 'flag-history', flag.key],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ask<Page>('GET', pathOf(environment, 'flags', flag.key, 'history'), {
        query: { limit: pageSize, cursor: pageParam || undefined },
      }),
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
  const [back, setBack] = useState<number>()
  const canEdit = useMay('editor')
  return (
    <div className={`${css['work']} ${css['narrow']}`}>
      <Loaded query={{ ...query, data: query.data?.pages.flatMap(({ history }) => history) }}>
        {(entries) => (
          <>
            {entries.length > 1 && <Compare entries={entries} flag={flag} />}
            <section>
              <Section title={words.tabs.history} hint={words.history.hint} />
              <ol className={list['entries']}>
                {entries.map((entry, i) => (
                  <Entry
                    key={entry.number}
                    entry={entry}
                    flag={flag}
                    {...(i > 0 && canEdit && { onBack: () => setBack(entry.number) })}
                  />
                ))}
              </ol>
              {query.hasNextPage && (
                <Button onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
                  {words.history.older}
                </Button>
              )}
            </section>
          </>
        )}
      </Loaded>
      {back !== undefined && (
        <ConfirmChange
          title={words.history.rollBackTitle(back)}
          verb={words.history.rollBack}
          done={words.history.rolledBack(back)}
          version={flag.version}
          notesLead={words.history.notesLead}
          run={(asked) =>
            change<Flag>('POST', pathOf(environment, 'flags', flag.key, 'rollback'), {
              body: { revision: back },
              ...asked,
            })
          }
          onClose={() => setBack(undefined)}
        >
          <p>{words.history.rollBackHint}</p>
        </ConfirmChange>
      )}
    </div>
  )
}

interface EntryProps {
  readonly entry: FlagHistoryEntry
  readonly flag: Flag
  readonly onBack?: () => void
}

function Entry({ entry: { number, createdAt, actor, comment, diff }, flag, onBack }: EntryProps) {
  const [isWhole] = diff
  const isCreation = diff.length === 1 && isWhole?.path === '' && (isWhole.before ?? undefined) === undefined
  const lines = isCreation ? [] : describe(diff, flag)
  return (
    <li>
      <header>
        <b>{words.history.revision(number)}</b>
        <span>
          {actor.name}, <Ago time={createdAt} />
        </span>
        {onBack && (
          <Button small look="ghost" onClick={onBack}>
            <RotateCcw size={13} aria-hidden />
            {words.history.rollBack}
          </Button>
        )}
      </header>
      {comment && <p className={list['comment']}>{comment}</p>}
      {isCreation ? <p>{words.history.created}</p> : <DiffList lines={lines} />}
    </li>
  )
}

/** Any two of the revisions that changed the flag. */
function Compare({ entries, flag }: { entries: readonly FlagHistoryEntry[]; flag: Flag }) {
  const [newest, previous] = entries
  const [from, setFrom] = useState(previous!.number)
  const [to, setTo] = useState(newest!.number)
  const environment = useEnvironmentId()
  const query = useQuery({
    queryKey: [environment, 'flag-compared', flag.key, from, to],
    queryFn: () => comparedOf(environment, flag.key, from, to),
  })
  const options = entries.map(({ number }) => (
    <option key={number} value={number}>
      {words.history.revision(number)}
    </option>
  ))
  return (
    <section>
      <Section title={words.history.compare}>
        <span className={list['compare']}>
          <InlineSelect
            label={words.history.compareFrom}
            value={from}
            onChange={(event) => setFrom(Number(event.target.value))}
          >
            {options}
          </InlineSelect>
          →
          <InlineSelect
            label={words.history.compareTo}
            value={to}
            onChange={(event) => setTo(Number(event.target.value))}
          >
            {options}
          </InlineSelect>
        </span>
      </Section>
      {query.isPending && !query.error ? (
        <Loading lines={2} />
      ) : (
        <Loaded query={query}>
          {({ differences, after }) => {
            const lines = describe(differences, after ?? flag)
            return lines.length > 0 ? <DiffList lines={lines} /> : <p>{words.history.nothing}</p>
          }}
        </Loaded>
      )}
    </section>
  )
}
