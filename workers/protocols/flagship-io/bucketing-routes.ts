// The bucketing file over HTTP: who may have it is the environment's setting. Most requests come to hear that nothing changed, so that is
// found out before anything else is.
import { type Result, refuse } from '../../../core/problem.ts'
import type { CompiledSnapshot } from '../../../core/compile.ts'
import { settingsOf } from '../../../core/snapshot.ts'
import { authenticate, readEnvironment } from '../../http/authenticate.ts'
import { conditionOf } from '../../http/conditional.ts'
import { acceptedEncoding } from '../../http/encoding.ts'
import type { Visit } from '../../http/visit.ts'
import type { Ports } from '../../ports.ts'
import { type Files, bodyOf, encodingOf } from './bucketing-bytes.ts'

/** Always asked again, and a day's grace while we cannot be reached; `must-revalidate` would forbid that. */
const publicCache = 'public, max-age=0, stale-if-error=86400'
const privateCache = 'private, max-age=0, stale-if-error=86400'

export async function bucketingAnswer(
  request: Request,
  visit: Visit,
  ports: Ports,
  files: Files,
  environmentId: string,
): Promise<Result<Response>> {
  const reading = await readFile(request, visit, ports, environmentId)
  if (!reading.ok) return reading
  const { snapshot } = reading.value
  const file = files(snapshot)
  const encoding = encodingOf(file, acceptedEncoding(request))
  const { identity, gzip, br } = file.etags
  const etags = [file.etags[encoding], identity, gzip, br] as const
  const condition = conditionOf(request.headers, { etags, lastModified: file.lastModified })
  const headers: Record<string, string> = {
    etag: condition.kind === 'unmodified' ? condition.etag : file.etags[encoding],
    'last-modified': file.lastModified,
    'cache-control': settingsOf(snapshot).bucketingFile === 'public' ? publicCache : privateCache,
    vary: 'accept-encoding',
  }
  if (condition.kind === 'unmodified') return answer(new Response(null, { status: 304, headers }))
  if (condition.kind === 'failed') return answer(new Response(null, { status: 412, headers }))
  const body = bodyOf(file, encoding)
  headers['content-type'] = 'application/json'
  headers['content-length'] = String(body.byteLength)
  if (encoding !== 'identity') headers['content-encoding'] = encoding
  return answer(new Response(request.method === 'HEAD' ? null : body, { headers, encodeBody: 'manual' }))
}

const answer = (response: Response): Result<Response> => ({ ok: true, value: response })

async function readFile(
  request: Request,
  visit: Visit,
  ports: Ports,
  environmentId: string,
): Promise<Result<CompiledSnapshot>> {
  const compiled = await readEnvironment(ports, visit, environmentId)
  if (!compiled.ok) return compiled
  const mode = settingsOf(compiled.value.snapshot).bucketingFile
  if (mode === 'public') return compiled
  if (mode === 'off') return refuse('NOT_FOUND', 'this environment has no bucketing file')
  const key = request.headers.get('x-api-key') ?? request.headers.get('authorization') ?? ''
  const caller = await authenticate(ports, visit, key)
  if (!caller.ok) return caller
  return caller.value.compiled.environmentId === environmentId
    ? compiled
    : refuse('FORBIDDEN', 'this key is of another environment')
}
