// Server-sent events of one environment's revisions (WHATWG HTML, 9.2), whatever a dialect makes of them.
// What was missed is told as one event: only the newest revision counts, and its number is the event's id. A
// reader that does not read is dropped: nothing is kept for it but a few events.
import { logError } from '../http/log.ts'
import type { Feed } from './feed.ts'

/** Below the 30 s after which proxies are known to cut quiet connections. */
const heartbeatMs = 15_000
/** Events and heartbeats that may wait for a reader. */
const backlogMax = 16
/** How long a client waits before it comes back; told to it once. */
const retryMs = 2_000

export interface StreamOptions {
  readonly feed: Feed
  readonly environmentId: string
  readonly continent: string
  /** The revision that the client has; undefined where it does not say. */
  readonly since: number | undefined
  /** What comes before any change, for dialects that begin with all there is. */
  readonly opening?: string
  /**
   * An event's lines from `event:` or `data:` on, without the id; undefined if this client does not need it.
   * Rejecting ends the stream, so that the client reconnects.
   */
  readonly write: (revision: number, since: number) => string | Promise<string | undefined>
  /** What is said before the stream ends because an event could not be written. */
  readonly failure?: string
  /** The newest revision that this Worker knows: what a lost notification is made up by. */
  readonly newest: () => Promise<number | undefined>
  /** Runs again and again until it is told to stop. */
  readonly every: (ms: number, work: () => void) => () => void
}

/** Undefined where the environment cannot be listened to at the moment. */
export async function eventStream(options: StreamOptions): Promise<ReadableStream<Uint8Array> | undefined> {
  const { feed, environmentId, continent, newest, every } = options
  const encoder = new TextEncoder()
  let controller!: ReadableStreamDefaultController<Uint8Array>
  let told = options.since
  let isOpen = true
  let unsubscribe = () => {}
  let stopBeating = () => {}

  const end = () => {
    if (!isOpen) return
    isOpen = false
    stopBeating()
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
  /** Events that have to be waited for come in their order. */
  let writing = Promise.resolve()
  const tell = (revision: number, since: number) => {
    const written = options.write(revision, since)
    if (typeof written === 'string') return sendEvent(written, revision)
    const ready = written.then(
      (lines) => () => lines !== undefined && sendEvent(lines, revision),
      (cause: unknown) => () => {
        logError('event', cause)
        if (options.failure !== undefined) sendEvent(options.failure)
        close()
      },
    )
    writing = writing.then(() => ready).then((act) => void act())
  }
  const hear = (revision: number) => {
    // An id without data is no event to a client, but it names it when it comes back: else it could not say
    // what it missed.
    if (told === undefined) send(`id: ${revision}\n\n`)
    const since = told ?? revision
    told = Math.max(since, revision)
    if (revision > since) tell(revision, since)
  }

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
    unsubscribe = await feed.subscribe({ environmentId, continent, hear, lost: close })
  } catch (cause) {
    logError('feed', cause)
    return undefined
  }
  stopBeating = every(heartbeatMs, () => {
    send(':\n\n')
    newest().then(
      (revision) => revision !== undefined && hear(revision),
      (cause: unknown) => logError('heartbeat', cause),
    )
  })
  if (!isOpen) end()
  return stream
}
