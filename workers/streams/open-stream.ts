// A stream as the answer to a request: what every dialect's stream has in common, beside what its events say.
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import { type Result, ok, refuse } from '../../core/model/problem.ts'
import type { Ports } from '../contracts/ports.ts'
import { type StreamOptions, eventStream } from './event-stream.ts'

interface Opened extends Pick<StreamOptions, 'since' | 'write' | 'opening' | 'failure'> {
  readonly headers: Readonly<Record<string, string>>
}

export async function openStream(
  request: Request,
  { environmentId }: CompiledSnapshot,
  { feed, snapshots }: Pick<Ports, 'feed' | 'snapshots'>,
  { headers, ...says }: Opened,
): Promise<Result<Response>> {
  const stream = await eventStream({
    feed,
    environmentId,
    continent: (request as { cf?: { continent?: string } }).cf?.continent ?? '',
    ...says,
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

/** An event's id, as a client sends it back; what is no such thing counts as none. */
export const revisionOf = (text: string | null | undefined): number | undefined =>
  text && /^\d{1,15}$/.test(text) ? Number(text) : undefined
