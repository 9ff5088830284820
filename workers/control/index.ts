// The control plane: admin API, console, and the class of the environment's object.
import { api } from './api.ts'
import type { ControlBindings } from './bindings.ts'

export { Environment } from './environment.ts'

export default {
  fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    return pathname.startsWith('/api/') ? api.fetch(request, env, ctx) : env.ASSETS.fetch(request)
  },
} satisfies ExportedHandler<ControlBindings>
