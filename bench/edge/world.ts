// What edge is bound to, reduced to what bench and soak need: KV and the environment's object that hold one
// snapshot each environment, which stays as it is, or is published anew every second. It answers workerd's KV
// protocol, and takes the queue's messages.
import { DurableObject } from 'cloudflare:workers'

interface World {
  readonly SNAPSHOT: string
  /** `every second`, or nothing. */
  readonly PUBLISH?: string
}

export class Environment extends DurableObject<World> {
  head(environmentId: string) {
    return environmentId.startsWith('bench')
      ? { status: 'known', revision: newest(this.env) }
      : { status: 'unknown' }
  }

  snapshot(environmentId: string): unknown {
    return JSON.parse(named(this.env.SNAPSHOT, environmentId, newest(this.env)))
  }
}

export default {
  async fetch(request, env) {
    const [kind, environmentId = '', revision] = decodeURIComponent(
      new URL(request.url).pathname.slice(1),
    ).split(':')
    if (request.method === 'POST') {
      await request.arrayBuffer()
      return Response.json({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } })
    }
    if (kind === 'head') return new Response(String(newest(env)))
    return kind === 'snapshot'
      ? new Response(named(env.SNAPSHOT, environmentId, Number(revision)))
      : new Response(null, { status: 404 })
  },
} satisfies ExportedHandler<World>

/** The clock is the revision: whoever has an answer knows how old its copy was. */
const newest = ({ PUBLISH }: World) => (PUBLISH === undefined ? 1 : Math.floor(Date.now() / 1_000))

const named = (text: string, environmentId: string, revision: number) =>
  text
    .replace('"environmentId":"bench"', `"environmentId":"${environmentId}"`)
    .replace(
      /"revision":\d+,"modifiedAt":\d+/,
      `"revision":${revision},"modifiedAt":${1_700_000_000 + revision}`,
    )
