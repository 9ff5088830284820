// Webhooks and what was sent to them.
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { Webhook } from '../../../core/model/webhook.ts'
import type { WebhookWithHealth } from '../../../workers/control/api/notification-answers.ts'
import type { ChangeAnswer } from '../../../workers/control/api/shapes.ts'
import { ask, change, pathOf } from '../api/client.ts'
import { webhooksQuery } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { removeAction } from '../change/remove-action.ts'
import { type RowAction, RowActions } from '../change/row-actions.tsx'
import { ago, number } from '../messages/catalogue.ts'
import { common } from '../messages/common.ts'
import { setup } from '../messages/setup.ts'
import { ListPage } from '../pages/list-page.tsx'
import { Button } from '../ui/button.tsx'
import { Status } from '../ui/marks.tsx'
import { Ago } from '../ui/page.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { Deliveries } from './deliveries.tsx'
import { Overlap, type OverlapChoice, overlapsMs } from './overlap.tsx'
import { Secret } from './secret.tsx'
import css from './setup.module.css'
import { WebhookForm } from './webhook-form.tsx'

const { webhooks: words } = setup
const healthMarks = { unused: 'planned', ok: 'healthy', failing: 'failed' } as const

export default function WebhooksPage() {
  const environment = useEnvironmentId()
  const navigate = useNavigate()
  const { webhook: shown } = useSearch({ strict: false }) as { webhook?: string }
  const search = (next: { webhook?: string }) =>
    void navigate({ to: '.', search: next as never, replace: true })
  const [secret, setSecret] = useState('')
  const columns: Column<WebhookWithHealth>[] = [
    {
      title: words.columns.webhook,
      cell: ({ id, name, url, events }) => (
        <Named name={name || id}>
          {url} · {events.length === 0 ? words.everything : words.eventCount(events.length)}
        </Named>
      ),
    },
    {
      title: words.columns.health,
      cell: ({ disabled, health: { status, failingSince, lastError } }) =>
        disabled ? (
          <Status is="stopped">{setup.disabled}</Status>
        ) : (
          <Named name={<Status is={healthMarks[status]}>{words.health[status]}</Status>}>
            {status === 'failing' &&
              [failingSince !== undefined && words.failing(ago(failingSince, Date.now())), lastError]
                .filter(Boolean)
                .join(': ')}
          </Named>
        ),
    },
    {
      title: words.columns.last,
      cell: ({ health: { lastDeliveredAt } }) =>
        lastDeliveredAt === undefined ? words.never : <Ago time={lastDeliveredAt} />,
    },
    { title: words.columns.waiting, end: true, cell: ({ health }) => number(health.waiting) },
    { title: words.columns.dead, end: true, cell: ({ health }) => number(health.dead) },
    {
      title: setup.actions,
      quiet: true,
      cell: (webhook) => (
        <span className={css['fields']}>
          <Button
            small
            aria-label={`${words.show}: ${webhook.name || webhook.id}`}
            onClick={() => search({ webhook: webhook.id })}
          >
            {words.deliveries}
          </Button>
          <WebhookActions webhook={webhook} onSecret={setSecret} onRemoved={() => search({})} />
        </span>
      ),
    },
  ]
  return (
    <ListPage
      words={words}
      query={useQuery(webhooksQuery(environment))}
      form={(close) => (
        <WebhookForm
          onClose={close}
          onMade={(text) => {
            close()
            setSecret(text)
          }}
        />
      )}
      more={secret && <Secret title={words.secret} text={secret} onClose={() => setSecret('')} />}
    >
      {(webhooks) => (
        <div className={css['sections']}>
          <Table label={words.title} rows={webhooks} keyOf={({ id }) => id} columns={columns} />
          {shown !== undefined && (
            <Deliveries
              key={shown}
              webhookId={shown}
              name={webhooks.find(({ id }) => id === shown)?.name || shown}
            />
          )}
        </div>
      )}
    </ListPage>
  )
}

interface WebhookActionsProps {
  readonly webhook: WebhookWithHealth
  readonly onSecret: (secret: string) => void
  /** Before what was shown of it is read again. */
  readonly onRemoved: () => void
}

function WebhookActions({ webhook, onSecret, onRemoved }: WebhookActionsProps) {
  const { id, name, version, disabled, format = 'standard' } = webhook
  const path = pathOf(useEnvironmentId(), 'webhooks', id)
  const [overlap, setOverlap] = useState<OverlapChoice>('day')
  const shown = name || id
  const rotate: RowAction = {
    text: words.rotate,
    rare: true,
    hint: words.rotateHint,
    done: common.saved(shown),
    extra: <Overlap value={overlap} onChange={setOverlap} />,
    run: async ({ comment }) => {
      const answer = await ask<ChangeAnswer<Webhook> & { secret: string }>('POST', `${path}/rotate`, {
        comment,
        body: { overlapMs: overlapsMs[overlap] },
      })
      onSecret(answer.secret)
      return answer
    },
  }
  return (
    <RowActions
      label={shown}
      actions={[
        { text: common.edit, form: (close) => <WebhookForm webhook={webhook} onClose={close} /> },
        ...(format === 'standard' ? [rotate] : []),
        {
          text: disabled ? setup.enable : setup.disable,
          rare: true,
          done: common.saved(shown),
          run: ({ comment }) => change('PATCH', path, { comment, body: { disabled: !disabled } }),
        },
        removeAction({
          path,
          version,
          shown,
          rare: true,
          typedName: shown,
          onDone: async () => onRemoved(),
        }),
      ]}
    />
  )
}
