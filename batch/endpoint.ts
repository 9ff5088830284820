// Requests to one endpoint (the admin API, the event lake, a ClickHouse server), with retries. A response of
// 429, 502, 503 or 504 or a broken connection is retried with exponential backoff and jitter. An endpoint
// that hangs or stays busy is given up: all requests of the run then fail at once instead of waiting one
// after the other.
import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf } from './failure.ts'

export interface Patience {
  /** Maximum wait until a part of the request is taken, for the headers, and for a part of the body. */
  readonly silenceMaxMs: number
  readonly attemptsMax: number
  /** The first wait is up to this long; it doubles up to the maximum. */
  readonly waitMs: number
  readonly waitMaxMs: number
  /** How long an endpoint that was given up gets no requests. */
  readonly givenUpMs: number
  /** Statuses that are retried. */
  readonly busy: readonly number[]
}

/** A busy endpoint is given about 40 seconds; one that hangs, ten. */
export const patience: Patience = {
  silenceMaxMs: 10_000,
  attemptsMax: 9,
  waitMs: 250,
  waitMaxMs: 10_000,
  givenUpMs: 60_000,
  busy: [429, 502, 503, 504],
}

/** A complete response: a broken body is retried as well. Node removes a content encoding. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
  /** What is wrong with the content encoding; undefined if nothing is. */
  readonly damage: string | undefined
}

export type Send = (makeRequest: () => Request | Promise<Request>) => Promise<Answer>

/** What an attempt rejects with if the endpoint neither took nor sent anything for so long. */
export class Silence extends Error {
  constructor(silenceMaxMs: number) {
    super(`nothing came for ${silenceMaxMs / 1000} s`)
  }
}

/** What `send` rejects with. `message` says what is wrong with the endpoint, without naming it. */
export class EndpointError extends Error {}

export function openEndpoint(how: Patience = patience): Send {
  const persist = openRetries<Answer>(how, ({ status, headers }) =>
    how.busy.includes(status) ? { reason: `status ${status}`, retryAfterMs: retryAfter(headers) } : undefined,
  )
  return (makeRequest) => persist(async () => receive(await makeRequest(), how.silenceMaxMs))
}

export interface Busy {
  readonly reason: string
  /** 0: the endpoint does not say. */
  readonly retryAfterMs: number
}

/** For one endpoint, whatever its attempts are made with. `busyOf` tells an answer that is to be retried. */
export function openRetries<T>(
  how: Omit<Patience, 'busy'>,
  busyOf: (answer: T) => Busy | undefined,
): (attempt: () => Promise<T>) => Promise<T> {
  let givenUp: { readonly until: number; readonly reason: string } | undefined
  let answeredAt = -Infinity

  function giveUp(reason: string, cause?: unknown): never {
    givenUp = { until: performance.now() + how.givenUpMs, reason }
    throw new EndpointError(reason, { cause })
  }

  return async function persist(ask) {
    for (let attempt = 1; ; attempt++) {
      if (givenUp && performance.now() < givenUp.until)
        throw new EndpointError(`${givenUp.reason}; it is not tried again for a while`)
      const startedAt = performance.now()
      let retryAfterMs = 0
      try {
        const answer = await ask()
        answeredAt = performance.now()
        const busy = busyOf(answer)
        if (!busy) return answer
        if (attempt >= how.attemptsMax) {
          givenUp = {
            until: performance.now() + how.givenUpMs,
            reason: `it stayed busy (${busy.reason})`,
          }
          return answer
        }
        retryAfterMs = busy.retryAfterMs
      } catch (error) {
        // One slow answer among others is no sign that the endpoint hangs.
        if (error instanceof Silence && answeredAt < startedAt) giveUp(error.message, error)
        if (attempt >= how.attemptsMax || isRefusedConnection(error)) giveUp(reasonOf(error), error)
      }
      const waitMs = Math.min(how.waitMs * 2 ** (attempt - 1), how.waitMaxMs)
      await sleep(Math.min(Math.max(waitMs * Math.random(), retryAfterMs), how.waitMaxMs))
    }
  }
}

async function receive(request: Request, silenceMaxMs: number): Promise<Answer> {
  const controller = new AbortController()
  const silence = () => controller.abort(new Silence(silenceMaxMs))
  let timer = setTimeout(silence, silenceMaxMs)
  const wait = (moreMs = 0) => {
    clearTimeout(timer)
    timer = setTimeout(silence, silenceMaxMs + moreMs)
  }
  try {
    const response = await fetch(await inParts(request, wait), { signal: controller.signal })
    const { status, headers } = response
    const parts: Uint8Array[] = []
    try {
      for await (const part of response.body ?? []) {
        wait()
        parts.push(part)
      }
    } catch (error) {
      // zlib's errors have codes like Z_DATA_ERROR. The caller decides whether to retry damaged content.
      if (!codesOf(error).some((code) => code.startsWith('Z_'))) throw error
      return { status, headers, body: new Uint8Array(), damage: reasonOf(error) }
    }
    return { status, headers, body: new Uint8Array(Buffer.concat(parts)), damage: undefined }
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error
  } finally {
    clearTimeout(timer)
  }
}

/**
 * The same request, whose body is sent piece by piece: an upload may take as long as it likes while it
 * proceeds.
 */
async function inParts(request: Request, onPart: (moreMs?: number) => void): Promise<Request> {
  if (request.body === null) return request
  const bytes = new Uint8Array(await request.arrayBuffer())
  if (bytes.byteLength <= partBytes) return new Request(request, { method: request.method, body: bytes })
  let at = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        controller.enqueue(bytes.subarray(at, (at += partBytes)))
        if (at < bytes.byteLength) return onPart()
        onPart(Math.min(bytes.byteLength, bufferedMax) / slowestBytesPerMs)
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const headers = new Headers(request.headers)
  headers.set('content-length', String(bytes.byteLength)) // S3 takes no chunks of unknown number
  const init: RequestInit & { readonly duplex: 'half' } = { headers, body, duplex: 'half' }
  return new Request(request, init)
}
const partBytes = 65_536
/** What sockets and proxies may have taken and not passed on when the last part is taken. */
const bufferedMax = 8_000_000
const slowestBytesPerMs = 250

/** Seconds, as RFC 9110, section 10.2.3, allows; a date is not waited for. */
const retryAfter = (headers: Headers) => 1_000 * (Number(headers.get('retry-after')) || 0)

/** Nothing listens there: it is down, not busy. */
const isRefusedConnection = (error: unknown) => codesOf(error).includes('ECONNREFUSED')

function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return []
  const { code } = error as NodeJS.ErrnoException
  const inner = error instanceof AggregateError ? error.errors.flatMap(codesOf) : codesOf(error.cause)
  return code === undefined ? inner : [code, ...inner]
}
