// How fast changes reached the edge, by revision.
import { useQuery } from '@tanstack/react-query'
import type { PropagationReport } from '../../../workers/control/api/report-answers.ts'
import { ask, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { number } from '../messages/catalogue.ts'
import { observe } from '../messages/observe.ts'
import { Ago, Section } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { type Column, Table } from '../ui/table.tsx'
import css from './observe.module.css'

const { propagation: words } = observe
const shownMax = 10
type Row = PropagationReport['revisions'][number]

export function Propagation() {
  const environment = useEnvironmentId()
  const query = useQuery({
    queryKey: [environment, 'propagation'],
    queryFn: () =>
      ask<PropagationReport>('GET', pathOf(environment, 'propagation'), { query: { limit: shownMax } }),
  })
  const seen = (ms: number | null) => (ms === null ? words.unseen : words.ms(ms))
  const columns: Column<Row>[] = [
    { title: words.revision, cell: ({ revision }) => number(revision) },
    { title: words.published, cell: ({ publishedAt }) => <Ago time={publishedAt} /> },
    { title: words.first, end: true, cell: ({ firstAfterMs }) => seen(firstAfterMs) },
    { title: words.most, end: true, cell: ({ mostAfterMs }) => seen(mostAfterMs) },
    { title: words.exposures, end: true, cell: ({ exposures }) => number(exposures) },
  ]
  return (
    <section>
      <Section title={words.title} hint={words.hint} />
      <Loaded query={query}>
        {({ revisions }) =>
          revisions.length === 0 ? (
            <p className={css['quiet']}>{words.none}</p>
          ) : (
            <Table
              label={words.title}
              rows={revisions}
              keyOf={({ revision }) => String(revision)}
              columns={columns}
            />
          )
        }
      </Loaded>
    </section>
  )
}
