// The form of a webhook and what the API takes. Pure.
import type { Webhook } from '../../../core/model/webhook.ts'
import type { Body } from '../change/changes-between.ts'
import { combineFilters, combineTexts, optionText } from '../change/merge-fields.ts'
import type { FormOf } from '../change/edit-state.ts'
import { merging } from '../messages/merging.ts'
import { setup } from '../messages/setup.ts'
import { numberOf } from '../ui/field-text.ts'
import { listOf, listText } from '../ui/list-text.ts'
import { eventText } from './webhook-events.ts'

const minuteMs = 60_000

export interface WebhookFields {
  readonly name: string
  readonly url: string
  readonly format: NonNullable<Webhook['format']>
  readonly events: readonly string[]
  /** In one line. */
  readonly tags: string
  /** In minutes; empty: each message at once. */
  readonly digest: string
}

export const emptyWebhook: WebhookFields = {
  name: '',
  url: '',
  format: 'standard',
  events: [],
  tags: '',
  digest: '',
}

type Shown = Pick<Webhook, 'name' | 'url' | 'format' | 'events' | 'tags' | 'digestMs'>

export const webhookFields = ({ name, url, format, events, tags = [], digestMs }: Shown): WebhookFields => ({
  name,
  url,
  format: format ?? 'standard',
  events,
  tags: listText(tags),
  digest: digestMs === undefined ? '' : String(digestMs / minuteMs),
})

const { webhooks: words } = setup

export const webhookForm: FormOf<Shown & Pick<Webhook, 'id' | 'version'>, WebhookFields> = {
  empty: emptyWebhook,
  fieldsOf: webhookFields,
  rules: {
    name: { label: setup.name },
    url: { label: words.address },
    format: { label: words.format, text: optionText(words.formats) },
    events: {
      label: words.events,
      text: (events) => events.map(eventText).join(', ') || merging.all,
      combine: combineFilters,
    },
    tags: {
      label: words.tags,
      text: (tags) => listText(listOf(tags)) || merging.all,
      combine: combineTexts(listOf, listText, combineFilters),
    },
    digest: { label: words.digest },
  },
}

/** Undefined while something is missing or no number. */
export function webhookBody({ name, url, format, events, tags, digest }: WebhookFields): Body | undefined {
  const minutes = numberOf(digest)
  if (url === '' || (digest.trim() !== '' && minutes === undefined)) return undefined
  return {
    name,
    url,
    format,
    events,
    tags: listOf(tags),
    ...(minutes !== undefined && { digestMs: Math.round(minutes * minuteMs) }),
  }
}
