// The bucketing file over HTTP: who may have it is the environment's setting. Most requests come to hear that
// nothing changed, so that is found out before anything else is.
import { type Result, refuse } from '../../../core/model/problem.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { settingsOf } from '../../../core/model/snapshot.ts'
import { authenticate, readEnvironment } from '../../sdk/authenticate.ts'
import { conditionOf } from '../../sdk/conditional.ts'
import { toEverybody } from '../../sdk/cors.ts'
import { type Encoding, acceptedEncoding } from '../../sdk/encoding.ts'
import { revisionHeaders } from '../../sdk/revision-headers.ts'
import type { RequestContext } from '../../sdk/request-context.ts'
import type { Ports } from '../../contracts/ports.ts'
import { type Files, bodyOf, encodingOf, lastModifiedOf } from './bucketing-bytes.ts'

/** Always asked again, and a day's grace while we cannot be reached; `must-revalidate` would forbid that. */
const publicCache = 'public, max-age=0, stale-if-error=86400'
const privateCache = 'private, max-age=0, stale-if-error=86400'

export async function bucketingAnswer(
  request: Request,
  requestContext: RequestContext,
  ports: Ports,
  files: Files,
  environmentId: string,
): Promise<Result<Response>> {
  const reading = await readFile(request, requestContext, ports, environmentId)
  if (!reading.ok) return reading
  const compiled = reading.value
  const file = files(compiled.snapshot)
  const encoding = encodingOf(file, acceptedEncoding(request))
  const { identity, gzip, br } = file.etags
  const etags = [file.etags[encoding], identity, gzip, br] as const
  const condition = conditionOf(request.headers, { etags, lastModified: file.lastModified })
  const etag = condition.kind === 'unmodified' ? condition.etag : file.etags[encoding]
  const kind = condition.kind === 'send' ? encoding : condition.kind
  const headers = headersOf(compiled, requestContext, ports.now(), `${kind} ${etag}`)
  if (condition.kind === 'unmodified') return answer(new Response(null, { status: 304, headers }))
  if (condition.kind === 'failed') return answer(new Response(null, { status: 412, headers }))
  const body = bodyOf(file, encoding)
  const sent = new Response(body, { headers, encodeBody: 'manual' })
  sent.headers.set('content-length', String(body.byteLength))
  return answer(sent)
}

type Kind = Encoding | 'unmodified' | 'failed'

const headersOf = revisionHeaders((kindAndTag: `${Kind} ${string}`, { snapshot }) => {
  const [kind, etag] = kindAndTag.split(' ') as [Kind, string]
  const isSent = kind !== 'unmodified' && kind !== 'failed'
  return {
    ...toEverybody,
    etag,
    'last-modified': lastModifiedOf(snapshot),
    'cache-control': settingsOf(snapshot).bucketingFile === 'public' ? publicCache : privateCache,
    vary: 'accept-encoding',
    ...(isSent && { 'content-type': 'application/json' }),
    ...(isSent && kind !== 'identity' && { 'content-encoding': kind }),
  }
})

const answer = (response: Response): Result<Response> => ({ ok: true, value: response })

async function readFile(
  request: Request,
  requestContext: RequestContext,
  ports: Ports,
  environmentId: string,
): Promise<Result<CompiledSnapshot>> {
  const compiled = await readEnvironment(ports, requestContext, environmentId)
  if (!compiled.ok) return compiled
  const mode = settingsOf(compiled.value.snapshot).bucketingFile
  if (mode === 'public') return compiled
  if (mode === 'off') return refuse('NOT_FOUND', 'this environment has no bucketing file')
  const key = request.headers.get('x-api-key') ?? request.headers.get('authorization') ?? ''
  const caller = await authenticate(ports, requestContext, key)
  if (!caller.ok) return caller
  return caller.value.compiled.environmentId === environmentId
    ? compiled
    : refuse('FORBIDDEN', 'this key is of another environment')
}
