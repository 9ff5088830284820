// The form of a webhook and what the API takes. Pure.
import type { Webhook } from '../../../core/model/webhook.ts'
import type { Body } from '../change/changes-between.ts'
import { numberOf } from '../ui/field-text.ts'
import { listOf, listText } from '../ui/list-text.ts'

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
