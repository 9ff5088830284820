// Creates a webhook: where to, in which format, of what.
import { useState } from 'react'
import { notificationKinds } from '../../../core/model/notification-kind.ts'
import type { Webhook } from '../../../core/model/webhook.ts'
import type { ChangeAnswer } from '../../../workers/control/api/shapes.ts'
import { ask, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { setup } from '../messages/setup.ts'
import { Checkbox, SelectField, TextField } from '../ui/fields.tsx'
import css from './setup.module.css'

const { webhooks: words } = setup
type Made = ChangeAnswer<Webhook> & { readonly secret: string }

interface WebhookFormProps {
  readonly onClose: () => void
  /** With the signing secret; empty if it has none. */
  readonly onMade: (secret: string) => void
}

export function WebhookForm({ onClose, onMade }: WebhookFormProps) {
  const environment = useEnvironmentId()
  const [fields, setFields] = useState({ name: '', url: '', format: 'standard', events: [] as string[] })
  const set = (next: Partial<typeof fields>) => setFields((was) => ({ ...was, ...next }))
  const { name, url, format, events } = fields
  const kinds = Object.keys(notificationKinds).filter((kind) => kind !== 'webhook.test')
  return (
    <ChangeDialog<Made>
      title={words.create}
      verb={words.create}
      wide
      isReady={url !== ''}
      run={(comment) => ask('POST', pathOf(environment, 'webhooks'), { body: fields, comment })}
      done={({ entity }) => setup.created(entity.name || entity.id)}
      onDone={({ secret }) => onMade(secret)}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <TextField
            label={setup.name}
            problem={problemOf('name')}
            value={name}
            onChange={(event) => set({ name: event.target.value })}
          />
          <TextField
            label={words.address}
            hint={words.addressHint}
            type="url"
            problem={problemOf('url')}
            value={url}
            onChange={(event) => set({ url: event.target.value })}
          />
          <SelectField
            label={words.format}
            value={format}
            onChange={(event) => set({ format: event.target.value })}
          >
            {Object.entries(words.formats).map(([each, text]) => (
              <option key={each} value={each}>
                {text}
              </option>
            ))}
          </SelectField>
          <fieldset>
            <legend>{words.events}</legend>
            <small className={css['quiet']}>{words.eventsHint}</small>
            <div className={css['kinds']}>
              {kinds.map((kind) => (
                <Checkbox
                  key={kind}
                  label={kind}
                  checked={events.includes(kind)}
                  onChange={(event) =>
                    set({
                      events: event.target.checked
                        ? [...events, kind]
                        : events.filter((each) => each !== kind),
                    })
                  }
                />
              ))}
            </div>
          </fieldset>
        </>
      )}
    </ChangeDialog>
  )
}
