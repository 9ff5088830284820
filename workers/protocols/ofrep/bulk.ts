// The answer about all flags: its tag before its text, since a client that has it already needs no text.
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import type { Evaluation } from '../../../core/evaluation/evaluation.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { murmur3x64Words } from '../../../core/hash/murmur3-x64-128.ts'
import { settingsOf } from '../../../core/model/snapshot.ts'
import { hasTag } from '../../sdk/conditional.ts'
import { toEverybody } from '../../sdk/cors.ts'
import { decideAll } from '../../sdk/decide.ts'
import { revisionHeaders } from '../../sdk/revision-headers.ts'
import type { RequestContext } from '../../sdk/request-context.ts'
import type { Ports } from '../../contracts/ports.ts'
import type { Asked } from './request.ts'
import { tokenWeekOf } from './exposure-token.ts'
import { streamPath } from './stream.ts'
import { type Written, asWritten, contextIdOf, toWritten, withMetadata } from './translate.ts'
import type * as wire from './wire.ts'

/** Gives a decision its exposure token. */
export type Sign = (evaluation: Evaluation) => Promise<string | undefined>

export interface Bulk {
  readonly ports: Pick<Ports, 'assignments'>
  readonly asked: Asked<unknown>
  readonly context: EvaluationContext
  readonly requestContext: RequestContext
  /** Undefined where no tokens are asked for. */
  readonly sign: Sign | undefined
  readonly now: number
}

export async function bulkAnswer(bulk: Bulk, headers: Headers): Promise<Response> {
  const { asked, context, requestContext, sign, now } = bulk
  const { compiled, key } = asked
  const decided = decideAll(bulk.ports, compiled, context)
  const { evaluations } = decided instanceof Promise ? await decided : decided
  requestContext.decisions = evaluations.length
  const pieces = rangesOf(compiled, evaluations)
  const tail = key.answers === 'plain' ? '' : tailOf(bulk)
  const week = sign ? `-${tokenWeekOf(now)}` : ''
  const etag = `"${compiled.revision}-${tagOf(pieces, tail)}${week}"`
  // A client that was told of a newer revision is not to keep what it has.
  const isBehind = compiled.revision < (requestContext.atLeast ?? 0)
  if (!isBehind && hasTag(headers, etag)) return answer(null, 304, etag, bulk)
  const texts = sign ? await signedTexts(evaluations, compiled, sign) : textsOf(pieces)
  return answer(whole(texts, tail), 200, etag, bulk)
}

function textsOf(pieces: readonly Written[]): string[] {
  const texts: string[] = new Array(pieces.length)
  for (let i = 0; i < pieces.length; i++) texts[i] = pieces[i]!.text
  return texts
}

/**
 * What is before and behind the flags goes into the first and the last, so that the long text is made once
 * and not copied into a longer one.
 */
function whole(texts: string[], tail: string): string {
  const last = texts.length - 1
  if (last < 0) return `{"flags":[]${tail}}`
  texts[0] = `{"flags":[${texts[0]}`
  texts[last] += `]${tail}}`
  return texts.join()
}

const headersOf = revisionHeaders(() => ({
  'content-type': 'application/json',
  'cache-control': 'private, no-cache',
  ...toEverybody,
}))

function answer(
  body: string | null,
  status: number,
  etag: string,
  { asked, requestContext, now }: Bulk,
): Response {
  const response = new Response(body, { status, headers: headersOf(asked.compiled, requestContext, now) })
  response.headers.set('etag', etag)
  return response
}

/** Flags beside each other that answer everybody the same are one piece, put together once a revision. */
function rangesOf(compiled: CompiledSnapshot, evaluations: readonly Evaluation[]): readonly Written[] {
  // What is kept of a visitor may change what everybody else is answered.
  if (compiled.keepsAssignments) return evaluations.map((evaluation) => asWritten(evaluation, compiled))
  const layout = layoutOf(compiled)
  const pieces: Written[] = new Array(layout.length)
  for (let i = 0; i < layout.length; i++) {
    const piece = layout[i]!
    pieces[i] = typeof piece === 'number' ? asWritten(evaluations[piece]!, compiled) : piece
  }
  return pieces
}

/** Of an answer: what is always the same, and the places of what is not among the evaluations. */
type Layout = readonly (Written | number)[]
const layouts = new WeakMap<CompiledSnapshot, Layout>()

function layoutOf(compiled: CompiledSnapshot): Layout {
  const known = layouts.get(compiled)
  if (known) return known
  const layout: (Written | number)[] = []
  let constants: string[] = []
  const close = () => {
    if (constants.length > 0) layout.push(toWritten(constants.join()))
    constants = []
  }
  const answered = compiled.flags.filter(({ isServed }) => isServed)
  answered.forEach(({ constant }, place) => {
    if (constant) return constants.push(asWritten(constant, compiled).text)
    close()
    return layout.push(place)
  })
  close()
  layouts.set(compiled, layout)
  return layout
}

function signedTexts(
  evaluations: readonly Evaluation[],
  compiled: CompiledSnapshot,
  sign: Sign,
): Promise<string[]> {
  const texts = evaluations.map(async (evaluation) => {
    const { text } = asWritten(evaluation, compiled)
    const exposureToken = await sign(evaluation)
    return exposureToken === undefined ? text : withMetadata(text, `"exposureToken":"${exposureToken}"`)
  })
  return Promise.all(texts)
}

/**
 * What follows the flags; put together by hand, since it is made for every request. `contextId` stands for
 * the targeting key in telemetry.
 */
function tailOf({ asked: { compiled, key, shown }, context, requestContext }: Bulk): string {
  const { targetingKey } = context
  const { environmentId, revision } = compiled
  const contextId = targetingKey === undefined ? '' : `,"contextId":"${contextIdOf(targetingKey)}"`
  const metadata = `,"metadata":{"flagSetId":"${environmentId}","version":"${revision}"${contextId}}`
  // A client's key is public; a server's belongs into no address.
  const offersStream = key.role === 'client' && settingsOf(compiled.snapshot).streams
  return offersStream ? `${metadata},"eventStreams":[${streamText(shown, requestContext)}]` : metadata
}

/** The address is the same for ever, since the web provider keeps it for a month. */
const streamText = (shown: string, { prefix = '' }: RequestContext): string =>
  JSON.stringify({
    type: 'sse',
    endpoint: { requestUri: `${prefix}${streamPath}${shown}` },
    inactivityDelaySec,
  } satisfies wire.EventStream)

/** The protocol's default: how long a page may be hidden before its stream is closed. */
const inactivityDelaySec = 120

/**
 * Over all that is sent, not the revision alone: the web provider sends the old tag along with a new context.
 * The texts' hashes were made with them; mixing them costs two multiplications a piece. Each step is
 * one-to-one in both operands, so a difference in one piece is always seen.
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
