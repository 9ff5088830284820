// `stream_evaluations`: all evaluations first (`put`), then changes (`patch`), as server-sent events. An SDK
// that reconnects sends its `userEvaluationsId`, so nothing is stored between connections.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { type Result, refuse } from '../../../core/model/problem.ts'
import { settingsOf } from '../../../core/model/snapshot.ts'
import { decideAll } from '../../sdk/decide.ts'
import { enrichContext } from '../../sdk/enrich.ts'
import { digestOf, findSdkKey } from '../../http/sdk-key.ts'
import type { SdkRequest } from '../../sdk/protocol-handler.ts'
import type { Ports } from '../../contracts/ports.ts'
import { openStream } from '../../streams/open-stream.ts'
import {
  type EvaluationsQuery,
  patchOf,
  sentEvaluationsOf,
  toContext,
  type UserEvaluations,
  userEvaluations,
} from './evaluations.ts'
import { type AuthenticatedRequest, apiKeyOf } from './request.ts'
import type * as wire from './wire.ts'

interface Body {
  readonly user: wire.User
  readonly tag: string
  readonly userEvaluationsId: string
}

export async function openEvaluationStream(
  { request, requestContext }: SdkRequest,
  ports: Ports,
  { compiled, body }: AuthenticatedRequest<Body>,
): Promise<Result<Response>> {
  if (!settingsOf(compiled.snapshot).streams) return refuse('NOT_FOUND', 'this environment offers no streams')
  const { environmentId, revision } = compiled
  const apiKey = apiKeyOf(request)
  const queryOf = async (snapshot: CompiledSnapshot): Promise<EvaluationsQuery> => {
    const context = enrichContext(toContext(body.user), snapshot, request)
    const decisions =
      snapshot.keepsAssignments && (await decideAll(ports, snapshot, context, {}, body.tag || undefined))
    return {
      compiled: snapshot,
      context,
      userId: body.user.id,
      tag: body.tag,
      clientId: body.userEvaluationsId,
      now: ports.now(),
      evaluations: decisions ? decisions.evaluations : undefined,
    }
  }
  const first = await queryOf(compiled)
  let sent = sentEvaluationsOf(first)
  requestContext.decisions = sent.size

  return openStream(request, compiled, ports, {
    since: revision,
    opening: eventOf('put', userEvaluations(first)),
    write: async (newest) => {
      const reading = await ports.snapshots.read(environmentId, newest)
      if (reading.status !== 'ready' || reading.compiled.revision < newest)
        throw new Error(`revision ${newest} cannot be read`)
      if (!findSdkKey(reading.compiled, apiKey)) throw new Error('the key is no longer valid')
      const patch = patchOf(await queryOf(reading.compiled), sent)
      if (!patch) return undefined
      sent = patch.sent
      return eventOf('patch', patch.answer)
    },
    failure: 'event: error\ndata: {"code":"INTERNAL","message":"the change cannot be sent, reconnect"}',
    headers: {},
    sha256: digestOf(apiKey),
  })
}

const eventOf = (name: 'put' | 'patch', { text, id }: UserEvaluations) =>
  `event: ${name}\ndata: {"evaluations":${text},"userEvaluationsId":"${id}"}`
