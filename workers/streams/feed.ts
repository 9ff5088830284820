// Connects a Worker that serves streams to a notifier near the client.
import type { Notifier } from './notifier.ts'

export interface Feed {
  /** The current revision follows soon. Resolves to a function that unsubscribes; rejects if unavailable. */
  subscribe(subscription: Subscription): Promise<() => void>
}

export interface Subscription {
  readonly environmentId: string
  /** The client's continent. Listeners of one continent share notifiers. */
  readonly continent: string
  readonly onRevision: (revision: number) => void
  readonly onClose: () => void
}

/** Notifiers per environment and continent. */
const shardsPerContinent = 4

/** Cloudflare's location hint for each continent (Durable Objects, data location). */
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
    async subscribe({ environmentId, continent, onRevision, onClose }) {
      const region = continent in hints ? continent : 'any'
      const shard = `${environmentId}/${region}/${Math.floor(random() * shardsPerContinent)}`
      const locationHint = hints[continent]
      const id = notifiers.idFromName(shard)
      const stub = notifiers.get(id, locationHint === undefined ? {} : { locationHint })
      const query = new URLSearchParams({ environment: environmentId, shard })
      const response = await stub.fetch(`https://notifier.internal/?${query.toString()}`, {
        headers: { upgrade: 'websocket' },
      })
      const socket = response.webSocket
      if (!socket) throw new Error(`the notifier answers ${response.status}`)
      socket.addEventListener('message', ({ data }) => onRevision(Number(data)))
      socket.addEventListener('close', onClose)
      socket.addEventListener('error', onClose)
      socket.accept()
      return () => socket.close(1000)
    },
  }
}
