// Opens an event stream as the response to a request. Dialects supply what their events contain.
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import { type Result, ok, refuse } from '../../core/model/problem.ts'
import { isValidKey } from '../http/sdk-key.ts'
import type { Ports } from '../contracts/ports.ts'
import { type StreamOptions, eventStream } from './event-stream.ts'

interface StreamContent extends Pick<StreamOptions, 'since' | 'write' | 'opening' | 'failure'> {
  readonly headers: Readonly<Record<string, string>>
  /** SHA-256 of the SDK key that opened the stream. When it is no longer valid, the stream ends. */
  readonly sha256: string
}

export async function openStream(
  request: Request,
  { environmentId }: CompiledSnapshot,
  { feed, snapshots }: Pick<Ports, 'feed' | 'snapshots'>,
  { headers, sha256, ...content }: StreamContent,
): Promise<Result<Response>> {
  const stream = await eventStream({
    feed,
    environmentId,
    continent: (request as { cf?: { continent?: string } }).cf?.continent ?? '',
    ...content,
    isAllowed: async (revision) => {
      const reading = await snapshots.read(environmentId, revision)
      return reading.status === 'ready' ? isValidKey(reading.compiled, sha256) : reading.status !== 'unknown'
    },
    newest: async () => {
      const reading = await snapshots.read(environmentId)
      return reading.status === 'ready' ? reading.compiled.revision : undefined
    },
    every: (ms, work) => {
      const timer = setInterval(work, ms)
      return () => clearInterval(timer)
    },
  })
  if (!stream) return refuse('UNAVAILABLE', 'changes cannot be listened to at the moment, poll and try again')
  const own = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }
  return ok(new Response(stream, { headers: { ...headers, ...own } }))
}

/** The revision in an event id that a client sends back; undefined if it is none. */
export const revisionOf = (eventId: string | null | undefined): number | undefined =>
  eventId && /^\d{1,15}$/.test(eventId) ? Number(eventId) : undefined
