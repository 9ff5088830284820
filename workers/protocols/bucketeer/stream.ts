// `stream_evaluations`: everything first (`put`), then what changes (`patch`), as server-sent events. An SDK
// that comes back says by its `userEvaluationsId` what it has, so nothing is kept for it in between.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { type Result, refuse } from '../../../core/model/problem.ts'
import { settingsOf } from '../../../core/model/snapshot.ts'
import { decideAll } from '../../sdk/decide.ts'
import { enriched } from '../../sdk/enrich.ts'
import { findSdkKey } from '../../http/sdk-key.ts'
import type { SdkRequest } from '../../sdk/protocol-handler.ts'
import type { Ports } from '../../contracts/ports.ts'
import { openStream } from '../../streams/open-stream.ts'
import {
  type Asked,
  patchOf,
  toContext,
  toldOf,
  type UserEvaluations,
  userEvaluations,
} from './evaluations.ts'
import { type Call, keyOf } from './respond.ts'
import type * as wire from './wire.ts'

interface Body {
  readonly user: wire.User
  readonly tag: string
  readonly userEvaluationsId: string
}

export async function evaluationStream(
  { request, requestContext }: SdkRequest,
  ports: Ports,
  { compiled, body }: Call<Body>,
): Promise<Result<Response>> {
  if (!settingsOf(compiled.snapshot).streams) return refuse('NOT_FOUND', 'this environment offers no streams')
  const { environmentId, revision } = compiled
  const key = keyOf(request)
  const askedOf = async (snapshot: CompiledSnapshot): Promise<Asked> => {
    const context = enriched(toContext(body.user), snapshot, request)
    const kept =
      snapshot.keepsAssignments && (await decideAll(ports, snapshot, context, {}, body.tag || undefined))
    return {
      compiled: snapshot,
      context,
      userId: body.user.id,
      tag: body.tag,
      has: body.userEvaluationsId,
      now: ports.now(),
      decided: kept ? kept.evaluations : undefined,
    }
  }
  const first = await askedOf(compiled)
  let told = toldOf(first)
  requestContext.decisions = told.size

  return openStream(request, compiled, ports, {
    since: revision,
    opening: eventOf('put', userEvaluations(first)),
    write: async (newest) => {
      const reading = await ports.snapshots.read(environmentId, newest)
      if (reading.status !== 'ready' || reading.compiled.revision < newest)
        throw new Error(`revision ${newest} cannot be read`)
      if (!findSdkKey(reading.compiled, key)) throw new Error('the key is no longer valid')
      const patch = patchOf(await askedOf(reading.compiled), told)
      if (!patch) return undefined
      told = patch.told
      return eventOf('patch', patch.answer)
    },
    failure: 'event: error\ndata: {"code":"INTERNAL","message":"the change cannot be told, come back"}',
    headers: {},
  })
}

const eventOf = (name: 'put' | 'patch', { text, id }: UserEvaluations) =>
  `event: ${name}\ndata: {"evaluations":${text},"userEvaluationsId":"${id}"}`
