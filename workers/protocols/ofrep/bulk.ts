// The answer about all flags: its tag before its text, since a client that has it already needs no text.
import type { EvaluationContext } from '../../../core/context.ts'
import type { Evaluation } from '../../../core/evaluation.ts'
import { murmur3x64Words } from '../../../core/hash/murmur3-x64-128.ts'
import { settingsOf } from '../../../core/snapshot.ts'
import { conditionOf } from '../../http/conditional.ts'
import { decideAll } from '../../http/decide.ts'
import type { Visit } from '../../http/visit.ts'
import type { Ports } from '../../ports.ts'
import type { Asked } from './ask.ts'
import { tokenWeekOf } from './exposure-token.ts'
import { streamPath } from './stream.ts'
import { type Written, asWritten, contextIdOf, withMetadata } from './translate.ts'
import type * as wire from './wire.ts'

/** Gives a decision its exposure token. */
export type Sign = (evaluation: Evaluation) => Promise<string | undefined>

export interface Bulk {
  readonly ports: Pick<Ports, 'assignments'>
  readonly asked: Asked<unknown>
  readonly context: EvaluationContext
  readonly visit: Visit
  /** Undefined where no tokens are asked for. */
  readonly sign: Sign | undefined
  readonly now: number
}

export async function bulkAnswer(bulk: Bulk, headers: Headers): Promise<Response> {
  const { asked, context, visit, sign, now } = bulk
  const { compiled, key } = asked
  const decided = decideAll(bulk.ports, compiled, context)
  const { evaluations } = decided instanceof Promise ? await decided : decided
  visit.decisions = evaluations.length
  const written = evaluations.map((evaluation) => asWritten(evaluation, compiled))
  const tail = key.answers === 'plain' ? '' : tailOf(bulk)
  const week = sign ? `-${tokenWeekOf(now)}` : ''
  const etag = `"${compiled.revision}-${tagOf(written, tail)}${week}"`
  const sent = { etag, 'content-type': 'application/json', 'cache-control': 'private, no-cache' }
  const condition = conditionOf(headers, { etags: [etag], lastModified: undefined })
  // A client that was told of a newer revision is not to keep what it has.
  const isBehind = compiled.revision < (visit.atLeast ?? 0)
  if (condition.kind === 'unmodified' && !isBehind) return new Response(null, { status: 304, headers: sent })
  const texts = sign
    ? await Promise.all(evaluations.map((evaluation, i) => signed(evaluation, written[i]!.text, sign)))
    : written.map(({ text }) => text)
  return new Response(`{"flags":[${texts.join()}]${tail}}`, { headers: sent })
}

async function signed(evaluation: Evaluation, text: string, sign: Sign): Promise<string> {
  const exposureToken = await sign(evaluation)
  return exposureToken === undefined ? text : withMetadata(text, { exposureToken })
}

/** What follows the flags. */
function tailOf({ asked: { compiled, key, shown }, context, visit }: Bulk): string {
  const { targetingKey } = context
  const metadata: wire.SetMetadata = {
    flagSetId: compiled.environmentId,
    version: String(compiled.revision),
    ...(targetingKey !== undefined && { contextId: contextIdOf(targetingKey) }),
  }
  // A client's key is public; a server's belongs into no address.
  const offersStream = settingsOf(compiled.snapshot).streams && key.role === 'client'
  return JSON.stringify({ metadata, ...(offersStream && { eventStreams: [streamOf(shown, visit)] }) })
    .replace('{', ',')
    .slice(0, -1)
}

/** The address is the same for ever, since the web provider keeps it for a month. */
const streamOf = (shown: string, { prefix = '' }: Visit): wire.EventStream => ({
  type: 'sse',
  endpoint: { requestUri: `${prefix}${streamPath}${shown}` },
  inactivityDelaySec,
})

/** The protocol's default: how long a page may be hidden before its stream is closed. */
const inactivityDelaySec = 120

/**
 * Over all that is sent, not the revision alone: the web provider sends the old tag along with a new context. The texts' hashes were made with
 * them; mixing them costs two multiplications a flag. Each step is one-to-one in both operands, so a difference in one flag is always seen.
 */
export function tagOf(written: readonly Written[], tail: string): string {
  let [a, b] = murmur3x64Words(tail)
  for (let i = 0; i < written.length; i++) {
    const { hash } = written[i]!
    a = Math.imul(a ^ hash[0], 0x9e3779b1)
    b = Math.imul(b ^ hash[1], 0x85ebca77)
    a ^= a >>> 15
    b ^= b >>> 13
  }
  return hex(a) + hex(b)
}

const hex = (word: number) => (word >>> 0).toString(16).padStart(8, '0')
