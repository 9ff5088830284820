// Server-sent events (WHATWG HTML, 9.2) for the revisions of one environment, in any dialect. The event id is
// the revision. Missed revisions become one event, because only the newest counts. A reader that does not
// keep up is disconnected, so at most a few events are buffered for it.
import { logError } from '../http/log.ts'
import type { Feed } from './feed.ts'

/** Below the 30 s after which common proxies close idle connections. */
const heartbeatMs = 15_000
/** Events and heartbeats that are buffered for a reader. */
const backlogMax = 16
/** How long a client waits before it reconnects. Sent once, as `retry`. */
const retryMs = 2_000

export interface StreamOptions {
  readonly feed: Feed
  readonly environmentId: string
  readonly continent: string
  /** The revision that the client has; undefined if it does not say. */
  readonly since: number | undefined
  /** The first event, for dialects whose streams begin with the current state. Without the `id` line. */
  readonly opening?: string
  /**
   * The lines of an event, without `id`: `event: …` and `data: …`. Undefined if nothing changed for this
   * client. A rejection ends the stream, so that the client reconnects.
   */
  readonly write: (revision: number, since: number) => string | Promise<string | undefined>
  /**
   * Sent before the stream ends because an event could not be written, or the client may not listen any more.
   */
  readonly failure?: string
  /** Whether the client may still listen, by a revision or later. Asked at revisions and heartbeats. */
  readonly isAllowed: (revision: number) => Promise<boolean>
  /** The newest revision that this Worker knows. Makes up for lost notifications. */
  readonly newest: () => Promise<number | undefined>
  /** Like setInterval. Returns a function that stops it. */
  readonly every: (ms: number, work: () => void) => () => void
}

/** Undefined if the feed is unavailable. */
export async function eventStream(options: StreamOptions): Promise<ReadableStream<Uint8Array> | undefined> {
  const { feed, environmentId, continent, newest, isAllowed, every } = options
  const encoder = new TextEncoder()
  let controller!: ReadableStreamDefaultController<Uint8Array>
  let sentRevision = options.since
  let isOpen = true
  let unsubscribe = () => {}
  let stopHeartbeat = () => {}

  const end = () => {
    if (!isOpen) return
    isOpen = false
    stopHeartbeat()
    unsubscribe()
  }
  const close = () => {
    if (!isOpen) return
    end()
    controller.close()
  }
  const send = (text: string) => {
    if (!isOpen) return
    if ((controller.desiredSize ?? 0) > 0) return controller.enqueue(encoder.encode(text))
    end()
    controller.error(new Error('the reader is too slow'))
  }
  const sendEvent = (lines: string, revision?: number) =>
    send(`${revision === undefined ? '' : `id: ${revision}\n`}${lines}\n\n`)
  const fail = () => {
    if (options.failure !== undefined) sendEvent(options.failure)
    close()
  }
  /** Keeps asynchronous events in order. */
  let queue = Promise.resolve()
  const sendChange = (revision: number, since: number) => {
    const written = options.write(revision, since)
    if (typeof written === 'string') return sendEvent(written, revision)
    const ready = written.then(
      (lines) => () => lines !== undefined && sendEvent(lines, revision),
      (cause: unknown) => () => {
        logError('event', cause)
        fail()
      },
    )
    queue = queue.then(() => ready).then((act) => void act())
  }
  const onRevision = (revision: number) => {
    // An id without data is no event to the client, but it is sent back as `last-event-id` on reconnect.
    if (sentRevision === undefined) send(`id: ${revision}\n\n`)
    const since = sentRevision ?? revision
    sentRevision = Math.max(since, revision)
    if (revision <= since) return
    sendChange(revision, since)
    checkAccess(revision)
  }
  const checkAccess = (revision: number) =>
    void isAllowed(revision).then(
      (allowed) => allowed || fail(),
      (cause: unknown) => logError('stream', cause),
    )

  const stream = new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given
      },
      cancel: end,
    },
    { highWaterMark: backlogMax },
  )
  send(`retry: ${retryMs}\n\n`)
  if (options.opening !== undefined) sendEvent(options.opening, options.since)
  try {
    unsubscribe = await feed.subscribe({ environmentId, continent, onRevision, onClose: close })
  } catch (cause) {
    logError('feed', cause)
    return undefined
  }
  stopHeartbeat = every(heartbeatMs, () => {
    send(':\n\n')
    newest().then(
      (revision) => {
        if (revision === undefined) return
        onRevision(revision)
        checkAccess(revision)
      },
      (cause: unknown) => logError('heartbeat', cause),
    )
  })
  if (!isOpen) end()
  return stream
}
