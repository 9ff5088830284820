// The Durable Object that notifies Workers with open streams of new revisions of one environment. An
// environment has several of these shards, each with its own share of the listeners. Its WebSockets
// hibernate, so that a quiet environment costs nothing however many clients listen.
import { DurableObject } from 'cloudflare:workers'

/**
 * Cloudflare allows 32,768 WebSockets per object. Far fewer, because each revision is sent to one after
 * another.
 */
const socketsMax = 5_000

/** The part of the environment's Durable Object that a shard calls. */
export interface Announcer {
  /** Registers the shard for `notify`. Returns the newest revision. */
  listen(environmentId: string, shard: string): Promise<number>
}

interface NotifierBindings {
  readonly ENVIRONMENT: DurableObjectNamespace
}

export class Notifier extends DurableObject<NotifierBindings> {
  /** Accepts a WebSocket. Its first message is the newest revision. */
  override async fetch(request: Request): Promise<Response> {
    const query = new URL(request.url).searchParams
    const environmentId = query.get('environment') ?? ''
    const shard = query.get('shard') ?? ''
    if (request.headers.get('upgrade') !== 'websocket') return new Response(null, { status: 426 })
    const listeners = this.ctx.getWebSockets().length
    if (listeners >= socketsMax) return new Response(null, { status: 503 })
    const newest = await this.#newest(environmentId, shard, listeners)
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
    this.ctx.acceptWebSocket(server)
    server.send(String(newest))
    return new Response(null, { status: 101, webSocket: client })
  }

  /** Returns the number of listeners. The environment's object forgets a shard that has none. */
  async notify(revision: number): Promise<number> {
    const sockets = this.ctx.getWebSockets()
    await this.ctx.storage.put('revision', revision)
    for (const socket of sockets) {
      try {
        socket.send(String(revision))
      } catch {
        socket.close(1011, 'gone') // ends the stream, so its client reconnects
      }
    }
    return sockets.length
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    socket.close(code === 1005 || code === 1006 ? 1000 : code) // these two codes must not be sent
  }

  /** A shard without listeners may have been forgotten, so it registers again. */
  async #newest(environmentId: string, shard: string, listeners: number): Promise<number> {
    const known = await this.ctx.storage.get<number>('revision')
    if (listeners > 0 && known !== undefined) return known
    const { ENVIRONMENT } = this.env
    const object = ENVIRONMENT.get(ENVIRONMENT.idFromName(environmentId)) as unknown as Announcer
    const newest = Math.max(known ?? 0, await object.listen(environmentId, shard))
    await this.ctx.storage.put('revision', newest)
    return newest
  }
}
