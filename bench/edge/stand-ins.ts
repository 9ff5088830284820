// Stand-ins for edge's bindings, for the benchmark and the soak: KV and the environment object serve one
// snapshot under every environment id. The snapshot is fixed, or published anew every second. Speaks
// workerd's KV protocol and accepts queue messages.
import { DurableObject } from 'cloudflare:workers'

interface StandInBindings {
  readonly SNAPSHOT: string
  /** `every second`, or unset. */
  readonly PUBLISH?: string
}

export class Environment extends DurableObject<StandInBindings> {
  head(environmentId: string) {
    return environmentId.startsWith('bench')
      ? { status: 'known', revision: newest(this.env) }
      : { status: 'unknown' }
  }

  /** As the list of new environments. */
  list(): string[] {
    return []
  }

  /** As the object that counts an environment's intake. */
  report() {
    return { acceptedThisMinute: 0, nextInMs: 10_000 }
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
} satisfies ExportedHandler<StandInBindings>

/** The revision is the time in seconds, so a response shows how old its copy was. */
const newest = ({ PUBLISH }: StandInBindings) => (PUBLISH === undefined ? 1 : Math.floor(Date.now() / 1_000))

const named = (text: string, environmentId: string, revision: number) =>
  text
    .replace('"environmentId":"bench"', `"environmentId":"${environmentId}"`)
    .replace(
      /"revision":\d+,"modifiedAt":\d+/,
      `"revision":${revision},"modifiedAt":${1_700_000_000 + revision}`,
    )
