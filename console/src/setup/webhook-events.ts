// What a webhook can be told of, by the kind of entity that it happens to. Pure.
import { type NotificationKind, notificationKinds } from '../../../core/model/notification-kind.ts'
import { type EventSubject, eventWords as words } from '../messages/webhook-events.ts'

export interface EventGroup {
  readonly subject: string
  readonly kinds: readonly { readonly kind: NotificationKind; readonly text: string }[]
}

/** Not asked for: they come with others. */
const ofTheirOwn: ReadonlySet<string> = new Set(['webhook.test', 'webhook.digest'])
const asked = (Object.keys(notificationKinds) as NotificationKind[]).filter((kind) => !ofTheirOwn.has(kind))
const partsOf = (kind: NotificationKind) => kind.split('.') as [EventSubject, keyof typeof words.happenings]

/** Most asked for first: the order of the words. */
export const eventGroups: readonly EventGroup[] = (Object.keys(words.subjects) as EventSubject[]).map(
  (subject) => ({
    subject: words.subjects[subject],
    kinds: asked
      .filter((kind) => partsOf(kind)[0] === subject)
      .map((kind) => ({ kind, text: words.happenings[partsOf(kind)[1]] })),
  }),
)

/** In words: `Flag turned off`. */
export function eventText(kind: string): string {
  for (const { subject, kinds } of eventGroups)
    for (const each of kinds) if (each.kind === kind) return `${subject} ${each.text}`
  return kind
}

/** What is found by its words or its name in the API: the whole group by its subject. */
export function foundEvents(text: string): readonly EventGroup[] {
  const wanted = text.trim().toLocaleLowerCase()
  const fits = (...names: readonly string[]) =>
    names.some((name) => name.toLocaleLowerCase().includes(wanted))
  return eventGroups.flatMap(({ subject, kinds }) => {
    const found = fits(subject)
      ? kinds
      : kinds.filter((each) => fits(each.text, each.kind, `${subject} ${each.text}`))
    return found.length === 0 ? [] : { subject, kinds: found }
  })
}

/** What is chosen after some are chosen, or no longer. Keeps the order, and what it does not know. */
export const withEvents = (
  chosen: readonly string[],
  kinds: readonly string[],
  isWanted: boolean,
): readonly string[] =>
  isWanted ? [...new Set([...chosen, ...kinds])] : chosen.filter((each) => !kinds.includes(each))
