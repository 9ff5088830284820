// Serves the bucketing file, to everybody or to callers with a key, as the environment's settings say. Most
// requests are conditional and find the file unmodified, so that is checked before a body is built.
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { settingsOf } from '../../../core/model/snapshot.ts'
import { authenticate, readEnvironment } from '../../sdk/authenticate.ts'
import { checkConditions } from '../../sdk/conditional.ts'
import { type Encoding, acceptedEncoding } from '../../sdk/encoding.ts'
import { revisionResponder } from '../../sdk/revision-response.ts'
import type { RequestContext } from '../../sdk/request-context.ts'
import type { Ports } from '../../contracts/ports.ts'
import { type FileCache, bodyOf, encodingOf, lastModifiedOf } from './bucketing-bytes.ts'
import { corsPolicy } from './cors.ts'

/**
 * Caches revalidate every time, and may serve their copy for a day while we are unreachable.
 * `must-revalidate` would forbid that.
 */
const publicCache = 'public, max-age=0, stale-if-error=86400'
const privateCache = 'private, max-age=0, stale-if-error=86400'

export async function bucketingResponse(
  request: Request,
  requestContext: RequestContext,
  ports: Ports,
  files: FileCache,
  environmentId: string,
): Promise<Result<Response>> {
  const reading = await readSnapshot(request, requestContext, ports, environmentId)
  if (!reading.ok) return reading
  const compiled = reading.value
  const file = files(compiled.snapshot)
  const encoding = encodingOf(file, acceptedEncoding(request))
  const { identity, gzip, br } = file.etags
  const etags = [file.etags[encoding], identity, gzip, br] as const
  const condition = checkConditions(request.headers, { etags, lastModified: file.lastModified })
  const source = { compiled, requestContext, now: ports.now() }
  switch (condition.kind) {
    case 'unmodified':
      return ok(respondWithoutFile(null, source, { status: 304 }, condition.etag))
    case 'failed':
      return ok(respondWithoutFile(null, source, { status: 412 }, file.etags[encoding]))
    case 'send': {
      const body = bodyOf(file, encoding)
      const response = respondWithFile(body, source, { encodeBody: 'manual' }, encoding)
      response.headers.set('etag', file.etags[encoding])
      response.headers.set('content-length', String(body.byteLength))
      return ok(response)
    }
  }
}

const cacheHeaders = ({ snapshot }: CompiledSnapshot) => ({
  'last-modified': lastModifiedOf(snapshot),
  'cache-control': settingsOf(snapshot).bucketingFile === 'public' ? publicCache : privateCache,
  vary: 'accept-encoding',
})

const respondWithFile = revisionResponder<[Encoding]>(corsPolicy, (compiled, encoding) => ({
  ...cacheHeaders(compiled),
  'content-type': 'application/json',
  ...(encoding !== 'identity' && { 'content-encoding': encoding }),
}))

/** The tag is the variant, so that the most frequent response needs no further header. */
const respondWithoutFile = revisionResponder<[etag: string]>(corsPolicy, (compiled, etag) => ({
  ...cacheHeaders(compiled),
  etag,
}))

async function readSnapshot(
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
