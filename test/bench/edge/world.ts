// What edge is bound to, reduced to what the bench needs: KV and the environment's object that hold one snapshot each environment, and never
// change it. It answers workerd's KV protocol, and takes the queue's messages.
import { DurableObject } from 'cloudflare:workers'

interface World {
  readonly SNAPSHOT: string
}

export class Environment extends DurableObject<World> {
  head(environmentId: string) {
    return environmentId.startsWith('bench') ? { status: 'known', revision: 1 } : { status: 'unknown' }
  }

  snapshot(environmentId: string): unknown {
    return JSON.parse(named(this.env.SNAPSHOT, environmentId))
  }
}

export default {
  fetch(request, env) {
    const [kind, environmentId = ''] = decodeURIComponent(new URL(request.url).pathname.slice(1)).split(':')
    if (kind === 'head') return new Response('1')
    return kind === 'snapshot'
      ? new Response(named(env.SNAPSHOT, environmentId))
      : new Response(null, { status: 404 })
  },
} satisfies ExportedHandler<World>

const named = (text: string, environmentId: string) =>
  text.replace('"environmentId":"bench"', `"environmentId":"${environmentId}"`)
