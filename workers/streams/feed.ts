// From a Worker that holds a stream to the notifier of its part of the world.
import type { Notifier } from './notifier.ts'

export interface Feed {
  /**
   * The first revision comes soon after. Resolves to what ends it; rejects where nobody can be listened to.
   */
  subscribe(subscription: Subscription): Promise<() => void>
}

export interface Subscription {
  readonly environmentId: string
  /** Of the client: listeners of one continent share notifiers that are near them. */
  readonly continent: string
  readonly hear: (revision: number) => void
  readonly lost: () => void
}

/** Notifiers an environment and continent. */
const shardsPerContinent = 4

/** Where Cloudflare puts an object for a continent (Durable Objects, data location). */
const hints: Readonly<Record<string, DurableObjectLocationHint>> = {
  AF: 'afr',
  AS: 'apac',
  EU: 'weur',
  NA: 'enam',
  OC: 'oc',
  SA: 'sam',
}

export function notifierFeed(notifiers: DurableObjectNamespace<Notifier>, random: () => number): Feed {
  return {
    async subscribe({ environmentId, continent, hear, lost }) {
      const place = continent in hints ? continent : 'any'
      const shard = `${environmentId}/${place}/${Math.floor(random() * shardsPerContinent)}`
      const locationHint = hints[continent]
      const id = notifiers.idFromName(shard)
      const stub = notifiers.get(id, locationHint === undefined ? {} : { locationHint })
      const query = new URLSearchParams({ environment: environmentId, shard })
      const answer = await stub.fetch(`https://notifier.internal/?${query.toString()}`, {
        headers: { upgrade: 'websocket' },
      })
      const socket = answer.webSocket
      if (!socket) throw new Error(`the notifier answers ${answer.status}`)
      socket.addEventListener('message', ({ data }) => hear(Number(data)))
      socket.addEventListener('close', lost)
      socket.addEventListener('error', lost)
      socket.accept()
      return () => socket.close(1000)
    },
  }
}
