// Several messages to one webhook as one. Pure.
import { sha256OfText } from '../hash/sha-256.ts'
import { inOrder } from '../model/notification-kind.ts'
import type { Message } from './message.ts'

/** Messages in one digest; the next ones come in another. */
export const digestMessagesMax = 50
/** UTF-16 units of their JSON. */
export const digestLengthMax = 200_000

interface Part {
  readonly id: string
  /** A Message as JSON. */
  readonly body: string
}

/** As many of them, in their order, as one digest takes; at least one. */
export function partsOfDigest<P extends Part>(parts: readonly P[]): P[] {
  let length = 0
  const fits = ({ body }: P, i: number) => {
    length += body.length
    return i < digestMessagesMax && (i === 0 || length <= digestLengthMax)
  }
  const first = parts.findIndex((part, i) => !fits(part, i))
  return first < 0 ? [...parts] : parts.slice(0, first)
}

/** The same parts make the same digest, with the same id. Of one part: that one itself. */
export function toDigest(parts: readonly Part[]): Part {
  const [only, second] = parts
  if (!second) return only!
  const messages = parts.map(({ id, body }) => ({ id, ...(JSON.parse(body) as Message) }))
  const digest: Message = {
    type: 'webhook.digest',
    timestamp: messages.at(-1)!.timestamp,
    data: {
      environment: messages[0]!.data.environment,
      kinds: inOrder(messages.flatMap(({ data }) => data.kinds)),
      summary: `${messages.length} notifications: ${messages[0]!.data.summary}`,
      messages,
    },
  }
  const id = `msg_${sha256OfText(JSON.stringify(parts.map((part) => part.id)))}`
  return { id, body: JSON.stringify(digest) }
}
