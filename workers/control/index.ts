// The control plane: admin API, console, and the classes of the environment's object and of its notifiers.
import { api } from './api.ts'
import type { ControlBindings } from './bindings.ts'

export { Environment } from './environment.ts'
export { Notifier } from '../streams/notifier.ts'

export default {
  fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    return pathname.startsWith('/api/') ? api.fetch(request, env, ctx) : env.ASSETS.fetch(request)
  },
} satisfies ExportedHandler<ControlBindings>
