// The response about all flags. Its tag is computed before its text, because a client with a current copy
// needs no text.
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import type { Evaluation } from '../../../core/evaluation/evaluation.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { settingsOf } from '../../../core/model/snapshot.ts'
import { clientHasTag } from '../../sdk/conditional.ts'
import { decideAll } from '../../sdk/decide.ts'
import { revisionResponder } from '../../sdk/revision-response.ts'
import type { RequestContext } from '../../sdk/request-context.ts'
import type { Ports } from '../../contracts/ports.ts'
import { type FlagText, type HashedText, bulkText, hashedText, tagOf, withMetadata } from './bulk-text.ts'
import { corsPolicy } from './cors.ts'
import { tokenWeekOf } from './exposure-token.ts'
import type { AuthenticatedRequest } from './request.ts'
import { streamPath } from './stream.ts'
import { contextIdOf, evaluationText } from './translate.ts'
import type * as wire from './wire.ts'

export interface ExposureSigner {
  /** The exposure token of a decision; undefined if it has none. */
  readonly sign: (evaluation: Evaluation) => Promise<string | undefined>
  /** Differs if the tokens name other units: then the same decisions have other tokens. */
  readonly unitTag: (evaluations: readonly Evaluation[]) => string
}

export interface BulkRequest {
  readonly ports: Pick<Ports, 'assignments'>
  readonly authenticated: AuthenticatedRequest<unknown>
  readonly context: EvaluationContext
  readonly requestContext: RequestContext
  /** Undefined if the client wants no exposure tokens. */
  readonly signer: ExposureSigner | undefined
  readonly now: number
}

const respond = revisionResponder(corsPolicy, () => ({
  'content-type': 'application/json',
  'cache-control': 'private, no-cache',
}))

export async function bulkResponse(bulk: BulkRequest, requestHeaders: Headers): Promise<Response> {
  const { authenticated, context, requestContext, signer, now } = bulk
  const { compiled, key } = authenticated
  const decided = decideAll(bulk.ports, compiled, context)
  const { evaluations } = decided instanceof Promise ? await decided : decided
  requestContext.decisions = evaluations.length
  const texts = textsOf(compiled, evaluations)
  const tail = key.answers === 'plain' ? '' : tailOf(bulk)
  const week = signer ? `-${tokenWeekOf(now)}${signer.unitTag(evaluations)}` : ''
  const etag = `"${compiled.revision}-${tagOf(texts, tail)}${week}"`
  // No 304 to a client that needs a newer revision than this one.
  const isBehind = compiled.revision < (requestContext.atLeast ?? 0)
  const isUnmodified = !isBehind && clientHasTag(requestHeaders, etag)
  const body = isUnmodified
    ? null
    : bulkText(signer ? await signedTexts(evaluations, compiled, signer.sign) : texts, tail)
  const response = respond(body, { compiled, requestContext, now }, { status: isUnmodified ? 304 : 200 })
  response.headers.set('etag', etag)
  return response
}

/** Adjacent flags that are the same for everybody share one text, which is built once per revision. */
function textsOf(compiled: CompiledSnapshot, evaluations: readonly Evaluation[]): readonly HashedText[] {
  // A stored assignment may change the result of any flag.
  if (compiled.keepsAssignments) return evaluations.map((evaluation) => evaluationText(evaluation, compiled))
  const layout = layoutOf(compiled)
  const texts: HashedText[] = new Array(layout.length)
  for (let i = 0; i < layout.length; i++) {
    const part = layout[i]!
    texts[i] = typeof part === 'number' ? evaluationText(evaluations[part]!, compiled) : part
  }
  return texts
}

/** The parts of a bulk response: constant texts, and for all others the index of their evaluation. */
type Layout = readonly (HashedText | number)[]
const layouts = new WeakMap<CompiledSnapshot, Layout>()

function layoutOf(compiled: CompiledSnapshot): Layout {
  const known = layouts.get(compiled)
  if (known) return known
  const layout: (HashedText | number)[] = []
  let constants: string[] = []
  const endRun = () => {
    if (constants.length > 0) layout.push(hashedText(constants.join(',')))
    constants = []
  }
  const served = compiled.flags.filter(({ isServed }) => isServed)
  served.forEach(({ constant }, index) => {
    if (constant) return constants.push(evaluationText(constant, compiled).text)
    endRun()
    return layout.push(index)
  })
  endRun()
  layouts.set(compiled, layout)
  return layout
}

const signedTexts = (
  evaluations: readonly Evaluation[],
  compiled: CompiledSnapshot,
  sign: ExposureSigner['sign'],
): Promise<FlagText[]> =>
  Promise.all(
    evaluations.map(async (evaluation) => {
      const unsigned = evaluationText(evaluation, compiled)
      const token = await sign(evaluation)
      return token === undefined
        ? unsigned
        : { text: withMetadata(unsigned.text, `"exposureToken":"${token}"`) }
    }),
  )

/** The members after the flags. Built by hand, because they differ for every request. */
function tailOf({ authenticated, context, requestContext }: BulkRequest): string {
  const { compiled, key, apiKey } = authenticated
  const { targetingKey } = context
  const { environmentId, revision } = compiled
  const contextId = targetingKey === undefined ? '' : `,"contextId":"${contextIdOf(targetingKey)}"`
  const metadata = `,"metadata":{"flagSetId":"${environmentId}","version":"${revision}"${contextId}}`
  // The stream's address contains the key. A client's key is public, a server's must not appear in addresses.
  const offersStream = key.role === 'client' && settingsOf(compiled.snapshot).streams
  return offersStream ? `${metadata},"eventStreams":[${streamText(apiKey, requestContext)}]` : metadata
}

/** The address must not change, because the web provider caches it for a month. */
const streamText = (apiKey: string, { prefix = '' }: RequestContext): string =>
  JSON.stringify({
    type: 'sse',
    endpoint: { requestUri: `${prefix}${streamPath}${apiKey}` },
    inactivityDelaySec,
  } satisfies wire.EventStream)

/** The protocol's default: how long a page may be hidden before its stream is closed. */
const inactivityDelaySec = 120
