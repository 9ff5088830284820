// A webhook, new or edited: where to, in which format, of what.
import type { WebhookWithHealth } from '../../../workers/control/api/notification-answers.ts'
import { EntityDialog } from '../change/entity-dialog.tsx'
import { useEdit } from '../change/use-edit.ts'
import { common } from '../messages/common.ts'
import { setup } from '../messages/setup.ts'
import { SelectField, TextField } from '../ui/fields.tsx'
import { EventPicker } from './event-picker.tsx'
import { webhookBody, type WebhookFields, webhookForm } from './webhook-fields.ts'

const { webhooks: words } = setup

interface WebhookFormProps {
  readonly webhook?: WebhookWithHealth
  readonly onClose: () => void
  /** With the signing secret; empty if it has none. */
  readonly onMade?: (secret: string) => void
}

export function WebhookForm({ webhook, onClose, onMade }: WebhookFormProps) {
  const edit = useEdit(webhook, webhookForm)
  const { fields, set } = edit
  const { name, url, format, events, tags, digest } = fields
  return (
    <EntityDialog
      plural="webhooks"
      words={words}
      edit={edit}
      bodyOf={webhookBody}
      wide
      {...(onMade && { onDone: (answer: object) => onMade((answer as { secret: string }).secret) })}
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
          <SelectField
            label={words.format}
            value={format}
            disabled={webhook !== undefined}
            problem={problemOf('format')}
            onChange={(event) => set({ format: event.target.value as WebhookFields['format'] })}
          >
            {Object.entries(words.formats).map(([each, text]) => (
              <option key={each} value={each}>
                {text}
              </option>
            ))}
          </SelectField>
          <TextField
            label={words.address}
            hint={words.addressHints[format]}
            type="url"
            problem={problemOf('url')}
            value={url}
            onChange={(event) => set({ url: event.target.value })}
          />
          <TextField
            label={`${words.tags} (${common.optional})`}
            hint={words.tagsHint}
            problem={problemOf('tags')}
            value={tags}
            onChange={(event) => set({ tags: event.target.value })}
          />
          <TextField
            label={`${words.digest} (${common.optional})`}
            hint={words.digestHint}
            inputMode="decimal"
            problem={problemOf('digestMs')}
            value={digest}
            onChange={(event) => set({ digest: event.target.value })}
          />
          <EventPicker chosen={events} onChange={(next) => set({ events: next })} />
        </>
      )}
    </EntityDialog>
  )
}
