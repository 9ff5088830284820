// What was sent to a webhook and what came of it; a test, and sending again.
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Delivery } from '../../../workers/control/api/notification-answers.ts'
import { ask, pathOf } from '../api/client.ts'
import { liveMs } from '../api/entities.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { queries } from '../api/queries.ts'
import { common } from '../messages/common.ts'
import { flag } from '../messages/flag.ts'
import { setup } from '../messages/setup.ts'
import { Button } from '../ui/button.tsx'
import { Status } from '../ui/marks.tsx'
import type { State } from '../ui/state.ts'
import { Ago, Section } from '../ui/page.tsx'
import { Loaded, Refusal } from '../ui/states.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { toast } from '../ui/toasts.tsx'
import css from './setup.module.css'

const { webhooks: words } = setup
const { columnsOfDeliveries: titles } = words
const pageSize = 25
const marks: Record<Delivery['state'], State> = {
  waiting: 'planned',
  delivered: 'healthy',
  dead: 'failed',
  cancelled: 'stopped',
}

interface DeliveryPage {
  readonly deliveries: readonly Delivery[]
  readonly nextCursor?: string
}

interface DeliveriesProps {
  readonly webhookId: string
  /** What people call it. */
  readonly name: string
}

export function Deliveries({ webhookId, name }: DeliveriesProps) {
  const environment = useEnvironmentId()
  const canEdit = useMay('editor')
  const [error, setError] = useState<unknown>()
  const path = pathOf(environment, 'webhooks', webhookId)
  const query = useInfiniteQuery({
    queryKey: [environment, 'deliveries', webhookId],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ask<DeliveryPage>('GET', `${path}/deliveries`, {
        query: { limit: pageSize, cursor: pageParam || undefined },
      }),
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: liveMs,
  })
  const send = async (to: string, text: string) => {
    try {
      await ask('POST', to)
      toast({ text })
      setError(undefined)
      await queries.invalidateQueries({ queryKey: [environment, 'deliveries', webhookId] })
    } catch (cause) {
      setError(cause)
    }
  }
  const role = canEdit ? {} : { disabled: true, title: common.needsRole(common.roleEditor) }
  const columns: Column<Delivery>[] = [
    { title: titles.delivery, cell: ({ id, type }) => <Named name={type}>{id}</Named> },
    {
      title: titles.state,
      cell: ({ state }) => <Status is={marks[state]}>{words.states[state]}</Status>,
    },
    { title: titles.tries, end: true, cell: ({ attempts }) => words.tries(attempts) },
    {
      title: titles.answer,
      cell: ({ lastStatus, lastError }) => [lastStatus, lastError].filter(Boolean).join(' '),
    },
    { title: titles.when, cell: ({ createdAt }) => <Ago time={createdAt} /> },
    {
      title: setup.actions,
      quiet: true,
      cell: ({ id, type }) => (
        <Button
          small
          {...role}
          aria-label={`${words.redeliver}: ${type} ${id}`}
          onClick={() =>
            void send(`${path}/deliveries/${encodeURIComponent(id)}/redeliver`, words.redelivered)
          }
        >
          {words.redeliver}
        </Button>
      ),
    },
  ]
  return (
    <section>
      <Section title={`${words.deliveries}: ${name}`} hint={words.deliveriesHint}>
        <Button
          small
          {...role}
          title={words.testHint}
          onClick={() => void send(`${path}/test`, words.tested)}
        >
          {words.test}
        </Button>
      </Section>
      {error !== undefined && <Refusal error={error} />}
      <Loaded query={{ ...query, data: query.data?.pages.flatMap(({ deliveries }) => deliveries) }}>
        {(deliveries) =>
          deliveries.length === 0 ? (
            <p className={css['quiet']}>{words.noDeliveries}</p>
          ) : (
            <Table label={words.deliveries} rows={deliveries} keyOf={({ id }) => id} columns={columns} />
          )
        }
      </Loaded>
      {query.hasNextPage && (
        <Button onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
          {flag.history.older}
        </Button>
      )}
    </section>
  )
}
