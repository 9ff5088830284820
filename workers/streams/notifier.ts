// Tells Workers that hold streams of one environment which revision is the newest. One of several such
// objects: the environment's object tells each shard that has listeners, and each shard its own share of
// them, over WebSockets that it sleeps beside (hibernation), so that a quiet environment costs nothing
// however many listen.
import { DurableObject } from 'cloudflare:workers'

/** Cloudflare: 32,768 WebSockets an object; far fewer, since one message to each takes the object's time. */
const socketsMax = 5_000

/** The part of the environment's object that a shard calls. */
export interface Announcer {
  /** From now on `hear` of this shard is called; the newest revision. */
  listen(environmentId: string, shard: string): Promise<number>
}

interface NotifierBindings {
  readonly ENVIRONMENT: DurableObjectNamespace
}

export class Notifier extends DurableObject<NotifierBindings> {
  /** Takes a listener. The first thing it hears is the newest revision. */
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

  /** How many have heard. The environment's object forgets a shard whom nobody listens to. */
  async hear(revision: number): Promise<number> {
    const sockets = this.ctx.getWebSockets()
    await this.ctx.storage.put('revision', revision)
    for (const socket of sockets) {
      try {
        socket.send(String(revision))
      } catch {
        socket.close(1011, 'gone') // the stream behind it ends, and its reader comes back
      }
    }
    return sockets.length
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    socket.close(code === 1005 || code === 1006 ? 1000 : code) // neither may be sent
  }

  /** With nobody listening the shard may have been forgotten: then it announces itself again. */
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
