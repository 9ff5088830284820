// The control plane: admin API, console, and the classes of the environment's object and of its notifiers.
import { api } from './api.ts'
import type { ControlBindings } from './bindings.ts'
import { fromRoot, isManifestRoot } from './manifest-routes.ts'

export { Assignments } from './assignments.ts'
export { Environment } from './environment.ts'
export { Notifier } from '../streams/notifier.ts'

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    if (isManifestRoot(pathname)) {
      const placed = await fromRoot(request, env)
      return placed instanceof Response ? placed : api.fetch(placed, env, ctx)
    }
    return pathname.startsWith('/api/') ? api.fetch(request, env, ctx) : env.ASSETS.fetch(request)
  },
} satisfies ExportedHandler<ControlBindings>
