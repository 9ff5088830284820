// The control Worker: admin API, console files, and the Durable Object classes.
import type { Snapshot } from '../../core/model/snapshot.ts'
import { bucketingFile } from '../protocols/flagship-io/bucketing-file.ts'
import { api } from './api/app.ts'
import type { ControlBindings } from './bindings.ts'
import { EnvironmentObject } from './environment/environment-do.ts'
import { fromManifestRoot, isManifestRoot } from './manifest/routes.ts'

export { Assignments } from './environment/assignments-do.ts'
export { Notifier } from '../streams/notifier.ts'

export class Environment extends EnvironmentObject {
  protected override bucketingFileFingerprint(snapshot: Snapshot): string {
    return JSON.stringify(bucketingFile(snapshot).file)
  }
}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    if (isManifestRoot(pathname)) {
      const rewritten = await fromManifestRoot(request, env)
      return rewritten instanceof Response ? rewritten : api.fetch(rewritten, env, ctx)
    }
    return pathname.startsWith('/api/') ? api.fetch(request, env, ctx) : env.ASSETS.fetch(request)
  },
} satisfies ExportedHandler<ControlBindings>
