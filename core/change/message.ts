// The messages that webhooks get: who wants to hear of what happened, and in which words. Pure.
import { type NotificationKind, compareKinds, inOrder } from '../model/notification-kind.ts'
import type { Webhook } from '../model/webhook.ts'
import type { DomainEvent } from './domain-event.ts'

/** The body of a message, as Standard Webhooks recommends it. */
export interface Message {
  readonly type: NotificationKind
  /** ISO 8601: when it happened, not when it is sent. */
  readonly timestamp: string
  readonly data: {
    readonly environment: string
    /** All kinds that apply, most telling first. */
    readonly kinds: readonly NotificationKind[]
    /** One sentence for people: who did what. */
    readonly summary: string
    readonly [more: string]: unknown
  }
}

/** A message to one webhook, as it is stored. */
export interface NewDelivery {
  readonly webhookId: string
  /** The same in all tries: receivers use it to tell repeated messages. */
  readonly id: string
  readonly createdAt: number
  /** When it is sent at the earliest; absent: at once. */
  readonly sendAt?: number
  readonly type: NotificationKind
  /** A Message as JSON. Its bytes are signed, so they are made once. */
  readonly body: string
}

export type Hook = Pick<Webhook, 'id' | 'events' | 'tags' | 'disabled' | 'digestMs'>

/** `command`: the kind of the command, which webhooks of earlier releases filter by. */
export const wants = (
  { events, tags = [], disabled }: Hook,
  { kinds, tags: own }: Pick<DomainEvent, 'kinds' | 'tags'>,
  command?: string,
): boolean =>
  !disabled &&
  (events.length === 0 ||
    events.some((event) => event === command || kinds.some((kind) => kind === event))) &&
  (tags.length === 0 || tags.some((tag) => own.includes(tag)))

export interface Actor {
  readonly kind: string
  readonly id: string
  readonly name: string
}

interface ChangeMade {
  readonly environmentId: string
  readonly revision: number
  /** Epoch milliseconds. */
  readonly now: number
  readonly newId: () => string
  readonly actor: Actor
  /** The kind of the command. */
  readonly command: string
  readonly comment: string
  readonly events: readonly DomainEvent[]
}

/** Entities that a message tells of; it says how many there are. */
const changesTold = 20
/** UTF-16 units of their JSON. What goes beyond is told without its differences. */
const changesLengthMax = 40_000

/** One message per webhook that wants to hear of any of it, and only of what it wants to hear of. */
export function changeMessages(hooks: Iterable<Hook>, made: ChangeMade): NewDelivery[] {
  const { environmentId, revision, now, newId, actor, command, comment, events } = made
  const sorted = events.toSorted((a, b) => compareKinds(a.kinds[0]!, b.kinds[0]!))
  return [...hooks].flatMap((hook) => {
    const told = sorted.filter((event) => wants(hook, event, command))
    if (told.length === 0) return []
    const kinds = inOrder(told.flatMap((event) => event.kinds))
    const data = {
      environment: environmentId,
      kinds,
      summary: `${nameOf(actor)} ${listOf(told.map(({ words }) => words))}.`,
      revision,
      command,
      actor,
      reason: comment,
      changes: detailsOf(told.slice(0, changesTold)),
      changeCount: told.length,
    }
    return [toDelivery(hook, kinds[0]!, data, now, newId)]
  })
}

function detailsOf(told: readonly DomainEvent[]) {
  let length = 0
  return told.map(({ detail }) => {
    const whole = detail()
    length += JSON.stringify(whole).length
    if (length <= changesLengthMax) return whole
    const { differences: _, ...short } = whole
    return short
  })
}

const nameOf = ({ name, id }: Actor) => name || id

/** `turned flag a off, changed flag b and 3 more changes`. */
function listOf(words: readonly string[]): string {
  const shown = words.slice(0, words.length > wordsMax ? wordsMax - 1 : wordsMax)
  const parts =
    words.length > shown.length ? [...shown, `${words.length - shown.length} more changes`] : shown
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}
const wordsMax = 5

export function toDelivery(
  { id, digestMs }: Pick<Hook, 'id' | 'digestMs'>,
  type: NotificationKind,
  data: Message['data'],
  now: number,
  newId: () => string,
): NewDelivery {
  const message: Message = { type, timestamp: new Date(now).toISOString(), data }
  return {
    webhookId: id,
    id: `msg_${newId()}`,
    createdAt: now,
    ...(digestMs !== undefined && { sendAt: now + digestMs }),
    type,
    body: JSON.stringify(message),
  }
}

/** What the test button sends. */
export const testMessage = (
  webhookId: string,
  { environmentId, actor, now, newId }: Pick<ChangeMade, 'environmentId' | 'actor' | 'now' | 'newId'>,
): NewDelivery =>
  toDelivery(
    { id: webhookId },
    'webhook.test',
    {
      environment: environmentId,
      kinds: ['webhook.test'],
      summary: `${nameOf(actor)} tested webhook ${webhookId}.`,
      actor,
    },
    now,
    newId,
  )
