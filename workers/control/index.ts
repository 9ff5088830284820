// The control Worker: admin API, console files, and the Durable Object classes.
import type { Snapshot } from '../../core/model/snapshot.ts'
import { bucketingFile } from '../protocols/flagship-io/bucketing-file.ts'
import { withoutDoubledSlashes } from '../http/path.ts'
import { problemResponse } from '../http/problem-response.ts'
import { api } from './api/app.ts'
import { rateLimitProblem } from './api/rate-limits.ts'
import type { ControlBindings } from './bindings.ts'
import { EnvironmentObject } from './environment/environment-do.ts'
import { asManifestRefusal, fromManifestRoot, isManifestPath, isManifestRoot } from './manifest/routes.ts'

export { Assignments } from './environment/assignments-do.ts'
export { RecentEnvironments } from './environment/recent-environments-do.ts'
export { FlagCounters } from '../live/flag-counters-do.ts'
export { Intake } from '../live/intake-do.ts'
export { WebhookSender } from './webhooks/webhook-sender-do.ts'
export { Notifier } from '../streams/notifier.ts'

export class Environment extends EnvironmentObject {
  protected override bucketingFileFingerprint(snapshot: Snapshot): string {
    return JSON.stringify(bucketingFile(snapshot).file)
  }
}

function withPath(url: string, path: string): URL {
  const changed = new URL(url)
  changed.pathname = path
  return changed
}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    const path = withoutDoubledSlashes(pathname)
    const isApi = path.startsWith('/api/')
    if (!isApi && !isManifestRoot(path)) return env.ASSETS.fetch(request)
    const problem = await rateLimitProblem(request, path, env)
    if (problem) {
      const refusal = problemResponse(problem)
      return isManifestPath(path) ? asManifestRefusal(refusal) : refusal
    }
    const called = path === pathname ? request : new Request(withPath(request.url, path), request)
    if (isApi) return api.fetch(called, env, ctx)
    const rewritten = await fromManifestRoot(called, env)
    return rewritten instanceof Response ? rewritten : api.fetch(rewritten, env, ctx)
  },
} satisfies ExportedHandler<ControlBindings>
