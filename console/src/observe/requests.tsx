// What edge was asked, as Analytics Engine has it. Each look is a query that costs, so it is asked for.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { RequestReport } from '../../../workers/control/api/report-answers.ts'
import { pathOf, Refused } from '../api/client.ts'
import { readHours, type Window } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { HourBars } from '../charts/bars.tsx'
import { number } from '../messages/catalogue.ts'
import { figure } from '../messages/figures.ts'
import { requests as words } from '../messages/requests.ts'
import { Button } from '../ui/button.tsx'
import { Status } from '../ui/marks.tsx'
import { Note, Section } from '../ui/page.tsx'
import { Loaded, sentence } from '../ui/states.tsx'
import { type Column, Table } from '../ui/table.tsx'
import css from './observe.module.css'
import { hoursOf, isAnswered, type Total, totalsOf } from './request-totals.ts'

interface RequestsProps {
  readonly window: Window
  /** Epoch milliseconds, of the bars. */
  readonly from: number
  readonly to: number
}

export function Requests({ window, from, to }: RequestsProps) {
  const environment = useEnvironmentId()
  const [isAsked, setIsAsked] = useState(false)
  const query = useQuery({
    queryKey: [environment, 'requests', window],
    enabled: isAsked,
    queryFn: () => readHours<RequestReport>(pathOf(environment, 'requests'), window),
  })
  return (
    <section>
      <Section title={words.title} hint={words.hint}>
        {!isAsked && (
          <Button small onClick={() => setIsAsked(true)}>
            {words.ask}
          </Button>
        )}
      </Section>
      {!isAsked ? (
        <p className={css['quiet']}>{words.askHint}</p>
      ) : query.error instanceof Refused && query.error.code !== 'UNREACHABLE' ? (
        <Note tone="info">{sentence(query.error.message)}</Note>
      ) : (
        <Loaded query={query} lines={3}>
          {(report) => <Report report={report} from={from} to={to} />}
        </Loaded>
      )}
    </section>
  )
}

function Report({
  report: { hours, isSampled },
  from,
  to,
}: { report: RequestReport } & Omit<RequestsProps, 'window'>) {
  if (hours.length === 0) return <p className={css['quiet']}>{words.none}</p>
  const columns: Column<Total>[] = [
    { title: words.protocol, cell: ({ protocol }) => protocol },
    {
      title: words.outcome,
      cell: (total) => <Status is={isAnswered(total) ? 'healthy' : 'failed'}>{total.outcome}</Status>,
    },
    { title: words.requests, end: true, cell: ({ requests }) => number(Math.round(requests)) },
    { title: words.decisions, end: true, cell: ({ decisions }) => number(Math.round(decisions)) },
    { title: words.p95, end: true, cell: ({ p95Ms }) => words.ms(figure(p95Ms)) },
    { title: words.stale, end: true, cell: ({ staleMs }) => words.ms(figure(Math.round(staleMs))) },
  ]
  return (
    <div className={css['intake']}>
      <HourBars
        label={words.label}
        hours={hoursOf(hours).map(({ hour, answered, refused }) => ({
          hour,
          parts: [
            { id: 'answered', count: answered },
            { id: 'refused', count: refused, failed: true },
          ],
        }))}
        from={from}
        to={to}
      />
      {isSampled && <Note tone="info">{words.sampled}</Note>}
      <Table
        label={words.title}
        rows={totalsOf(hours)}
        keyOf={({ protocol, outcome }) => `${protocol} ${outcome}`}
        columns={columns}
      />
    </div>
  )
}
