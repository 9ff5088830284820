// What control answers: the admin API, the manifest of the OpenFeature CLI, the status page, and the
// console's files.
import { withoutDoubledSlashes } from '../http/path.ts'
import { problemResponse } from '../http/problem-response.ts'
import { api } from './api/app.ts'
import { rateLimitProblem } from './api/rate-limits.ts'
import type { ControlBindings } from './bindings.ts'
import { asManifestRefusal, fromManifestRoot, isManifestPath, isManifestRoot } from './manifest/routes.ts'
import { isStatusPath, respondStatus } from './status/respond.ts'

export async function serve(
  request: Request,
  env: ControlBindings,
  context: ExecutionContext,
): Promise<Response> {
  const { pathname } = new URL(request.url)
  const path = withoutDoubledSlashes(pathname)
  const isApi = path.startsWith('/api/')
  const isStatus = isStatusPath(path)
  if (!isApi && !isStatus && !isManifestRoot(path)) return env.ASSETS.fetch(request)
  const problem = await rateLimitProblem(request, path, env)
  if (problem) {
    const refusal = problemResponse(problem)
    return isManifestPath(path) ? asManifestRefusal(refusal) : refusal
  }
  if (isStatus) return respondStatus(request, path, env, Date.now())
  const called = path === pathname ? request : new Request(withPath(request.url, path), request)
  if (isApi) return api.fetch(called, env, context)
  const rewritten = await fromManifestRoot(called, env)
  return rewritten instanceof Response ? rewritten : api.fetch(rewritten, env, context)
}

function withPath(url: string, path: string): URL {
  const changed = new URL(url)
  changed.pathname = path
  return changed
}
